//! go-plugin's broker, over which the two sides agree on further connections. A provider needs none.

use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::plugin::ConnInfo;
use crate::proto::plugin::grpc_broker_server::GrpcBroker;

/// Keeps the host's stream open until either side ends it.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcBroker for Broker {
    type StartStreamStream = BoxStream<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        let mut offers = request.into_inner();
        let shutdown = self.shutdown.clone();
        let ended = async move {
            // Offers of connections are read and ignored.
            let drained = async { while let Ok(Some(_)) = offers.message().await {} };
            shutdown.run_until_cancelled(drained).await;
        };
        Ok(Response::new(Box::pin(
            stream::pending().take_until(Box::pin(ended)),
        )))
    }
}
