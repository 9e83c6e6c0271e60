//! Responses to successful writes that cannot be encoded as they should.

use super::super::super::diagnostics::Diagnostic;
use super::super::super::private::Private;
use super::super::super::registry::Registry;
use super::super::super::resource::ApplyError;
use super::super::super::resource_state::ResourceState;
use super::super::super::schema::IdentityAttribute;
use super::super::super::value::Value;
use super::{Ducks, Script, duck};

#[test]
fn an_object_that_cannot_be_identified_is_kept_all_the_same() {
    let mut registry = Registry::default();
    registry.resource(Ducks(Script::default())).with_identity();
    let mut served = registry.take_resource("test_duck").unwrap();
    // No state has this attribute.
    served.abilities.identity = vec![IdentityAttribute {
        name: "feather",
        description: "",
    }];
    let members = [("name", "a"), ("id", "7")].map(|(name, text)| (name.to_owned(), Value::string(text)));
    let mut private = Private::new();
    private.set("hatched", &true);
    let stored = || ResourceState::new(Value::Object(members.clone().into()), private.clone());
    let half = ApplyError {
        diagnostics: Diagnostic::error("half a duck", "").into(),
        kept: Some(stored()),
    };
    for (outcome, errors) in [(Ok(stored()), 1), (Err(half), 2)] {
        let response = served.respond(outcome, None).unwrap();
        assert_eq!(response.new_state, duck("a", Value::string("7")));
        assert_eq!(
            (response.private, response.new_identity),
            (private.encode(), None)
        );
        assert_eq!(response.diagnostics.len(), errors, "{:?}", response.diagnostics);
    }
}
