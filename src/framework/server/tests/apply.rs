//! The response to a write that succeeded and has no identity.

use super::messages::object;
use super::provider::{Controls, TestResource};
use crate::framework::diagnostics::Diagnostic;
use crate::framework::private::Private;
use crate::framework::registry::Registry;
use crate::framework::resource::ApplyError;
use crate::framework::resource_state::ResourceState;
use crate::framework::schema::Attribute;
use crate::framework::value::Value;

#[test]
fn apply_returns_the_state_when_the_identity_is_invalid() {
    let mut registry = Registry::default();
    registry.resource(TestResource(Controls::default()));
    let mut served = registry.take_resource("test_object").unwrap();
    // The state has an `id` of another type.
    served.schema.attributes = vec![Attribute::of::<bool>("id").identity("")];
    let members = [("name", "a"), ("id", "7")].map(|(name, text)| (name.to_owned(), Value::string(text)));
    let mut private = Private::new();
    private.set("created", &true);
    let stored = || ResourceState::new(Value::Object(members.clone().into()), private.clone());
    let half = ApplyError {
        diagnostics: Diagnostic::error("half created", "").into(),
        kept: Some(stored()),
    };
    for (outcome, errors) in [(Ok(stored()), 1), (Err(half), 2)] {
        let response = served.respond(outcome, None).unwrap();
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
    let mut registry = Registry::default();
    registry.resource(TestResource(Controls::default()));
    let mut served = registry.take_resource("test_object").unwrap();
    served.schema.attributes.clear();
    let members = [("name", "a"), ("id", "7")].map(|(name, text)| (name.to_owned(), Value::string(text)));
    let stored = ResourceState::new(Value::Object(members.into()), Private::new());
    let response = served.respond(Ok(stored), None).unwrap();
    assert_eq!(response.new_state, object("a", Value::string("7")));
    assert_eq!((response.new_identity, response.diagnostics), (None, Vec::new()));
}
