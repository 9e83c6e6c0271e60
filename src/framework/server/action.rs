//! `PlanAction` and `InvokeAction`: what is done on request.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;

use super::super::action::Progress;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use super::catch::{Answer, answer};
use super::configure::deferred;
use super::validate::valid_config;
use crate::proto::tfplugin6 as proto;
use proto::invoke_action::{Event, event};
use proto::{invoke_action, plan_action};

impl Shared {
    /// Says what is wrong with the configuration, as far as it is known. Actions have no planned values.
    pub(super) fn plan_action(
        &self,
        request: &plan_action::Request,
    ) -> Result<plan_action::Response, Diagnostics> {
        let action = self.action(&request.action_type)?;
        let own = |config: &Value| action.kind.validate(config);
        valid_config(&action.schema, request.config.as_ref(), own)?;
        Ok(plan_action::Response {
            deferred: self.defers(request.client_capabilities).then(deferred),
            ..Default::default()
        })
    }

    /// Acts in a task of its own, which goes on whether anybody listens or not, until it is done or the
    /// process ends.
    pub(super) fn invoke(self: Arc<Self>, request: invoke_action::Request) -> BoxStream<Event> {
        let (listener, messages) = mpsc::channel(16);
        let acting = tokio::spawn(async move {
            let type_name = request.action_type.clone();
            let acting = self.act(request, Progress::new(listener));
            answer("InvokeAction", &type_name, acting).await
        });
        let progress =
            ReceiverStream::new(messages).map(|message| event::Type::Progress(event::Progress { message }));
        // There is always exactly one: core waits for it.
        let completed = acting.map(|acted| {
            event::Type::Completed(acted.unwrap_or_else(|error| {
                Answer::refusal(Diagnostic::bug(format!("InvokeAction ended early: {error}")).into())
            }))
        });
        let events = progress.chain(stream::once(completed));
        Box::pin(events.map(|event| Ok(Event { r#type: Some(event) })))
    }

    async fn act(
        &self,
        request: invoke_action::Request,
        progress: Progress,
    ) -> Result<event::Completed, Diagnostics> {
        let action = self.action(&request.action_type)?;
        let own = |config: &Value| action.kind.validate(config);
        let config = Value::Object(valid_config(&action.schema, request.config.as_ref(), own)?);
        if !config.is_wholly_known() {
            return Err(Diagnostic::bug("InvokeAction came with unknown values.").into());
        }
        let warnings = action.kind.invoke(config, &progress).await?;
        Ok(event::Completed {
            diagnostics: wire::diagnostics(warnings),
        })
    }
}
