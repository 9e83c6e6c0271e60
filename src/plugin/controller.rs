//! go-plugin's controller, with which the host ends the process.

use futures_util::future::{BoxFuture, Shared};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::debug;

use crate::proto::plugin::Empty;
use crate::proto::plugin::grpc_controller_server::GrpcController;

/// The work before the process ends. It runs once, however many callers wait for it.
pub(super) type Farewell = Shared<BoxFuture<'static, ()>>;

/// Runs the farewell, then fires the shutdown signal. The response is still sent, because a stopping server
/// finishes the calls that have begun.
///
/// The farewell precedes the response because the host waits for the response without a limit, and kills the
/// process two seconds after it.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) farewell: Farewell,
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        debug!("the host asks to shut down");
        let (farewell, shutdown) = (self.farewell.clone(), self.shutdown.clone());
        // The farewell runs in a task, so that it continues if the host does not wait for the response.
        let stopped = tokio::spawn(async move {
            // The shutdown signal is fired even if the farewell panics.
            let _stop = shutdown.drop_guard();
            farewell.await;
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

    /// Returns a controller whose farewell lasts until the test ends it.
    fn controller() -> (Controller, oneshot::Sender<()>) {
        let (end, ended) = oneshot::channel();
        let farewell = async { ended.await.expect("the test triggers it") };
        let controller = Controller {
            farewell: farewell.boxed().shared(),
            shutdown: CancellationToken::new(),
        };
        (controller, end)
    }

    #[tokio::test]
    async fn shutdown_responds_and_begins_after_the_farewell() {
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
    async fn a_host_that_does_not_wait_for_the_response_ends_the_process_too() {
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
