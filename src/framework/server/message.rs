//! Messages of RPCs without their static types.

use std::any::Any;
use std::future::ready;

use futures_util::StreamExt as _;
use tonic::codec::EncodeBuf;
use tonic::codegen::{BoxFuture, BoxStream, Bytes};
use tonic::{Request, Status, Streaming};

use super::ProviderService;

pub(super) trait Message: Any + Send {
    fn encode(&self, buffer: &mut EncodeBuf<'_>) -> Result<(), prost::EncodeError>;
}

impl<M: prost::Message + Any> Message for M {
    fn encode(&self, buffer: &mut EncodeBuf<'_>) -> Result<(), prost::EncodeError> {
        prost::Message::encode(self, buffer)
    }
}

pub(super) type AnyMessage = Box<dyn Message>;

pub(super) type ResponseFuture = BoxFuture<AnyMessage, Status>;

/// The handler of an RPC, by the kind of the RPC.
pub(super) enum Rpc {
    Unary(Unary),
    ServerStreaming(ServerStreaming),
    ClientStreaming(ClientStreaming),
}

pub(super) fn ready_response(response: Result<AnyMessage, Status>) -> ResponseFuture {
    Box::pin(ready(response))
}

/// Erases the type of the messages of a stream.
pub(super) fn erase_messages<M: Message>(messages: BoxStream<M>) -> BoxStream<AnyMessage> {
    Box::pin(messages.map(|message| message.map(|message| Box::new(message) as AnyMessage)))
}

pub(super) fn decode<M: prost::Message + Default>(message: Bytes) -> Result<M, Status> {
    M::decode(message).map_err(|error| Status::internal(error.to_string()))
}

/// An RPC with one request message and one response message.
pub(super) struct Unary(pub(super) fn(&ProviderService, Request<Bytes>) -> Result<ResponseFuture, Status>);

/// An RPC with one request message and a stream of response messages.
pub(super) struct ServerStreaming(
    pub(super) fn(&ProviderService, Request<Bytes>) -> Result<BoxStream<AnyMessage>, Status>,
);

/// An RPC with a stream of request messages and one response message.
pub(super) struct ClientStreaming(pub(super) fn(Request<Streaming<Bytes>>) -> ResponseFuture);
