//! The gRPC service. It selects the RPC by the path of the request and transfers messages as bytes.
//!
//! The code that the gRPC library generates would be compiled once for each RPC and make the program larger.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use futures_util::future::Map;
use prost::bytes::Buf as _;
use tonic::body::Body;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::{BoxFuture, BoxStream, Bytes, Service, http};
use tonic::server::{ClientStreamingService, Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::{Request, Response, Status, Streaming};

use super::ProviderService;
use super::message::{
    AnyMessage, ClientStreaming, Message, ResponseFuture, Rpc, ServerStreaming, Unary, ready_response,
};
use crate::proto::tfplugin6::provider_server::SERVICE_NAME;

/// The RPCs of the provider service as an HTTP service.
#[derive(Clone)]
pub struct Dispatch {
    service: ProviderService,
    message_limit: usize,
}

impl Dispatch {
    pub(super) fn new(service: ProviderService, message_limit: usize) -> Self {
        Dispatch {
            service,
            message_limit,
        }
    }
}

impl NamedService for Dispatch {
    const NAME: &'static str = SERVICE_NAME;
}

impl Service<http::Request<Body>> for Dispatch {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.service.clone();
        let mut grpc = Grpc::new(BytesCodec)
            .max_decoding_message_size(self.message_limit)
            .max_encoding_message_size(self.message_limit);
        let path = request.uri().path().strip_prefix('/');
        let method = path.and_then(|path| path.strip_prefix(SERVICE_NAME)?.strip_prefix('/'));
        let rpc = method.and_then(super::service::rpc);
        Box::pin(async move {
            Ok(match rpc {
                Some(Rpc::Unary(rpc)) => grpc.unary(Handler { service, rpc }, request).await,
                Some(Rpc::ServerStreaming(rpc)) => {
                    grpc.server_streaming(Handler { service, rpc }, request).await
                }
                Some(Rpc::ClientStreaming(rpc)) => grpc.client_streaming(rpc, request).await,
                None => Status::unimplemented("there is no such RPC").into_http(),
            })
        })
    }
}

/// Creates a response from its message.
type Wrap = fn(Result<AnyMessage, Status>) -> Result<Response<AnyMessage>, Status>;

/// The handler of one call.
struct Handler<R> {
    service: ProviderService,
    rpc: R,
}

impl UnaryService<Bytes> for Handler<Unary> {
    type Response = AnyMessage;
    type Future = Map<ResponseFuture, Wrap>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let response = (self.rpc.0)(&self.service, request);
        let response = response.unwrap_or_else(|status| ready_response(Err(status)));
        response.map(|response| response.map(Response::new))
    }
}

impl ServerStreamingService<Bytes> for Handler<ServerStreaming> {
    type Response = AnyMessage;
    type ResponseStream = BoxStream<AnyMessage>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready((self.rpc.0)(&self.service, request).map(Response::new))
    }
}

impl ClientStreamingService<Bytes> for ClientStreaming {
    type Response = AnyMessage;
    type Future = Map<ResponseFuture, Wrap>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        (self.0)(request).map(|response| response.map(Response::new))
    }
}

/// Decodes requests to their bytes and encodes responses of any type.
struct BytesCodec;

/// The initial size of buffers, in bytes. Most messages of a plan are smaller.
const BUFFER: usize = 2 << 10;
/// The number of bytes after which the messages of a stream are written.
const BATCH: usize = 32 << 10;

impl Codec for BytesCodec {
    type Encode = AnyMessage;
    type Decode = Bytes;
    type Encoder = BytesCodec;
    type Decoder = BytesCodec;

    fn encoder(&mut self) -> BytesCodec {
        BytesCodec
    }

    fn decoder(&mut self) -> BytesCodec {
        BytesCodec
    }
}

impl Encoder for BytesCodec {
    type Item = AnyMessage;
    type Error = Status;

    fn encode(&mut self, message: AnyMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        Message::encode(&*message, buffer).map_err(|error| Status::internal(error.to_string()))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER, BATCH)
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(length)))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER, BATCH)
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::super::service::rpc;
    use super::Rpc;
    use crate::proto::FILE_DESCRIPTOR_SET;

    #[test]
    fn every_rpc_of_the_protocol_has_a_row_with_its_kind() {
        let set = FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap();
        let provider = set.file.iter().flat_map(|file| &file.service);
        let provider: Vec<_> = provider.filter(|service| service.name() == "Provider").collect();
        let [provider] = provider[..] else {
            panic!("one service has this name: {provider:?}")
        };
        assert!(provider.method.len() > 20);
        for method in &provider.method {
            let streams = match rpc(method.name()) {
                Some(Rpc::Unary(_)) => (false, false),
                Some(Rpc::ServerStreaming(_)) => (false, true),
                Some(Rpc::ClientStreaming(_)) => (true, false),
                None => panic!("{} is missing", method.name()),
            };
            let expected = (method.client_streaming(), method.server_streaming());
            assert_eq!(streams, expected, "{}", method.name());
        }
        assert!(rpc("ReadResources").is_none());
    }
}
