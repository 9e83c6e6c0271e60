//! Every schema has the descriptions that its page needs.

use motherduck_provider::framework::Type;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::StringKind;
use proto::schema::Attribute;

use super::provider::{Provider, block};
use super::type_json::parse_type;

/// Expects that the description is Markdown, is not empty and ends with a full stop.
fn assert_described(what: &str, text: &str, kind: StringKind) {
    assert!(!text.trim().is_empty(), "{what} has no description");
    assert!(
        text.ends_with(['.', '`']),
        "{what} has a description without a full stop: {text:?}"
    );
    assert_eq!(
        text.trim(),
        text,
        "{what} has a description with surrounding blanks"
    );
    assert_eq!(kind, StringKind::Markdown, "{what}");
}

fn assert_attributes_are_described(what: &str, attributes: &[Attribute]) {
    assert!(!attributes.is_empty() || what.starts_with("list resource") || what.starts_with("data source"));
    for attribute in attributes {
        let what = format!("{what}: {}", attribute.name);
        assert_described(&what, &attribute.description, attribute.description_kind());
        assert_eq!(
            attribute.deprecated,
            !attribute.deprecation_message.is_empty(),
            "{what}: a deprecation message must name the replacement"
        );
        match &attribute.nested_type {
            Some(nested) => assert_attributes_are_described(&what, &nested.attributes),
            None => assert!(
                !holds_objects(&parse_type(&attribute.r#type).unwrap()),
                "{what}: the members of an object that is no nested attribute cannot be described"
            ),
        }
    }
}

fn holds_objects(of: &Type) -> bool {
    match of {
        Type::Object(_) => true,
        Type::List(of) | Type::Set(of) | Type::Map(of) => holds_objects(of),
        Type::Bool | Type::Number | Type::String => false,
    }
}

#[test]
fn every_schema_and_attribute_has_a_description() {
    for (what, schema) in Provider::read_schemas().all_schemas() {
        let block = block(schema);
        assert_described(&what, &block.description, block.description_kind());
        assert_attributes_are_described(&what, &block.attributes);
    }
}

#[test]
fn every_identity_attribute_has_a_description() {
    let provider = Provider::read_schemas();
    for (name, identity) in &provider.identities {
        for attribute in &identity.identity_attributes {
            let what = format!("identity of {name}: {}", attribute.name);
            // Descriptions in identities have no kind, so they are plain text.
            assert_described(&what, &attribute.description, StringKind::Markdown);
        }
    }
}

#[test]
fn every_function_and_parameter_has_a_description() {
    for (name, function) in &Provider::read_schemas().schemas.functions {
        assert!(!function.summary.trim().is_empty(), "{name} has no summary");
        assert!(!function.summary.contains('\n'), "{name}: a summary is one line");
        assert_described(name, &function.description, function.description_kind());
        for parameter in &function.parameters {
            let what = format!("{name}: {}", parameter.name);
            assert_described(&what, &parameter.description, parameter.description_kind());
        }
    }
}
