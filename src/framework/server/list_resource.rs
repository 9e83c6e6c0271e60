//! `ListResource`: what exists, as a stream.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::BoxStream;

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::list_resource::{Finding, Findings, ListRequest};
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use super::lookup::Served;
use crate::panics;
use crate::proto::tfplugin6::list_resource::{Event, Request};

impl Shared {
    /// Lists in a task of its own. It goes no faster than the listener reads, and ends when that one leaves.
    pub(super) fn list(self: Arc<Self>, request: Request) -> BoxStream<Event> {
        let (listener, findings) = mpsc::channel(1);
        let (type_name, whole) = (request.type_name.clone(), request.include_resource_object);
        let shared = Arc::clone(&self);
        let listing = tokio::spawn(async move {
            let left = listener.clone();
            tokio::select! {
                () = left.closed() => Ok(()),
                listed = panics::catch(shared.find(request, listener)) => listed.unwrap_or_else(|panic| {
                    Err(Diagnostic::bug(format!("ListResource panicked: {panic}")).into())
                }),
            }
        });
        let events = ReceiverStream::new(findings).map(move |finding| {
            let found = self
                .resource(&type_name)
                .and_then(|served| event(served, finding, whole));
            Ok(found.unwrap_or_else(refusal))
        });
        let end = stream::once(listing).filter_map(async |listed| match listed {
            Ok(Ok(())) => None,
            Ok(Err(diagnostics)) => Some(Ok(refusal(diagnostics))),
            Err(error) => Some(Ok(refusal(
                Diagnostic::bug(format!("ListResource ended early: {error}")).into(),
            ))),
        });
        Box::pin(events.chain(end))
    }

    async fn find(
        &self,
        request: Request,
        listener: mpsc::Sender<Finding<Value>>,
    ) -> Result<(), Diagnostics> {
        let source = self.list_resource(&request.type_name)?;
        let of = source.schema.object_type();
        let config = Value::Object(wire::members(wire::decode(request.config.as_ref(), &of)?)?);
        let limit = usize::try_from(request.limit).map_err(|_| {
            Diagnostic::error(
                "Invalid limit",
                format!("`limit` must not be negative, as {} is.", request.limit),
            )
        })?;
        let mut found = Findings::new(listener, limit);
        if found.is_full() {
            return Ok(());
        }
        let request = ListRequest {
            config,
            include_object: request.include_resource_object,
        };
        source.kind.list(request, &mut found).await
    }
}

/// The event that tells of an object.
fn event(served: &Served, finding: Finding<Value>, whole: bool) -> Result<Event, Diagnostics> {
    let resource_object = if whole {
        Some(wire::encode(&finding.state, &served.schema.object_type())?)
    } else {
        None
    };
    Ok(Event {
        identity: served.identify(&finding.state)?,
        display_name: finding.display_name,
        resource_object,
        diagnostic: wire::diagnostics(finding.warnings),
    })
}

/// The event that ends a listing with errors.
fn refusal(diagnostics: Diagnostics) -> Event {
    Event {
        diagnostic: wire::diagnostics(diagnostics),
        ..Default::default()
    }
}
