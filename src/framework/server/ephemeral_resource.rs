//! `OpenEphemeralResource`, `RenewEphemeralResource` and `CloseEphemeralResource`.

use std::sync::Arc;

use tonic::Status;

use super::super::call::{RpcCall, note_creation};
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::ephemeral_resource::{self, EphemeralResource};
use super::super::plan::propose;
use super::super::private::Private;
use super::super::registry::Registered;
use super::super::value::{Members, Value};
use super::super::wire;
use super::catch::respond;
use super::configure::deferred;
use super::delivery::{GuardSlot, store_guard};
use super::instance::Instance;
use super::open_resources::describe;
use super::rpc::RpcRequest as _;
use super::undelivered::{ResponseGuard, log_errors};
use super::undo::UndoGuard;
use crate::proto::tfplugin6 as proto;
use proto::close_ephemeral_resource::{Request as CloseRequest, Response as CloseResponse};
use proto::open_ephemeral_resource::{Request as OpenRequest, Response as OpenResponse};
use proto::renew_ephemeral_resource::{Request as RenewRequest, Response as RenewResponse};

impl Instance {
    /// Opens an ephemeral resource. If the caller has cancelled the call, what was opened is closed, because that
    /// caller will not close it.
    pub(super) async fn open_ephemeral_resource(
        self: Arc<Self>,
        request: OpenRequest,
        slot: Option<GuardSlot>,
    ) -> Result<OpenResponse, Status> {
        let instance = Arc::clone(&self);
        let write = async move |call: Arc<RpcCall>| {
            let type_name = request.type_name.clone();
            let opened = respond(OpenRequest::NAME, &type_name, instance.try_open(request));
            let response = call.run(opened).await;
            let mut object = format!("ephemeral {type_name}");
            let undo = response.private.clone().map(|private| {
                object = describe(&type_name, &private);
                let tasks = Arc::clone(&instance.tasks);
                // When the process ends, `finish` may already have closed it.
                let close = async move {
                    if instance.open_resources.take(&type_name, &private) {
                        instance.close_abandoned(type_name, private).await;
                    }
                };
                UndoGuard::new(&tasks, object.clone(), close)
            });
            let guard = ResponseGuard::new(object, &response.diagnostics, undo);
            (response, guard)
        };
        self.write(OpenRequest::NAME, slot, write).await
    }

    async fn try_open(&self, request: OpenRequest) -> Result<OpenResponse, Diagnostics> {
        let ephemeral = self.registry().ephemeral_resources.find(&request.type_name)?;
        let ty = &ephemeral.object_type;
        if self.defers(request.client_capabilities) {
            return Ok(OpenResponse {
                result: Some(wire::encode(&ephemeral.schema.all_unknown(), ty)?),
                deferred: Some(deferred()),
                ..Default::default()
            });
        }
        let config = ephemeral.known_config::<OpenRequest>(request.config.as_ref())?;
        // The plan of a new object, with defaults, and with unknown values for what `open` returns.
        let proposed = propose(&ephemeral.schema.attributes, &config, None).state;
        note_creation(format!("ephemeral {}", request.type_name));
        let opened = ephemeral.block.open(Value::Object(proposed.clone())).await?;
        match ephemeral.checked(&proposed, &opened) {
            Ok(result) => {
                let private = opened.private.encode();
                self.open_resources.add(&request.type_name, &private);
                Ok(OpenResponse {
                    result: Some(result),
                    private: Some(private),
                    diagnostics: wire::diagnostics(opened.warnings),
                    ..Default::default()
                })
            }
            Err(mut diagnostics) => {
                // Core does not close an ephemeral resource whose response has an error.
                if let Err(errors) = ephemeral.block.close(opened.private).await {
                    diagnostics.append(errors);
                }
                Err(diagnostics)
            }
        }
    }

    /// Returns an error, because no response of [`Instance::open_ephemeral_resource`] requests a renewal.
    pub(super) fn renew(&self, request: &RenewRequest) -> Result<RenewResponse, Diagnostics> {
        self.registry().ephemeral_resources.find(&request.type_name)?;
        Err(Diagnostic::bug(format!("{} cannot be renewed.", request.type_name)).into())
    }

    /// Closes in its own task, for which the end of the process waits. Errors that do not reach a caller are
    /// logged.
    pub(super) async fn close_ephemeral_resource(
        self: Arc<Self>,
        request: CloseRequest,
        slot: Option<GuardSlot>,
    ) -> Result<CloseResponse, Status> {
        let call = self.tasks.calls.begin();
        let tasks = self.tasks.tracker.clone();
        let closing = tasks.spawn(async move {
            let type_name = request.type_name.clone();
            let private = request.private.as_deref().unwrap_or_default();
            self.open_resources.take(&type_name, private);
            let object = describe(&type_name, private);
            let closing = respond(CloseRequest::NAME, &type_name, self.try_close(request));
            let response = call.run(closing).await;
            let guard = ResponseGuard::new(object, &response.diagnostics, None);
            (response, guard)
        });
        let closed = closing.await;
        closed
            .map(|(response, guard)| store_guard(response, guard, slot))
            .map_err(|error| Status::internal(format!("{} ended early: {error}", CloseRequest::NAME)))
    }

    /// Closes an ephemeral resource that was already removed from the list of open ones.
    async fn try_close(&self, request: CloseRequest) -> Result<CloseResponse, Diagnostics> {
        let ephemeral = self.registry().ephemeral_resources.find(&request.type_name)?;
        let private = Private::decode(&request.private.unwrap_or_default());
        let warnings = ephemeral.block.close(private).await?;
        Ok(CloseResponse {
            diagnostics: wire::diagnostics(warnings),
        })
    }

    /// Closes an ephemeral resource that no caller will close and that was already removed from the list of
    /// open ones. Failures are logged.
    pub(super) async fn close_abandoned(self: Arc<Self>, type_name: String, private: Vec<u8>) {
        let object = describe(&type_name, &private);
        let request = CloseRequest {
            type_name: type_name.clone(),
            private: Some(private),
        };
        let closed = respond(CloseRequest::NAME, &type_name, self.try_close(request)).await;
        log_errors(
            &object,
            &closed.diagnostics,
            "while closing what the caller left open",
        );
    }
}

impl Registered<dyn EphemeralResource<Model = Value>> {
    /// Encodes the result. It must be wholly known and must contain the planned values that were known.
    fn checked(
        &self,
        proposed: &Members,
        opened: &ephemeral_resource::OpenResponse<Value>,
    ) -> Result<proto::DynamicValue, Diagnostics> {
        let name = self.block.type_name();
        if !opened.result.is_wholly_known() {
            return Err(Diagnostic::bug(format!("{name} was opened with unknown values.")).into());
        }
        let result = opened.result.as_object();
        for (attribute, decided) in proposed {
            if decided.is_wholly_known() && result.and_then(|members| members.get(attribute)) != Some(decided)
            {
                return Err(Diagnostic::bug(format!("{name} was opened with another `{attribute}`.")).into());
            }
        }
        wire::encode(&opened.result, &self.object_type)
    }
}
