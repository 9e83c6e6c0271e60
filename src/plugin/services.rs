//! The gRPC services of the process.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{self, HealthServer};
use tonic_health::server::{HealthReporter, HealthService};

use super::controller::{BeforeEnd, Controller};
use super::streams::UnusedStreams;
use crate::proto::plugin::grpc_broker_server::{self, GrpcBrokerServer};
use crate::proto::plugin::grpc_controller_server::{self, GrpcControllerServer};
use crate::proto::plugin::grpc_stdio_server::{self, GrpcStdioServer};

/// The service name in the host's health checks.
const HEALTH_SERVICE: &str = "plugin";

type ResponseFuture = BoxFuture<http::Response<Body>, Infallible>;

/// A gRPC service of any type.
#[derive(Clone)]
pub struct GrpcService {
    name: &'static str,
    handle: Arc<dyn Fn(http::Request<Body>) -> ResponseFuture + Send + Sync>,
}

impl GrpcService {
    /// Erases the type of a service.
    pub fn new<S>(service: S) -> Self
    where
        S: Service<http::Request<Body>, Error = Infallible, Future = ResponseFuture>,
        S: NamedService + Clone + Send + Sync + 'static,
    {
        GrpcService {
            name: S::NAME,
            handle: Arc::new(move |request| service.clone().call(request)),
        }
    }
}

/// The service of this kind of plugin, and those of every go-plugin process. The first part of the path selects one.
#[derive(Clone)]
pub(super) struct Services {
    own: GrpcService,
    health: HealthServer<HealthService>,
    controller: GrpcControllerServer<Controller>,
    stdio: GrpcStdioServer<UnusedStreams>,
    broker: GrpcBrokerServer<UnusedStreams>,
}

impl Services {
    pub(super) async fn new(own: GrpcService, shutdown: CancellationToken, before_end: BeforeEnd) -> Self {
        let reporter = HealthReporter::new();
        reporter
            .set_service_status(HEALTH_SERVICE, ServingStatus::Serving)
            .await;
        let streams = UnusedStreams {
            shutdown: shutdown.clone(),
        };
        Services {
            own,
            health: HealthServer::new(HealthService::from_health_reporter(reporter)),
            controller: GrpcControllerServer::new(Controller { before_end, shutdown }),
            stdio: GrpcStdioServer::new(streams.clone()),
            broker: GrpcBrokerServer::new(streams),
        }
    }
}

impl Service<http::Request<Body>> for Services {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match request.uri().path().split('/').nth(1).unwrap_or_default() {
            name if name == self.own.name => (self.own.handle)(request),
            grpc_controller_server::SERVICE_NAME => self.controller.call(request),
            grpc_stdio_server::SERVICE_NAME => self.stdio.call(request),
            grpc_broker_server::SERVICE_NAME => self.broker.call(request),
            health_server::SERVICE_NAME => self.health.call(request),
            _ => Box::pin(async { Ok(Status::unimplemented("there is no such service").into_http()) }),
        }
    }
}
