//! The RPCs in flight, and how they are stopped.

use std::sync::Arc;

use tonic::Status;
use tonic::codegen::BoxFuture;

use super::super::call::RpcCall;
use super::super::diagnostics::Diagnostics;
use super::catch::run;
use super::message::AnyMessage;
use super::weak_list::WeakList;

/// The calls in flight of one instance.
#[derive(Default)]
pub(super) struct Calls(WeakList<RpcCall>);

impl Calls {
    /// Registers a call, which ends when it is dropped.
    pub(super) fn begin(&self) -> Arc<RpcCall> {
        self.0.add(RpcCall::default())
    }

    /// Stops the calls in flight. Calls that begin later are not affected.
    pub(super) fn stop(&self) {
        for call in self.0.all() {
            call.interrupted.cancel();
            call.stop.fire();
        }
    }

    /// Ends the progress events of the calls in flight.
    pub(super) fn end_progress_events(&self) {
        for call in self.0.all() {
            call.interrupted.cancel();
        }
    }

    /// Logs the objects that the calls in flight create, because the process ends before the calls do.
    pub(super) fn log_creations(&self) {
        for object in self.0.all().iter().filter_map(|call| call.creates()) {
            tracing::error!(
                object,
                "the process ends while this is created: it may exist and be in no state"
            );
        }
    }
}

/// Runs a call in its own task. Its messages have no static types, so that this is compiled once.
/// `from_diagnostics` creates a response with only these diagnostics.
pub(super) async fn run_in_task(
    name: &'static str,
    type_name: String,
    call: Arc<RpcCall>,
    work: BoxFuture<AnyMessage, Diagnostics>,
    from_diagnostics: fn(Diagnostics) -> AnyMessage,
) -> Result<AnyMessage, Status> {
    let _stop = call.stop_when_dropped();
    let task = tokio::spawn(async move {
        let result = call.run(run(name, &type_name, work)).await;
        result.unwrap_or_else(from_diagnostics)
    });
    task.await
        .map_err(|error| Status::internal(format!("{name} ended early: {error}")))
}
