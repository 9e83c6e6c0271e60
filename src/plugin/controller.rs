//! go-plugin's controller: the host's way to end the process.

use futures_util::future::{BoxFuture, Shared};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::debug;

use crate::proto::plugin::Empty;
use crate::proto::plugin::grpc_controller_server::GrpcController;

/// What remains to be done before the process ends: run once, however many wait for it.
pub(super) type Farewell = Shared<BoxFuture<'static, ()>>;

/// Runs the farewell, then ends everything that waits for the shutdown signal. The answer still goes out, for
/// a stopping server finishes the calls it has begun.
///
/// The farewell comes before the answer because the host waits for that without a deadline, and kills the
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
        // In a task of its own: a host that does not wait for the answer has asked nonetheless.
        let stopped = tokio::spawn(async move {
            // However the farewell ends.
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

    /// A controller whose farewell lasts until it is told to end.
    fn controller() -> (Controller, oneshot::Sender<()>) {
        let (end, ended) = oneshot::channel();
        let farewell = async { ended.await.expect("the test says when") };
        let controller = Controller {
            farewell: farewell.boxed().shared(),
            shutdown: CancellationToken::new(),
        };
        (controller, end)
    }

    #[tokio::test]
    async fn shutdown_is_answered_and_begins_when_the_farewell_is_over() {
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
    async fn a_host_that_does_not_wait_for_the_answer_ends_the_process_too() {
        let (controller, end) = controller();
        {
            let mut call = controller.shutdown(Request::new(Empty {}));
            assert!(futures_util::poll!(&mut call).is_pending());
        }
        end.send(()).unwrap();
        controller.shutdown.cancelled().await;
        // Whoever asks again finds it done.
        controller.shutdown(Request::new(Empty {})).await.unwrap();
    }
}
