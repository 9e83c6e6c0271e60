//! `ListResource`: existing objects as a stream.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::list_resource::{Check, ListRequest, ListResult, ListResults, Report};
use super::super::registry::RegisteredResource;
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use super::catch::run;
use super::rpc::RpcRequest as _;
use crate::proto::tfplugin6::list_resource::{Event, Request};

impl Instance {
    /// Lists in its own task. The task waits for the receiver and ends when the receiver is dropped.
    pub(super) fn list_resource(self: Arc<Self>, request: Request) -> BoxStream<Event> {
        let (sender, reports) = mpsc::channel(1);
        let (type_name, whole) = (request.type_name.clone(), request.include_resource_object);
        let instance = Arc::clone(&self);
        let call = self.tasks.calls.begin();
        let listing = tokio::spawn(async move {
            let (receiver, type_name) = (sender.clone(), request.type_name.clone());
            tokio::select! {
                () = receiver.closed() => Ok(()),
                listed = call.run(run(Request::NAME, &type_name, instance.run_list(request, sender))) => listed,
            }
        });
        let events = ReceiverStream::new(reports).map(move |report| {
            let event = match report {
                Report::Object(result) => self
                    .registry()
                    .resources
                    .find(&type_name)
                    .and_then(|resource| object_event(resource, result, whole)),
                Report::Skipped(warnings) => Ok(event_without_object(warnings)),
            };
            Ok(event.unwrap_or_else(event_without_object))
        });
        let end = stream::once(listing).filter_map(async |listed| match listed {
            Ok(Ok(())) => None,
            Ok(Err(diagnostics)) => Some(Ok(event_without_object(diagnostics))),
            Err(error) => Some(Ok(event_without_object(
                Diagnostic::bug(format!("{} ended early: {error}", Request::NAME)).into(),
            ))),
        });
        Box::pin(events.chain(end))
    }

    async fn run_list(
        self: Arc<Self>,
        request: Request,
        sender: mpsc::Sender<Report>,
    ) -> Result<(), Diagnostics> {
        let source = self.registry().list_resources.find(&request.type_name)?;
        let config = Value::Object(source.valid_config(request.config.as_ref())?);
        if !config.is_wholly_known() {
            return Err(Diagnostic::error(
                "The `config` block is not known yet",
                "It refers to a value that is known only after apply, and a query applies nothing. Write the \
                 value itself.",
            )
            .into());
        }
        let limit = usize::try_from(request.limit).map_err(|_| {
            Diagnostic::error(
                "Invalid limit",
                format!("`limit` must be 0 or more, not {}.", request.limit),
            )
        })?;
        if limit == 0 {
            return Ok(());
        }
        let whole = request.include_resource_object;
        let mut found = ListResults::new(sender, limit, self.configuration_check(request.type_name, whole));
        let request = ListRequest {
            config,
            include_object: whole,
        };
        source.block.list(request, &mut found).await
    }

    /// Returns the check that a configuration can be generated for an object; others are not listed.
    fn configuration_check(self: &Arc<Self>, type_name: String, whole: bool) -> Check {
        let instance = Arc::clone(self);
        Box::new(move |state| {
            let resource = instance.registry().resources.find(&type_name);
            let errors = resource.and_then(|resource| resource.generation_errors(state, whole));
            errors.unwrap_or_else(|bug| bug)
        })
    }
}

fn object_event(
    resource: &RegisteredResource,
    result: ListResult<Value>,
    whole: bool,
) -> Result<Event, Diagnostics> {
    let resource_object = whole.then(|| resource.encode(&result.state)).transpose()?;
    Ok(Event {
        identity: resource.encode_identity(&result.state)?,
        display_name: replace_control_characters(&result.display_name),
        resource_object,
        diagnostic: wire::diagnostics(result.warnings),
    })
}

/// Makes an object's name safe for a terminal: characters that move the cursor or change the direction of
/// writing are replaced, so that no object can look like another.
fn replace_control_characters(name: &str) -> String {
    let is_direction_mark =
        |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = |c: char| {
        if c.is_control() || is_direction_mark(c) {
            char::REPLACEMENT_CHARACTER
        } else {
            c
        }
    };
    name.chars().map(shown).collect()
}

/// Returns an event without an object. After warnings core continues, and after an error the query ends.
fn event_without_object(diagnostics: Diagnostics) -> Event {
    Event {
        diagnostic: wire::diagnostics(diagnostics),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::replace_control_characters;

    #[test]
    fn control_characters_are_replaced() {
        let name = "a\u{1b}[2K\r\n\u{9b}b\u{202e}c\u{2066}d\u{200f}";
        assert_eq!(
            replace_control_characters(name),
            "a\u{fffd}[2K\u{fffd}\u{fffd}\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}"
        );
        for harmless in ["", "nightly load", "größe, 名前 🦆"] {
            assert_eq!(replace_control_characters(harmless), harmless);
        }
    }
}
