//! The calls of each resource.

use std::hint::black_box;
use std::rc::Rc;

use motherduck_provider::framework::{Type, msgpack};
use motherduck_provider::proto::tfplugin6 as proto;
use prost::Message as _;
use proto::{
    DynamicValue, RawState, apply_resource_change, plan_resource_change, read_resource,
    upgrade_resource_state, validate_resource_config,
};
use serde_json::Value as Json;
use tonic::codegen::Bytes;

use crate::objects::{self, Object};
use crate::provider::{ConfiguredProvider, assert_no_diagnostics, dynamic, state_json, type_of};

/// A call that can be repeated.
pub struct Call {
    /// The resource type and the operation.
    pub name: String,
    /// Sends the request once. Panics if the response contains a diagnostic.
    pub run: Box<dyn FnMut()>,
}

/// Returns the calls of all resources.
///
/// # Panics
/// If an object cannot be planned and created. Each is created once before the calls.
pub fn calls() -> Vec<Call> {
    let provider = Rc::new(ConfiguredProvider::new());
    let objects = objects::all();
    objects
        .iter()
        .flat_map(|object| calls_of_object(&provider, object))
        .collect()
}

/// A created object as core stores it.
struct Created {
    state: DynamicValue,
    private: Vec<u8>,
}

fn calls_of_object(provider: &Rc<ConfiguredProvider>, object: &Object) -> Vec<Call> {
    let ty = type_of(object.type_name);
    let create = plan_request(&ty, object, None);
    let plan: plan_resource_change::Response = provider.call("PlanResourceChange", &create);
    assert_no_diagnostics(&plan.diagnostics);
    let apply: Bytes = apply_resource_change::Request {
        type_name: object.type_name.to_owned(),
        prior_state: Some(dynamic(&ty, &Json::Null)),
        planned_state: plan.planned_state,
        config: Some(dynamic(&ty, &object.config)),
        planned_private: plan.planned_private,
        planned_identity: plan.planned_identity,
        ..Default::default()
    }
    .encode_to_vec()
    .into();
    let created: apply_resource_change::Response = provider.call("ApplyResourceChange", &apply);
    assert_no_diagnostics(&created.diagnostics);
    let created = Created {
        state: created.new_state.expect("a state"),
        private: created.private,
    };
    let state = msgpack::decode(&created.state.msgpack, &ty).expect("a state");
    let mut calls = vec![
        named_call(object, "decode a state", {
            let (ty, bytes) = (ty.clone(), created.state.msgpack.clone());
            move || drop(black_box(msgpack::decode(&bytes, &ty)))
        }),
        named_call(object, "encode a state", {
            let (ty, state) = (ty.clone(), state.clone());
            move || drop(black_box(msgpack::encode(&state, &ty)))
        }),
    ];
    let state_json = state_json(&state).to_string().into_bytes();
    let no_changes = plan_request(&ty, object, Some(&created));
    let validate = validate_resource_config::Request {
        type_name: object.type_name.to_owned(),
        config: Some(dynamic(&ty, &object.config)),
        client_capabilities: None,
    };
    let upgrade = upgrade_resource_state::Request {
        type_name: object.type_name.to_owned(),
        version: 1,
        raw_state: Some(RawState {
            json: state_json,
            ..Default::default()
        }),
    };
    let existing = object.existing.as_ref().map(|state| dynamic(&ty, state));
    let read = read_resource::Request {
        type_name: object.type_name.to_owned(),
        current_state: Some(existing.unwrap_or(created.state)),
        private: created.private,
        ..Default::default()
    };
    macro_rules! rpc {
        ($rpc:literal $($case:literal)?, $request:expr, $module:ident) => {
            calls.push({
                let (provider, request): (_, Bytes) = (Rc::clone(provider), $request.into());
                named_call(object, concat!($rpc $(, " ", $case)?), move || {
                    let response: $module::Response = provider.call($rpc, &request);
                    assert_no_diagnostics(&response.diagnostics);
                })
            });
        };
    }
    rpc!(
        "ValidateResourceConfig",
        validate.encode_to_vec(),
        validate_resource_config
    );
    rpc!(
        "UpgradeResourceState",
        upgrade.encode_to_vec(),
        upgrade_resource_state
    );
    rpc!("ReadResource", read.encode_to_vec(), read_resource);
    rpc!(
        "PlanResourceChange" "without changes",
        no_changes,
        plan_resource_change
    );
    rpc!("PlanResourceChange" "of a new object", create, plan_resource_change);
    rpc!(
        "ApplyResourceChange" "of a new object",
        apply,
        apply_resource_change
    );
    calls
}

fn named_call(object: &Object, what: &str, run: impl FnMut() + 'static) -> Call {
    Call {
        name: format!("{}: {what}", object.type_name),
        run: Box::new(run),
    }
}

/// Encodes a request to plan the configuration of an object. `prior` is `None` for a create.
fn plan_request(ty: &Type, object: &Object, prior: Option<&Created>) -> Bytes {
    let config = dynamic(ty, &object.config);
    let null = || dynamic(ty, &Json::Null);
    plan_resource_change::Request {
        type_name: object.type_name.to_owned(),
        prior_state: Some(prior.map_or_else(null, |prior| prior.state.clone())),
        // The provider ignores core's proposal.
        proposed_new_state: Some(config.clone()),
        config: Some(config),
        prior_private: prior.map(|prior| prior.private.clone()).unwrap_or_default(),
        ..Default::default()
    }
    .encode_to_vec()
    .into()
}
