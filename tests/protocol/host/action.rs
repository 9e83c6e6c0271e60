//! Calls of actions.

use motherduck_provider::proto::tfplugin6 as proto;
use proto::invoke_action::event;
use proto::{invoke_action, plan_action, validate_action_config};
use serde_json::Value as Json;

use super::{Block, Diagnostics, Session};
use crate::support::plugin_client::in_time;

/// The progress events and the completion of an action.
#[derive(Debug)]
pub(crate) struct InvokeResult {
    pub(crate) progress: Vec<String>,
    pub(crate) diagnostics: Diagnostics,
}

impl Session {
    /// Returns the schema of an action.
    pub(crate) async fn action(&self, action_type: &str) -> Block {
        let schemas = self.schemas().await;
        let schema = schemas.action_schemas[action_type].schema.as_ref();
        Block::of_schema(schema.expect("an action without a schema crashes core"))
    }

    pub(crate) async fn validate_action(&self, action_type: &str, config: &Json) -> Diagnostics {
        let request = validate_action_config::Request {
            type_name: action_type.into(),
            config: Some(self.action(action_type).await.encode(config)),
        };
        let response = in_time("validation", self.client().validate_action_config(request)).await;
        Diagnostics::read(&response.expect("a response").into_inner().diagnostics)
    }

    /// Plans an action and returns the diagnostics.
    pub(crate) async fn plan_action(&self, action_type: &str, config: &Json) -> Diagnostics {
        let request = plan_action::Request {
            action_type: action_type.into(),
            config: Some(self.action(action_type).await.encode(config)),
            client_capabilities: None,
        };
        let response = in_time("a plan", self.client().plan_action(request)).await;
        let response = response.expect("a response").into_inner();
        assert_eq!(response.deferred, None, "the client does not support deferral");
        Diagnostics::read(&response.diagnostics)
    }

    /// Returns the request that invokes an action.
    pub(crate) async fn invocation(&self, action_type: &str, config: &Json) -> invoke_action::Request {
        invoke_action::Request {
            action_type: action_type.into(),
            config: Some(self.action(action_type).await.encode(config)),
            ..Default::default()
        }
    }

    /// Invokes an action and reads its events. The completion event must come once and last.
    pub(crate) async fn invoke(&self, action_type: &str, config: &Json) -> InvokeResult {
        let request = self.invocation(action_type, config).await;
        let mut client = self.client();
        let listening = async {
            let mut events = client
                .invoke_action(request)
                .await
                .expect("a stream")
                .into_inner();
            let (mut progress, mut ends) = (Vec::new(), Vec::new());
            while let Some(event) = events.message().await.expect("no broken stream") {
                match event.r#type.expect("an event without a kind crashes core") {
                    event::Type::Progress(event) => {
                        assert!(ends.is_empty(), "progress after the end: {event:?}");
                        progress.push(event.message);
                    }
                    event::Type::Completed(end) => ends.push(end),
                }
            }
            let [end] = ends.try_into().expect("core waits for one end");
            InvokeResult {
                progress,
                diagnostics: Diagnostics::read(&end.diagnostics),
            }
        };
        in_time("an action", listening).await
    }
}
