//! Messages of calls of the test provider.

use tonic::Request;

use super::provider::created;
use crate::framework::server::{Dispatch, ProviderService, TrackDelivery};
use crate::framework::value::{Field, Type, Value};
use crate::framework::wire;
pub(crate) use crate::proto::tfplugin6 as proto;
use proto::provider_client::ProviderClient;

/// Returns a client that calls the service without a connection.
pub(crate) fn client(service: &ProviderService) -> ProviderClient<TrackDelivery<Dispatch>> {
    ProviderClient::new(service.grpc(1 << 20))
}

/// Returns an object with these attributes, which are all strings.
pub(crate) fn object_of_strings<const N: usize>(
    attributes: [(&'static str, Value); N],
) -> proto::DynamicValue {
    let ty = Type::object(attributes.each_ref().map(|(name, _)| (*name, Type::String)));
    let members = attributes.map(|(name, value)| (name.to_owned(), value));
    wire::encode(&Value::Object(members.into()), &ty).unwrap()
}

/// Returns an object of the test resource.
#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
pub(crate) fn object(name: &str, id: Value) -> Option<proto::DynamicValue> {
    Some(object_of_strings([("name", Value::string(name)), ("id", id)]))
}

/// Returns null for an object of the test resource.
#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
pub(crate) fn null_object() -> Option<proto::DynamicValue> {
    let ty = Type::object([("name", Type::String), ("id", Type::String)]);
    Some(wire::encode(&Value::Null, &ty).unwrap())
}

/// Returns the request that creates an object of the test resource.
pub(crate) fn create(name: &str) -> Request<proto::apply_resource_change::Request> {
    Request::new(proto::apply_resource_change::Request {
        type_name: "test_object".into(),
        prior_state: null_object(),
        planned_state: object(name, Value::Unknown),
        config: object(name, Value::Null),
        ..Default::default()
    })
}

pub(crate) async fn apply(
    service: &ProviderService,
    request: Request<proto::apply_resource_change::Request>,
) -> proto::apply_resource_change::Response {
    let response = client(service).apply_resource_change(request).await;
    response.unwrap().into_inner()
}

/// Returns the request that reads an object of the test resource.
pub(crate) fn read(name: &str) -> proto::read_resource::Request {
    proto::read_resource::Request {
        type_name: "test_object".into(),
        current_state: object(name, Value::string("7")),
        private: created(&Field::Null).private.encode(),
        ..Default::default()
    }
}

pub(crate) async fn refresh(
    service: &ProviderService,
    request: proto::read_resource::Request,
) -> proto::read_resource::Response {
    let response = client(service).read_resource(Request::new(request)).await;
    response.unwrap().into_inner()
}

/// Configures the provider with this setting. With an unknown setting it defers calls.
pub(crate) async fn configure(service: &ProviderService, setting: Value) {
    let request = proto::configure_provider::Request {
        config: Some(object_of_strings([("setting", setting)])),
        ..Default::default()
    };
    client(service)
        .configure_provider(Request::new(request))
        .await
        .unwrap();
}

/// Returns the capabilities of a client that accepts deferred responses, or of one that does not.
#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
pub(crate) fn client_capabilities(deferral_allowed: bool) -> Option<proto::ClientCapabilities> {
    Some(proto::ClientCapabilities {
        deferral_allowed,
        ..Default::default()
    })
}

pub(crate) fn summaries(diagnostics: &[proto::Diagnostic]) -> Vec<&str> {
    let diagnostics = diagnostics.iter();
    diagnostics
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}
