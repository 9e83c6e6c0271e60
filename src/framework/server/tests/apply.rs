//! The response to a write that succeeded and has no identity.

use super::messages::object;
use super::provider::{Controls, TestResource};
use crate::framework::diagnostics::Diagnostic;
use crate::framework::private::Private;
use crate::framework::registry::{RegisteredResource, Registry};
use crate::framework::resource::ApplyError;
use crate::framework::resource_state::ResourceState;
use crate::framework::schema::Attribute;
use crate::framework::value::Value;

/// Returns the test resource with these attributes in its schema, which its state does not match.
fn resource_with(attributes: Vec<Attribute>) -> RegisteredResource {
    let mut registry = Registry::default();
    registry.resource(TestResource(Controls::default()));
    let mut resource = registry.take_resource("test_object").unwrap();
    resource.schema.attributes = attributes;
    resource
}

fn state(private: Private) -> ResourceState<Value> {
    let members = [("name", "a"), ("id", "7")].map(|(name, text)| (name.to_owned(), Value::string(text)));
    ResourceState::new(Value::Object(members.into()), private)
}

#[test]
fn apply_returns_the_state_when_the_identity_is_invalid() {
    // The state has an `id` of another type.
    let resource = resource_with(vec![Attribute::new::<bool>("id").identity("")]);
    let mut private = Private::new();
    private.set("created", &true);
    let partial = ApplyError {
        diagnostics: Diagnostic::error("half created", "").into(),
        kept: Some(state(private.clone())),
    };
    for (result, errors) in [(Ok(state(private.clone())), 1), (Err(partial), 2)] {
        let response = resource.encode_apply_result(result, None).unwrap();
        assert_eq!(response.new_state, object("a", Value::string("7")));
        assert_eq!(
            (response.private, response.new_identity),
            (private.encode(), None)
        );
        assert_eq!(response.diagnostics.len(), errors, "{:?}", response.diagnostics);
    }
}

#[test]
fn apply_without_identity_attributes_returns_no_identity() {
    let resource = resource_with(Vec::new());
    let response = resource
        .encode_apply_result(Ok(state(Private::new())), None)
        .unwrap();
    assert_eq!(response.new_state, object("a", Value::string("7")));
    assert_eq!((response.new_identity, response.diagnostics), (None, Vec::new()));
}
