//! Instances of the provider: each peer has one with its own state.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::Status;

use super::super::call::RpcCall;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::provider::Provider;
use super::super::registry::{Registered, Registry};
use super::super::value::Value;
use super::calls::run_in_task;
use super::catch::WithDiagnostics;
use super::delivery::{GuardSlot, store_guard};
use super::message::{AnyMessage, Message, ResponseFuture};
use super::open_resources::{OpenEntry, OpenEphemeralResources, describe};
use super::rpc::RpcRequest;
use super::undelivered::ResponseGuard;
use super::undo::Tasks;
use crate::lock::lock;
use crate::peer::Peer;

/// A provider whose configuration is untyped.
pub(super) type AnyProvider = dyn Provider<Model = Value>;

/// The provider of one peer: its configuration, its memory, and the calls in flight.
pub(super) struct Instance {
    pub(super) provider: Registered<AnyProvider>,
    /// Set while the provider configuration has unknown values that the API needs.
    pub(super) is_deferred: AtomicBool,
    registry: OnceLock<Registry>,
    pub(super) open_resources: OpenEphemeralResources,
    pub(super) tasks: Arc<Tasks>,
    write_gate: Arc<WriteGate>,
}

impl Instance {
    fn new(provider: Registered<AnyProvider>, write_gate: Arc<WriteGate>) -> Self {
        Instance {
            provider,
            is_deferred: AtomicBool::new(false),
            registry: OnceLock::new(),
            open_resources: OpenEphemeralResources::default(),
            tasks: Arc::default(),
            write_gate,
        }
    }

    /// Returns everything that the provider registers, with schemas. It is created by the first call that
    /// needs it.
    pub(super) fn registry(&self) -> &Registry {
        self.registry.get_or_init(|| {
            let mut registry = Registry::default();
            self.provider.block.register(&mut registry);
            registry
        })
    }

    /// Returns a permit for a write, or an error if the process is ending. The end of the process waits until
    /// the permit is dropped.
    pub(super) fn permit_write(&self) -> Result<TaskTrackerToken, Diagnostics> {
        let ending = lock(&self.write_gate.0);
        if *ending {
            return Err(Diagnostic::error(
                "The provider is ending",
                "The process of the provider was asked to end, by a signal or by the program that started it, \
                 and begins no more changes. Nothing was sent for this one. Run the command again.",
            )
            .into());
        }
        Ok(self.tasks.tracker.token())
    }

    /// Runs a call that writes, in its own task, so cancelling the RPC does not cancel the work. `write` returns the
    /// response with its guard.
    pub(super) async fn write<A, F>(
        &self,
        rpc: &'static str,
        slot: Option<GuardSlot>,
        write: impl FnOnce(Arc<RpcCall>) -> F,
    ) -> Result<A, Status>
    where
        A: WithDiagnostics + Send + 'static,
        F: Future<Output = (A, ResponseGuard)> + Send + 'static,
    {
        let permit = match self.permit_write() {
            Ok(permit) => permit,
            Err(refused) => return Ok(A::from_diagnostics(refused)),
        };
        let call = self.tasks.calls.begin();
        let _stop = call.stop_when_dropped();
        let written = write(call);
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(async move {
            // If the receiver was dropped, this drops the guard.
            drop(sender.send(written.await));
            drop(permit);
        });
        match receiver.await {
            Ok((response, guard)) => Ok(store_guard(response, guard, slot)),
            Err(_) => Err(Status::internal(format!("{rpc} ended early"))),
        }
    }

    /// Runs a call that writes nothing, in its own task. The call is stopped when its caller cancels it.
    pub(super) fn serve<R, A, C>(
        self: Arc<Self>,
        request: R,
        call: impl FnOnce(Arc<Self>, R) -> C,
    ) -> ResponseFuture
    where
        R: RpcRequest,
        A: WithDiagnostics + Message,
        C: Future<Output = Result<A, Diagnostics>> + Send + 'static,
    {
        let type_name = request.type_name().to_owned();
        let call_in_flight = self.tasks.calls.begin();
        let work = call(self, request);
        // The future of a call is large. Boxing avoids copies of it in each of the outer futures.
        let work = Box::pin(async move { work.await.map(|response| Box::new(response) as AnyMessage) });
        Box::pin(run_in_task(
            R::NAME,
            type_name,
            call_in_flight,
            work,
            |diagnostics| Box::new(A::from_diagnostics(diagnostics)),
        ))
    }

    /// Closes the open ephemeral resources. A resource that is still being opened is closed as soon as it is open,
    /// without delaying the others. Returns when no resource is open and all writes have ended.
    pub(super) async fn finish(self: &Arc<Self>) {
        self.tasks.tracker.close();
        loop {
            // This token prevents another task that runs `finish` from returning in the meantime.
            let closing = self.tasks.tracker.token();
            for OpenEntry { type_name, private } in self.open_resources.take_all() {
                tracing::debug!(tf_resource_type = type_name, "closing what the caller left open");
                let object = describe(&type_name, &private);
                self.tasks.undo(
                    &Handle::current(),
                    self.tasks.unfinished.add(object),
                    Arc::clone(self).close_abandoned(type_name, private),
                );
            }
            drop(closing);
            tokio::select! {
                () = self.open_resources.added() => {}
                () = self.tasks.tracker.wait() => {
                    // The last task may have added an entry.
                    if self.open_resources.is_empty() && self.tasks.tracker.is_empty() {
                        break;
                    }
                }
            }
        }
        self.provider.block.finish().await;
    }
}

/// Whether the process is ending.
#[derive(Debug, Default)]
pub(super) struct WriteGate(Mutex<bool>);

impl WriteGate {
    /// Refuses writes from now on.
    pub(super) fn close(&self) {
        *lock(&self.0) = true;
    }
}

/// The instances of one process.
pub(super) struct Instances {
    create: Box<dyn Fn() -> Registered<AnyProvider> + Send + Sync>,
    pub(super) write_gate: Arc<WriteGate>,
    by_peer: Mutex<HashMap<u64, Arc<Instance>>>,
}

impl Instances {
    pub(super) fn new(create: Box<dyn Fn() -> Registered<AnyProvider> + Send + Sync>) -> Self {
        Instances {
            create,
            write_gate: Arc::default(),
            by_peer: Mutex::default(),
        }
    }

    /// Returns the instance of a peer, which is created by its first call. After the peer
    /// has disconnected, the instance closes what the peer left open, with the peer's configuration, and ends.
    pub(super) fn for_peer(self: &Arc<Self>, peer: &Peer) -> Arc<Instance> {
        let mut by_peer = lock(&self.by_peer);
        if let Some(instance) = by_peer.get(&peer.id()) {
            return Arc::clone(instance);
        }
        let instance = Arc::new(Instance::new((self.create)(), Arc::clone(&self.write_gate)));
        by_peer.insert(peer.id(), Arc::clone(&instance));
        let (instances, peer) = (Arc::downgrade(self), peer.clone());
        tokio::spawn(async move {
            peer.disconnected().await;
            let Some(instances) = instances.upgrade() else {
                return;
            };
            let instance = lock(&instances.by_peer).get(&peer.id()).cloned();
            if let Some(instance) = instance {
                instance.finish().await;
                lock(&instances.by_peer).remove(&peer.id());
            }
        });
        instance
    }

    pub(super) fn all(&self) -> Vec<Arc<Instance>> {
        lock(&self.by_peer).values().cloned().collect()
    }
}
