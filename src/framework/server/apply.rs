//! `ApplyResourceChange`: create, update or delete.

use std::sync::Arc;

use tonic::Status;

use super::super::call::{RpcCall, note_creation};
use super::super::diagnostics::Diagnostics;
use super::super::private::Private;
use super::super::registry::RegisteredResource;
use super::super::resource::{ApplyResult, CreateRequest, DeleteRequest, UpdateRequest};
use super::super::resource_state::ResourceState;
use super::super::value::Value;
use super::super::wire;
use super::catch::{respond, run};
use super::delivery::GuardSlot;
use super::instance::Instance;
use super::rpc::RpcRequest as _;
use super::undelivered::{ResponseGuard, log_errors};
use super::undo::UndoGuard;
use crate::proto::tfplugin6::ResourceIdentityData;
use crate::proto::tfplugin6::apply_resource_change::{Request, Response};

impl Instance {
    /// Applies a change. If the response is not delivered, its errors are logged, and the resource may delete a
    /// created object.
    pub(super) async fn apply_resource_change(
        self: Arc<Self>,
        request: Request,
        slot: Option<GuardSlot>,
    ) -> Result<Response, Status> {
        let instance = Arc::clone(&self);
        let write = async move |call: Arc<RpcCall>| {
            let type_name = request.type_name.clone();
            let mut effects = Effects {
                object: type_name.clone(),
                undo: None,
            };
            // The future is large. Boxing avoids copies of it in each of the outer futures.
            let applied = Box::pin(instance.apply(request, &mut effects));
            let response = call.run(respond(Request::NAME, &type_name, applied)).await;
            let guard = ResponseGuard::new(effects.object, &response.diagnostics, effects.undo);
            (response, guard)
        };
        self.write(Request::NAME, slot, write).await
    }

    async fn apply(
        self: &Arc<Self>,
        request: Request,
        effects: &mut Effects,
    ) -> Result<Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.type_name)?;
        let ty = &resource.object_type;
        let prior = wire::decode(request.prior_state.as_ref(), ty)?;
        let planned = wire::decode(request.planned_state.as_ref(), ty)?;
        let config = wire::decode(request.config.as_ref(), ty)?;
        let private = Private::decode(&request.planned_private);
        let object = if prior.is_null() { &planned } else { &prior };
        effects.object = format!("{} {}", request.type_name, resource.identity_text(object));
        match (prior.is_null(), planned.is_null()) {
            (true, true) => Err(Request::malformed("has neither a prior nor a planned state")),
            (true, false) => {
                note_creation(effects.object.clone());
                let create = CreateRequest {
                    config,
                    planned,
                    private,
                };
                let result = resource.block.create(create).await;
                // Unless the guard is sent with a response, it undoes the create, for example when the
                // created state cannot be encoded.
                let created = match &result {
                    Ok(created) => Some(created),
                    Err(failure) => failure.kept.as_ref(),
                };
                let guard =
                    created.map(|created| self.undo_create(resource, request.type_name, created.clone()));
                let response = resource.encode_apply_result(result, None)?;
                effects.undo = guard;
                Ok(response)
            }
            (false, false) => {
                let update = UpdateRequest {
                    config,
                    prior,
                    planned,
                    private,
                };
                let identity = request.planned_identity;
                resource.encode_apply_result(resource.block.update(update).await, identity)
            }
            (false, true) => {
                let warnings = resource.block.delete(DeleteRequest { prior, private }).await?;
                Ok(Response {
                    new_state: Some(resource.encode(&Value::Null)?),
                    diagnostics: wire::diagnostics(warnings),
                    ..Default::default()
                })
            }
        }
    }

    /// Returns a guard that lets the resource delete a created object if the response did not reach the
    /// caller.
    fn undo_create(
        self: &Arc<Self>,
        resource: &RegisteredResource,
        type_name: String,
        created: ResourceState<Value>,
    ) -> UndoGuard {
        let what = format!("{type_name} {}", resource.identity_text(&created.state));
        let (instance, object) = (Arc::clone(self), what.clone());
        let undo = async move {
            tracing::warn!(object, "created for a caller that did not wait for the response");
            let undone = async {
                let resource = instance.registry().resources.find(&type_name)?;
                match &resource.optional_features.undelivered_create {
                    Some(resource) => resource.undelivered_create(created).await,
                    None => Ok(()),
                }
            };
            if let Err(errors) = run("UndeliveredCreate", &type_name, undone).await {
                log_errors(
                    &object,
                    &wire::diagnostics(errors),
                    "could not be undone: it may still exist",
                );
            }
        };
        UndoGuard::new(&self.tasks, what, undo)
    }
}

/// The effects of a change besides its response.
struct Effects {
    /// The changed object, for the log.
    object: String,
    undo: Option<UndoGuard>,
}

impl RegisteredResource {
    /// Encodes the result. A state after a failed write is returned with the error, so that core stores it;
    /// without one, core keeps the prior state. If the identity cannot be encoded, an error is added and the
    /// state is still returned.
    pub(super) fn encode_apply_result(
        &self,
        result: ApplyResult<Value>,
        identity: Option<ResourceIdentityData>,
    ) -> Result<Response, Diagnostics> {
        let (kept, mut diagnostics) = match result {
            Ok(stored) => {
                let warnings = stored.warnings.clone();
                (Some(stored), warnings)
            }
            Err(failure) => (failure.kept, failure.diagnostics),
        };
        let Some(kept) = kept else { return Err(diagnostics) };
        let new_state = match self.encode(&kept.state) {
            Ok(state) => state,
            Err(bug) => {
                diagnostics.append(bug);
                return Err(diagnostics);
            }
        };
        // The written object is returned whatever identity was planned: one of another object is ignored.
        let new_identity = self.encode_unchanged_identity(&kept.state, identity);
        let new_identity = new_identity.or_else(|_| self.encode_identity(&kept.state));
        let new_identity = new_identity.unwrap_or_else(|bug| {
            diagnostics.append(bug);
            None
        });
        Ok(Response {
            new_state: Some(new_state),
            new_identity,
            private: kept.private.encode(),
            diagnostics: wire::diagnostics(diagnostics),
            ..Default::default()
        })
    }
}
