//! Core's checks of a provider: the rules behind "Provider produced invalid plan", "… inconsistent final
//! plan" and "… inconsistent result after apply".
//!
//! All comparisons ignore refinements of unknown values, as core does for plans.

use motherduck_provider::framework::Value;
use serde_json::Value as Json;

use super::schema::{Attribute, Block};
use super::value::to_json;

/// Returns core's proposed new state: the configuration, with the prior value of each computed attribute that
/// is not configured.
pub(super) fn propose(block: &Block, config: &Value, prior: &Value) -> Value {
    let Some(members) = config.as_object() else {
        return config.clone();
    };
    let proposed = block.attributes.iter().map(|attribute| {
        let (config, prior) = (&members[&attribute.name], member(prior, attribute));
        let value = match &attribute.nested {
            _ if config.is_null() && attribute.computed => prior.clone(),
            Some(nested) => propose(nested, config, prior),
            None => config.clone(),
        };
        (attribute.name.clone(), value)
    });
    Value::Object(proposed.collect())
}

/// Expects that core accepts this plan for a create or an update.
#[track_caller]
pub(crate) fn assert_plan_is_valid(block: &Block, config: &Value, prior: &Value, planned: &Value) {
    assert!(
        planned.as_object().is_some(),
        "something configured is planned as {planned:?}"
    );
    let mut errors = Vec::new();
    check_members(block, config, prior, planned, "", &mut errors);
    assert!(errors.is_empty(), "provider produced invalid plan: {errors:#?}");
}

fn check_members(
    block: &Block,
    config: &Value,
    prior: &Value,
    planned: &Value,
    at: &str,
    errors: &mut Vec<String>,
) {
    for attribute in &block.attributes {
        let path = format!("{at}{}", attribute.name);
        let (config, prior, planned) = (
            member(config, attribute),
            member(prior, attribute),
            member(planned, attribute),
        );
        if planned == config || (planned == prior && !prior.is_null() && !config.is_null()) {
            continue;
        }
        match (&attribute.nested, config, planned) {
            (_, Value::Null, _) if attribute.computed => {}
            (_, Value::Null, _) => errors.push(format!("{path}: planned value for a non-computed attribute")),
            (Some(nested), Value::Object(_), Value::Object(_)) => {
                check_members(nested, config, prior, planned, &format!("{path}."), errors);
            }
            (Some(_), _, Value::Null) => {
                errors.push(format!("{path}: planned for absence but config wants existence"));
            }
            (Some(_), _, Value::Unknown) => {
                errors.push(format!("{path}: planned unknown for configured value"));
            }
            _ => errors.push(format!(
                "{path}: planned value {} does not match config value {} nor prior value {}",
                to_json(planned),
                to_json(config),
                to_json(prior)
            )),
        }
    }
}

/// Expects that `actual`, a result of an apply or a plan made again during the apply, agrees with the plan.
#[track_caller]
pub(crate) fn assert_agrees_with_plan(planned: &Value, actual: &Value) {
    let mut errors = Vec::new();
    compare(planned, actual, "", &mut errors);
    assert!(errors.is_empty(), "inconsistent with the plan: {errors:#?}");
}

fn compare(planned: &Value, actual: &Value, at: &str, errors: &mut Vec<String>) {
    match (planned, actual) {
        (Value::Unknown, _) => {}
        (Value::Object(planned), Value::Object(actual)) if planned.keys().eq(actual.keys()) => {
            for (name, planned) in planned {
                compare(planned, &actual[name], &format!("{at}.{name}"), errors);
            }
        }
        (Value::Map(planned), Value::Map(actual)) if planned.keys().eq(actual.keys()) => {
            for (key, planned) in planned {
                compare(planned, &actual[key], &format!("{at}.{key}"), errors);
            }
        }
        (planned, actual) if planned == actual => {}
        (planned, actual) => errors.push(format!(
            "{at}: was {}, but now {}",
            to_json(planned),
            to_json(actual)
        )),
    }
}

/// Expects that core accepts this result of a create or an update.
#[track_caller]
pub(crate) fn assert_result_is_valid(planned: &Value, result: &Value) {
    assert!(result.is_wholly_known(), "unknown after apply: {result:?}");
    assert_agrees_with_plan(planned, result);
}

/// Expects that core accepts the identity in a response, and that it belongs to the object. Core relies on
/// the latter without checking it.
#[track_caller]
pub(crate) fn assert_identity_is_valid(identity: &Value, state: &Value) {
    let (Some(identity), Some(state)) = (identity.as_object(), state.as_object()) else {
        panic!("an object without an identity: core forgets the one it has: {identity:?} for {state:?}");
    };
    for (name, value) in identity {
        let (Some(identified), Some(held)) = (value.as_str(), state[name].as_str()) else {
            panic!(
                "identified by {name} = {value:?}, and the state holds {:?}",
                state[name]
            );
        };
        assert_eq!(
            identified.to_lowercase(),
            held.to_lowercase(),
            "identified by {name}"
        );
    }
}

/// Expects that Terraform accepts and can show the identity of a plan. A partly unknown one breaks no rule,
/// but the CLI would print only "Failed to marshal plan to json".
#[track_caller]
pub(crate) fn assert_planned_identity_is_valid(identity: &Value) {
    assert!(
        identity.is_wholly_known(),
        "Terraform cannot show a plan with this identity: {identity:?}"
    );
}

/// The identity of an object never changes. An object without one may get one.
#[track_caller]
pub(crate) fn assert_identity_is_unchanged(before: &Json, now: &Json) {
    if !before.is_null() {
        assert_eq!(before, now, "unexpected identity change");
    }
}

/// Returns an attribute of an object. For an unknown object it is unknown, for a null object null.
fn member<'a>(object: &'a Value, attribute: &Attribute) -> &'a Value {
    match object {
        Value::Object(members) => &members[&attribute.name],
        Value::Unknown => object,
        _ => &Value::Null,
    }
}
