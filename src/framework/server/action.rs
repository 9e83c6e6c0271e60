//! `PlanAction` and `InvokeAction`.

use std::sync::Arc;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;

use super::super::action::Progress;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use super::catch::{WithDiagnostics, respond};
use super::configure::deferred;
use super::rpc::RpcRequest as _;
use crate::proto::tfplugin6 as proto;
use proto::invoke_action::{Event, event};
use proto::{invoke_action, plan_action};

impl Instance {
    /// Validates the configuration as far as it is known. Actions have no planned values.
    pub(super) fn plan_action(
        &self,
        request: &plan_action::Request,
    ) -> Result<plan_action::Response, Diagnostics> {
        let action = self.registry().actions.find(&request.action_type)?;
        action.valid_config(request.config.as_ref())?;
        Ok(plan_action::Response {
            deferred: self.defers(request.client_capabilities).then(deferred),
            ..Default::default()
        })
    }

    /// Runs the action in its own task, which continues without a caller until it is done or stopped. After
    /// an interrupt no progress is sent.
    pub(super) fn invoke_action(self: Arc<Self>, request: invoke_action::Request) -> BoxStream<Event> {
        let permit = match self.permit_write() {
            Ok(permit) => permit,
            Err(refused) => {
                let end = event::Type::Completed(WithDiagnostics::from_diagnostics(refused));
                return Box::pin(stream::once(async { Ok(Event { r#type: Some(end) }) }));
            }
        };
        let (sender, messages) = mpsc::channel(16);
        let call = self.tasks.calls.begin();
        let interrupted = call.interrupted.clone();
        let progress = Progress {
            sender,
            interrupted: interrupted.clone(),
        };
        let running = tokio::spawn(async move {
            let type_name = request.action_type.clone();
            let response = call
                .run(respond(
                    invoke_action::Request::NAME,
                    &type_name,
                    self.run_action(request, progress),
                ))
                .await;
            drop(permit);
            response
        });
        let progress = ReceiverStream::new(messages).filter_map(move |message| {
            // Drops progress that was reported before the interrupt and is not sent yet.
            let sent =
                (!interrupted.is_cancelled()).then_some(event::Type::Progress(event::Progress { message }));
            std::future::ready(sent)
        });
        // Exactly one completed event is sent in every case, because core waits for it.
        let completed = running.map(|response| {
            event::Type::Completed(response.unwrap_or_else(|error| {
                WithDiagnostics::from_diagnostics(
                    Diagnostic::bug(format!("{} ended early: {error}", invoke_action::Request::NAME)).into(),
                )
            }))
        });
        let events = progress.chain(stream::once(completed));
        Box::pin(events.map(|event| Ok(Event { r#type: Some(event) })))
    }

    async fn run_action(
        &self,
        request: invoke_action::Request,
        progress: Progress,
    ) -> Result<event::Completed, Diagnostics> {
        let action = self.registry().actions.find(&request.action_type)?;
        let config = action.known_config::<invoke_action::Request>(request.config.as_ref())?;
        let warnings = action.block.invoke(Value::Object(config), &progress).await?;
        Ok(event::Completed {
            diagnostics: wire::diagnostics(warnings),
        })
    }
}
