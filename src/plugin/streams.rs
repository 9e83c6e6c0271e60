//! go-plugin's streams that this plugin does not use: the standard streams, because logs are written to the real
//! standard error, which the host reads too, and the broker, over which the two sides agree on further
//! connections.

use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::plugin::grpc_broker_server::GrpcBroker;
use crate::proto::plugin::grpc_stdio_server::GrpcStdio;
use crate::proto::plugin::{ConnInfo, StdioData};

/// Sends nothing on the host's streams and ends them at the shutdown. A stream that stays open longer would delay
/// the end of the server.
#[derive(Debug, Clone)]
pub(super) struct UnusedStreams {
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcStdio for UnusedStreams {
    type StreamStdioStream = BoxStream<StdioData>;

    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        let no_output = stream::pending().take_until(self.shutdown.clone().cancelled_owned());
        Ok(Response::new(Box::pin(no_output)))
    }
}

#[tonic::async_trait]
impl GrpcBroker for UnusedStreams {
    type StartStreamStream = BoxStream<ConnInfo>;

    /// The stream also ends when the host ends its side. Its offers of connections are read and ignored.
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        let mut offers = request.into_inner();
        let shutdown = self.shutdown.clone();
        let ended = async move {
            let read_all = async { while let Ok(Some(_)) = offers.message().await {} };
            shutdown.run_until_cancelled(read_all).await;
        };
        let no_offers = stream::pending().take_until(Box::pin(ended));
        Ok(Response::new(Box::pin(no_offers)))
    }
}
