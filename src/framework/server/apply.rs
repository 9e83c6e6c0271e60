//! `ApplyResourceChange`: create, update or delete.

use std::sync::Arc;

use tokio::sync::oneshot;
use tonic::Status;

use super::super::call::note_creation;
use super::super::diagnostics::Diagnostics;
use super::super::private::Private;
use super::super::registry::RegisteredResource;
use super::super::resource::{ApplyResult, CreateRequest, DeleteRequest, UpdateRequest};
use super::super::resource_state::ResourceState;
use super::super::value::Value;
use super::super::wire;
use super::catch::{WithDiagnostics as _, respond, run};
use super::configure::nothing_to_do;
use super::delivery::{Delivery, delivered};
use super::instance::Instance;
use super::rpc::Rpc as _;
use super::undelivered::{Undelivered, log_errors};
use super::undo::Undo;
use crate::proto::tfplugin6::ResourceIdentityData;
use crate::proto::tfplugin6::apply_resource_change::{Request, Response};

impl Instance {
    /// Applies a change in its own task, so cancelling the RPC does not cancel the work. If the response is
    /// not delivered, its errors are logged, and the resource may delete a created object.
    pub(super) async fn change(
        self: Arc<Self>,
        request: Request,
        delivery: Option<Delivery>,
    ) -> Result<Response, Status> {
        let permit = match self.permit_write() {
            Ok(permit) => permit,
            Err(refused) => return Ok(Response::of_diagnostics(refused)),
        };
        let call = self.work.calls.begin();
        let _stop = call.stop_when_dropped();
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move {
            let type_name = request.type_name.clone();
            let mut beside = Beside {
                object: type_name.clone(),
                undo: None,
            };
            // The future is large. Boxing avoids copies of it in each of the outer futures.
            let applied = Box::pin(self.apply(request, &mut beside));
            let response = call.run(respond(Request::NAME, &type_name, applied)).await;
            let guard = Undelivered::new(beside.object, &response.diagnostics, beside.undo);
            // If the receiver was dropped, this drops the guard.
            drop(sender.send((response, guard)));
            drop(permit);
        });
        match receiver.await {
            Ok((response, guard)) => Ok(delivered(response, guard, delivery)),
            Err(_) => Err(Status::internal(format!("{} ended early", Request::NAME))),
        }
    }

    async fn apply(self: &Arc<Self>, request: Request, beside: &mut Beside) -> Result<Response, Diagnostics> {
        let served = self.registry().resources.find(&request.type_name)?;
        let of = &served.object_type;
        let prior = wire::decode(request.prior_state.as_ref(), of)?;
        let planned = wire::decode(request.planned_state.as_ref(), of)?;
        let config = wire::decode(request.config.as_ref(), of)?;
        let private = Private::decode(&request.planned_private);
        let object = if prior.is_null() { &planned } else { &prior };
        beside.object = format!("{} {}", request.type_name, served.named(object));
        match (prior.is_null(), planned.is_null()) {
            (true, true) => Err(nothing_to_do(Request::NAME)),
            (true, false) => {
                note_creation(beside.object.clone());
                let create = CreateRequest {
                    config,
                    planned,
                    private,
                };
                let outcome = served.block.create(create).await;
                // Unless the guard is sent with a response, it undoes the create, for example when the
                // created state cannot be encoded.
                let guard =
                    created(&outcome).map(|created| self.undo_create(served, request.type_name, created));
                let response = served.respond(outcome, None)?;
                beside.undo = guard;
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
                served.respond(served.block.update(update).await, identity)
            }
            (false, true) => {
                let warnings = served.block.delete(DeleteRequest { prior, private }).await?;
                Ok(Response {
                    new_state: Some(served.encode(&Value::Null)?),
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
        served: &RegisteredResource,
        type_name: String,
        created: ResourceState<Value>,
    ) -> Undo {
        let what = format!("{type_name} {}", served.named(&created.state));
        let (instance, object) = (Arc::clone(self), what.clone());
        let undoing = async move {
            tracing::warn!(object, "created for a caller that did not wait for the response");
            let undone = async {
                let served = instance.registry().resources.find(&type_name)?;
                match &served.abilities.undelivered_create {
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
        Undo::new(&self.work, what, undoing)
    }
}

/// Results of a change besides its response.
struct Beside {
    /// The changed object, for the log.
    object: String,
    undo: Option<Undo>,
}

/// Returns the object that exists after a create, whether it succeeded or not.
fn created(outcome: &ApplyResult<Value>) -> Option<ResourceState<Value>> {
    match outcome {
        Ok(stored) => Some(stored.clone()),
        Err(failure) => failure.kept.clone(),
    }
}

impl RegisteredResource {
    /// Encodes the result. A state after a failed write is returned with the error, so that core stores it;
    /// without one, core keeps the prior state. If the identity cannot be encoded, an error is added and the
    /// state is still returned.
    pub(super) fn respond(
        &self,
        outcome: ApplyResult<Value>,
        identity: Option<ResourceIdentityData>,
    ) -> Result<Response, Diagnostics> {
        let (kept, mut diagnostics) = match outcome {
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
        let new_identity = self.identify_written(&kept.state, identity);
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
