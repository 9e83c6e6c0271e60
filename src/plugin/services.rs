//! The gRPC services of the process.

use std::convert::Infallible;
use std::task::{Context, Poll};

use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::{HealthReporter, HealthService};

use super::broker::Broker;
use super::controller::{BeforeEnd, Controller};
use super::stdio::Stdio;
use crate::proto::plugin::grpc_broker_server::GrpcBrokerServer;
use crate::proto::plugin::grpc_controller_server::GrpcControllerServer;
use crate::proto::plugin::grpc_stdio_server::GrpcStdioServer;

/// The service name in the host's health checks.
const HEALTH_SERVICE: &str = "plugin";

/// A gRPC service.
pub trait GrpcService:
    Service<
        http::Request<Body>,
        Response = http::Response<Body>,
        Error = Infallible,
        Future = BoxFuture<http::Response<Body>, Infallible>,
    > + NamedService
    + Clone
    + Send
    + 'static
{
}

impl<S> GrpcService for S where
    S: Service<
            http::Request<Body>,
            Response = http::Response<Body>,
            Error = Infallible,
            Future = BoxFuture<http::Response<Body>, Infallible>,
        > + NamedService
        + Clone
        + Send
        + 'static
{
}

/// The service of this kind of plugin, and those of every go-plugin process. The first part of the path selects one.
#[derive(Clone)]
pub(super) struct Services<S> {
    own: S,
    health: HealthServer<HealthService>,
    controller: GrpcControllerServer<Controller>,
    stdio: GrpcStdioServer<Stdio>,
    broker: GrpcBrokerServer<Broker>,
}

impl<S> Services<S> {
    pub(super) async fn new(own: S, shutdown: &CancellationToken, before_end: &BeforeEnd) -> Self {
        let reporter = HealthReporter::new();
        reporter
            .set_service_status(HEALTH_SERVICE, ServingStatus::Serving)
            .await;
        Services {
            own,
            health: HealthServer::new(HealthService::from_health_reporter(reporter)),
            controller: GrpcControllerServer::new(Controller {
                before_end: before_end.clone(),
                shutdown: shutdown.clone(),
            }),
            stdio: GrpcStdioServer::new(Stdio {
                shutdown: shutdown.clone(),
            }),
            broker: GrpcBrokerServer::new(Broker {
                shutdown: shutdown.clone(),
            }),
        }
    }
}

impl<S: GrpcService> Service<http::Request<Body>> for Services<S> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<http::Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let name = request.uri().path().split('/').nth(1).unwrap_or_default();
        if name == S::NAME {
            self.own.call(request)
        } else if name == name_of(&self.controller) {
            self.controller.call(request)
        } else if name == name_of(&self.stdio) {
            self.stdio.call(request)
        } else if name == name_of(&self.broker) {
            self.broker.call(request)
        } else if name == name_of(&self.health) {
            self.health.call(request)
        } else {
            Box::pin(async { Ok(Status::unimplemented("there is no such service").into_http()) })
        }
    }
}

fn name_of<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}
