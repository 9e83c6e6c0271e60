//! `OpenEphemeralResource`, `RenewEphemeralResource` and `CloseEphemeralResource`.

use std::sync::Arc;

use tokio::sync::oneshot;
use tonic::Status;

use super::super::call::note_creation;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::ephemeral_resource::{EphemeralResource, OpenResponse};
use super::super::plan::propose;
use super::super::private::Private;
use super::super::registry::Registered;
use super::super::value::{Members, Value};
use super::super::wire;
use super::catch::{WithDiagnostics as _, respond};
use super::configure::deferred;
use super::delivery::{Delivery, delivered};
use super::instance::Instance;
use super::open_resources::opened;
use super::rpc::Rpc as _;
use super::undelivered::{Undelivered, log_errors};
use super::undo::Undo;
use crate::proto::tfplugin6 as proto;
use proto::{close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource};

impl Instance {
    /// Opens in its own task. If the caller has cancelled the call, what was opened is closed, because that
    /// caller will not close it.
    pub(super) async fn open(
        self: Arc<Self>,
        request: open_ephemeral_resource::Request,
        delivery: Option<Delivery>,
    ) -> Result<open_ephemeral_resource::Response, Status> {
        let permit = match self.permit_write() {
            Ok(permit) => permit,
            Err(refused) => return Ok(open_ephemeral_resource::Response::of_diagnostics(refused)),
        };
        let call = self.work.calls.begin();
        let _stop = call.stop_when_dropped();
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move {
            let type_name = request.type_name.clone();
            let opening = respond(
                open_ephemeral_resource::Request::NAME,
                &type_name,
                self.try_open(request),
            );
            let response = call.run(opening).await;
            let mut object = format!("ephemeral {type_name}");
            let undo = response.private.clone().map(|private| {
                object = opened(&type_name, &private);
                let what = object.clone();
                // When the process ends, `finish` may already have closed it.
                let instance = Arc::clone(&self);
                let closing = async move {
                    if instance.open.take(&type_name, &private) {
                        instance.close_abandoned(type_name, private).await;
                    }
                };
                Undo::new(&self.work, what, closing)
            });
            let guard = Undelivered::new(object, &response.diagnostics, undo);
            // If the receiver was dropped, this drops the guard, which closes what was opened.
            drop(sender.send((response, guard)));
            drop(permit);
        });
        match receiver.await {
            Ok((response, guard)) => Ok(delivered(response, guard, delivery)),
            Err(_) => Err(Status::internal(format!(
                "{} ended early",
                open_ephemeral_resource::Request::NAME
            ))),
        }
    }

    async fn try_open(
        &self,
        request: open_ephemeral_resource::Request,
    ) -> Result<open_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.registry().ephemeral_resources.find(&request.type_name)?;
        let of = &ephemeral.object_type;
        if self.defers(request.client_capabilities) {
            return Ok(open_ephemeral_resource::Response {
                result: Some(wire::encode(&ephemeral.schema.all_unknown(), of)?),
                deferred: Some(deferred()),
                ..Default::default()
            });
        }
        let config = ephemeral.known_config::<open_ephemeral_resource::Request>(request.config.as_ref())?;
        // The plan of a new object, with defaults, and with unknown values for what `open` returns.
        let proposed = propose(&ephemeral.schema.attributes, &config, None).state;
        note_creation(format!("ephemeral {}", request.type_name));
        let opened = ephemeral.block.open(Value::Object(proposed.clone())).await?;
        match ephemeral.checked(&proposed, &opened) {
            Ok(result) => {
                let private = opened.private.encode();
                self.open.add(&request.type_name, &private);
                Ok(open_ephemeral_resource::Response {
                    result: Some(result),
                    private: Some(private),
                    diagnostics: wire::diagnostics(opened.warnings),
                    ..Default::default()
                })
            }
            Err(mut diagnostics) => {
                // Core does not close an ephemeral resource whose response has an error.
                if let Err(trouble) = ephemeral.block.close(opened.private).await {
                    diagnostics.append(trouble);
                }
                Err(diagnostics)
            }
        }
    }

    /// Returns an error, because no response of [`Instance::open`] requests a renewal.
    pub(super) fn renew(
        &self,
        request: &renew_ephemeral_resource::Request,
    ) -> Result<renew_ephemeral_resource::Response, Diagnostics> {
        self.registry().ephemeral_resources.find(&request.type_name)?;
        Err(Diagnostic::bug(format!("{} cannot be renewed.", request.type_name)).into())
    }

    /// Closes in its own task, for which the end of the process waits. Errors that do not reach a caller are
    /// logged.
    pub(super) async fn close(
        self: Arc<Self>,
        request: close_ephemeral_resource::Request,
        delivery: Option<Delivery>,
    ) -> Result<close_ephemeral_resource::Response, Status> {
        let call = self.work.calls.begin();
        let tasks = self.work.tasks.clone();
        let closing = tasks.spawn(async move {
            let type_name = request.type_name.clone();
            let private = request.private.as_deref().unwrap_or_default();
            self.open.take(&type_name, private);
            let object = opened(&type_name, private);
            let closing = respond(
                close_ephemeral_resource::Request::NAME,
                &type_name,
                self.try_close(request),
            );
            let response = call.run(closing).await;
            let guard = Undelivered::new(object, &response.diagnostics, None);
            (response, guard)
        });
        let closed = closing.await;
        closed
            .map(|(response, guard)| delivered(response, guard, delivery))
            .map_err(|error| {
                Status::internal(format!(
                    "{} ended early: {error}",
                    close_ephemeral_resource::Request::NAME
                ))
            })
    }

    /// Closes an ephemeral resource that was already removed from the list of open ones.
    async fn try_close(
        &self,
        request: close_ephemeral_resource::Request,
    ) -> Result<close_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.registry().ephemeral_resources.find(&request.type_name)?;
        let private = Private::decode(&request.private.unwrap_or_default());
        let warnings = ephemeral.block.close(private).await?;
        Ok(close_ephemeral_resource::Response {
            diagnostics: wire::diagnostics(warnings),
        })
    }

    /// Closes an ephemeral resource that no caller will close and that was already removed from the list of
    /// open ones. Failures are logged.
    pub(super) async fn close_abandoned(self: Arc<Self>, type_name: String, private: Vec<u8>) {
        let what = opened(&type_name, &private);
        let request = close_ephemeral_resource::Request {
            type_name: type_name.clone(),
            private: Some(private),
        };
        let closed = respond(
            close_ephemeral_resource::Request::NAME,
            &type_name,
            self.try_close(request),
        )
        .await;
        log_errors(
            &what,
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
        opened: &OpenResponse<Value>,
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
