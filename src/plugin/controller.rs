//! go-plugin's controller, with which the host ends the process.

use futures_util::future::{BoxFuture, Shared};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::debug;

use crate::proto::plugin::Empty;
use crate::proto::plugin::grpc_controller_server::GrpcController;

/// The work before the process ends. It runs once, however many callers wait for it.
pub(super) type BeforeEnd = Shared<BoxFuture<'static, ()>>;

/// Waits for `before_end`, then fires the shutdown signal. The response is still sent, because a stopping server
/// finishes the calls that have begun.
///
/// `before_end` runs before the response, because the host waits for the response without a limit, and kills the
/// process two seconds after it.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) before_end: BeforeEnd,
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        debug!("the host requests the shutdown");
        let (before_end, shutdown) = (self.before_end.clone(), self.shutdown.clone());
        // `before_end` runs in a task, so that it continues if the host does not wait for the response.
        let stopped = tokio::spawn(async move {
            // The shutdown signal is fired even if `before_end` panics.
            let _stop = shutdown.drop_guard();
            before_end.await;
        });
        let _ = stopped.await;
        Ok(Response::new(Empty {}))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    /// Returns a controller whose `before_end` lasts until the test ends it.
    fn controller() -> (Controller, oneshot::Sender<()>) {
        let (end, ended) = oneshot::channel();
        let before_end = async { ended.await.expect("the test triggers it") };
        let controller = Controller {
            before_end: before_end.boxed().shared(),
            shutdown: CancellationToken::new(),
        };
        (controller, end)
    }

    #[tokio::test]
    async fn shutdown_returns_after_before_end() {
        let (controller, end) = controller();
        let mut call = controller.shutdown(Request::new(Empty {}));
        assert!(futures_util::poll!(&mut call).is_pending());
        tokio::task::yield_now().await;
        assert!(futures_util::poll!(&mut call).is_pending());
        assert!(!controller.shutdown.is_cancelled());
        end.send(()).unwrap();
        call.await.unwrap();
        assert!(controller.shutdown.is_cancelled());
    }

    #[tokio::test]
    async fn cancelled_shutdown_call_still_ends_the_process() {
        let (controller, end) = controller();
        {
            let mut call = controller.shutdown(Request::new(Empty {}));
            assert!(futures_util::poll!(&mut call).is_pending());
        }
        end.send(()).unwrap();
        controller.shutdown.cancelled().await;
        // A second call returns at once.
        controller.shutdown(Request::new(Empty {})).await.unwrap();
    }
}
