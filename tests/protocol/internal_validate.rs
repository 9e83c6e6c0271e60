//! Core's checks of schemas when it loads them, for every kind of block, and errors that these checks miss.

use motherduck_provider::framework::{Provider as _, Registry, Type};
use motherduck_provider::proto::tfplugin6 as proto;
use motherduck_provider::provider::MotherDuck;
use proto::schema::object::NestingMode;
use proto::schema::{Attribute, Object};
use proto::{get_provider_schema, get_resource_identity_schemas};

use crate::support::plugin_client::PluginProcess;
use crate::support::type_json::parse_type;

/// Names that Terraform reserves in `resource`, `data` and `ephemeral` blocks.
const RESERVED: [&str; 7] = [
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];
/// Names that Terraform reserves in the `provider` block.
const RESERVED_IN_PROVIDER: [&str; 2] = ["alias", "version"];

async fn schemas() -> get_provider_schema::Response {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    let response = client.get_provider_schema(get_provider_schema::Request {});
    response.await.unwrap().into_inner()
}

/// Whether a name is a valid identifier: a lower case letter, then letters, digits and underscores.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn assert_valid_schema(what: &str, schema: &proto::Schema, reserved: &[&str]) {
    assert!(schema.version >= 0, "{what}: has invalid negative schema version");
    let block = schema.block.as_ref();
    let block = block.unwrap_or_else(|| panic!("{what}: a schema without a block crashes core"));
    assert!(
        block.block_types.is_empty(),
        "{what}: nested attributes are used, not blocks"
    );
    for attribute in &block.attributes {
        let name = attribute.name.as_str();
        assert!(
            !reserved.contains(&name),
            "{what}: {name} is reserved by Terraform"
        );
        assert_valid_attribute(&format!("{what}: {name}"), attribute);
    }
    assert_unique(what, &block.attributes);
}

fn assert_unique(what: &str, attributes: &[Attribute]) {
    for (position, attribute) in attributes.iter().enumerate() {
        let again = attributes[..position]
            .iter()
            .any(|other| other.name == attribute.name);
        assert!(!again, "{what}: {} twice", attribute.name);
    }
}

