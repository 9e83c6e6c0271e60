//! Computed attributes: every kind of block rejects a configuration that sets one.

use motherduck_provider::framework::Type;
use serde_json::{Value as Json, json};

use crate::host::{Block, Diagnostics, Session, unknown};

/// Returns the paths and types of all computed attributes. Their nested attributes are not listed.
fn computed(block: &Block) -> Vec<(String, Type)> {
    let Type::Object(types) = &block.object_type else {
        panic!("a block is an object");
    };
    let mut found = Vec::new();
    for attribute in &block.attributes {
        let of = &types[attribute.name.as_str()];
        if attribute.computed && !attribute.optional {
            found.push((attribute.name.clone(), of.clone()));
        } else if let Some(nested) = &attribute.nested {
            let inner = computed(nested).into_iter();
            found.extend(inner.map(|(path, of)| (format!("{}.{path}", attribute.name), of)));
        }
    }
    found
}

/// Returns any value of a type.
fn value_of(of: &Type) -> Json {
    match of {
        Type::Bool => json!(false),
        Type::Number => json!(1),
        Type::List(_) | Type::Set(_) => json!([]),
        Type::Map(_) => json!({}),
        Type::Object(attributes) => {
            let attributes = attributes.iter();
            attributes
                .map(|(name, of)| (name.to_string(), value_of(of)))
                .collect()
        }
        Type::String => json!("x"),
    }
}

/// Returns a configuration with only this value.
fn setting(path: &str, value: Json) -> Json {
    path.rsplit('.')
        .fold(value, |inside, name| json!({ name: inside }))
}

async fn assert_refused(block: &Block, validate: impl AsyncFn(Json) -> Diagnostics) -> usize {
    let computed = computed(block);
    for (path, of) in &computed {
        for value in [value_of(of), unknown()] {
            let diagnostics = validate(setting(path, value)).await;
            diagnostics.assert_error(path, &["set by the provider", "Remove it"]);
        }
    }
    computed.len()
}

#[tokio::test]
async fn configured_computed_attribute_is_an_error_in_every_block() {
    let (session, api) = Session::on_unused_api().await;
    let schemas = session.schemas().await;
    let mut refused = 0;
    for name in schemas.resource_schemas.keys() {
        let validate = async |config| session.validate(name, &config).await;
        refused += assert_refused(session.resource(name), validate).await;
    }
    for name in schemas.data_source_schemas.keys() {
        let validate = async |config| session.validate_data_source(name, &config).await;
        refused += assert_refused(session.data_source(name), validate).await;
    }
    for name in schemas.ephemeral_resource_schemas.keys() {
        let validate = async |config| session.validate_ephemeral(name, &config).await;
        refused += assert_refused(&session.ephemeral(name).await, validate).await;
    }
    for name in schemas.list_resource_schemas.keys() {
        let validate = async |config| session.validate_list(name, &config).await;
        refused += assert_refused(&session.lists[name], validate).await;
    }
    for name in schemas.action_schemas.keys() {
        let validate = async |config| session.validate_action(name, &config).await;
        refused += assert_refused(&session.action(name).await, validate).await;
    }
    assert!(refused >= 20, "{refused}");
    api.assert_no_connection();
}
