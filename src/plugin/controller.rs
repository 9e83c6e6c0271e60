//! go-plugin's controller: the host's way to end the process.

use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::debug;

use crate::proto::plugin::Empty;
use crate::proto::plugin::grpc_controller_server::GrpcController;

/// Ends everything that waits for the shutdown signal. The answer still goes out, for a stopping server
/// finishes the calls it has begun.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        debug!("the host asks to shut down");
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}