fn assert_valid_attribute(what: &str, attribute: &Attribute) {
    let Attribute {
        required,
        optional,
        computed,
        ..
    } = *attribute;
    let has_no_message = attribute.deprecation_message.is_empty();
    for (is_valid, rule) in [
        (is_identifier(&attribute.name), "not a name"),
        (
            required || optional || computed,
            "must set Optional, Required or Computed",
        ),
        (!(required && optional), "cannot set both Optional and Required"),
        (!(required && computed), "cannot set both Computed and Required"),
        (
            !(attribute.write_only && computed),
            "it is neither configurable nor computed",
        ),
        (
            attribute.deprecated || has_no_message,
            "DeprecationMessage must not be set when Deprecated is false",
        ),
    ] {
        assert!(is_valid, "{what}: {rule}");
    }
    match &attribute.nested_type {
        None => {
            let of = parse_type(&attribute.r#type);
            assert!(of.is_some(), "{what}: either Type or NestedType must be defined");
        }
        Some(nested) => {
            assert!(
                attribute.r#type.is_empty(),
                "{what}: Type and NestedType cannot both be set"
            );
            assert_valid_nested(what, nested);
        }
    }
}

/// Expects that no attribute is write-only, at any depth.
fn assert_none_write_only(what: &str, attributes: &[Attribute]) {
    for attribute in attributes {
        assert!(
            !attribute.write_only,
            "{what}: {} is write-only in a set",
            attribute.name
        );
        let nested = attribute.nested_type.iter();
        nested.for_each(|nested| assert_none_write_only(what, &nested.attributes));
    }
}

fn assert_valid_nested(what: &str, nested: &Object) {
    assert_ne!(
        nested.nesting(),
        NestingMode::Invalid,
        "{what}: invalid nesting mode"
    );
    if nested.nesting() == NestingMode::Set {
        assert_none_write_only(what, &nested.attributes);
    }
    for attribute in &nested.attributes {
        let what = format!("{what}.{}", attribute.name);
        assert_valid_attribute(&what, attribute);
        let is_set = nested.nesting() == NestingMode::Set;
        assert!(
            !(is_set && attribute.r#type == b"\"dynamic\""),
            "{what}: NestingSet attributes may not contain attributes of cty.DynamicPseudoType"
        );
    }
    assert_unique(what, &nested.attributes);
}

#[tokio::test]
async fn every_schema_is_valid_in_core() {
    let schemas = schemas().await;
    let provider = schemas.provider.as_ref().expect("missing provider schema");
    assert_valid_schema("provider", provider, &RESERVED_IN_PROVIDER);
    for (kind, named) in [
        ("resource", &schemas.resource_schemas),
        ("data source", &schemas.data_source_schemas),
        ("ephemeral resource", &schemas.ephemeral_resource_schemas),
        ("list resource", &schemas.list_resource_schemas),
    ] {
        for (name, schema) in named {
            assert!(
                name.starts_with("motherduck_") && is_identifier(name),
                "{kind} {name}"
            );
            assert_valid_schema(&format!("{kind} {name}"), schema, &RESERVED);
        }
    }
}

/// The provider checks this itself, because served schemas show only one of two blocks with the same name.
#[test]
fn registry_reports_no_faults() {
    let mut registry = Registry::default();
    MotherDuck::new(Box::new(|_| None)).register(&mut registry);
    assert!(
        registry.registration_errors().is_empty(),
        "{:?}",
        registry.registration_errors()
    );
}

#[tokio::test]
async fn action_and_list_arguments_are_not_computed() {
    let schemas = schemas().await;
    let actions = schemas.action_schemas.iter().map(|(name, action)| {
        let schema = action.schema.as_ref();
        (
            name,
            schema.unwrap_or_else(|| panic!("{name}: an action without a schema crashes core")),
        )
    });
    for (name, schema) in actions.chain(&schemas.list_resource_schemas) {
        assert_valid_schema(name, schema, &RESERVED);
        for attribute in &schema.block.as_ref().unwrap().attributes {
            assert!(!attribute.computed, "{name}: {} is computed", attribute.name);
        }
    }
}

#[tokio::test]
async fn every_function_is_valid_in_core() {
    for (name, function) in schemas().await.functions {
        assert!(is_identifier(&name), "declares function with invalid name {name}");
        let returns = function.r#return.as_ref().expect("a function has a return type");
        parse_type(&returns.r#type).expect("the type of a result");
        let parameters = function.parameters.iter().chain(&function.variadic_parameter);
        let mut names: Vec<&str> = Vec::new();
        for parameter in parameters {
            parse_type(&parameter.r#type).expect("the type of a parameter");
            assert!(
                is_identifier(&parameter.name),
                "{name}: invalid name {}",
                parameter.name
            );
            assert!(
                !names.contains(&&*parameter.name),
                "{name}: reuses name {}",
                parameter.name
            );
            names.push(&parameter.name);
        }
    }
}

#[tokio::test]
async fn every_identity_schema_is_valid_in_core() {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    let identities = client.get_resource_identity_schemas(get_resource_identity_schemas::Request {});
    let identities = identities.await.unwrap().into_inner().identity_schemas;
    let schemas = schemas().await;
    assert!(
        identities.keys().eq(schemas.resource_schemas.keys()),
        "every resource has an identity, and nothing else"
    );
    for name in schemas.list_resource_schemas.keys() {
        assert!(
            identities.contains_key(name),
            "Identity schema not found for resource type {name}"
        );
    }
    for (name, identity) in &identities {
        // Objects stored without an identity count as version 0.
        assert_eq!(identity.version, 0, "{name}");
        assert!(!identity.identity_attributes.is_empty(), "{name}");
        let block = schemas.resource_schemas[name].block.as_ref().unwrap();
        for attribute in &identity.identity_attributes {
            let what = format!("identity of {name}: {}", attribute.name);
            assert!(
                attribute.required_for_import != attribute.optional_for_import,
                "{what}: exactly one of the two must be set"
            );
            let of = parse_type(&attribute.r#type).unwrap();
            assert!(
                matches!(of, Type::Bool | Type::Number | Type::String),
                "{what}: {of:?} is not allowed in identity schemas"
            );
            let same = block.attributes.iter().find(|other| other.name == attribute.name);
            let same = same.unwrap_or_else(|| panic!("{what}: no such attribute"));
            assert_eq!(same.r#type, attribute.r#type, "{what}");
            assert!(
                !same.sensitive,
                "{what}: identities are printed, so they must not be sensitive"
            );
        }
    }
}
