//! A configured provider service, and calls from bytes to bytes.

use motherduck_provider::api::Settings;
use motherduck_provider::framework::json::UnknownMembers;
use motherduck_provider::framework::{Model as _, ProviderService, Registry, Type, Value, json, msgpack};
use motherduck_provider::motherduck::ProviderData;
use motherduck_provider::proto::tfplugin6::{Diagnostic, DynamicValue, configure_provider};
use motherduck_provider::provider::{Config, MotherDuck};
use motherduck_provider::resources;
use prost::Message;
use serde_json::json;
use tokio::runtime::Runtime;
use tonic::codegen::Bytes;

use crate::api::MemoryTransport;

/// A provider that is ready for calls.
pub(crate) struct ConfiguredProvider {
    service: ProviderService,
    runtime: Runtime,
}

impl ConfiguredProvider {
    /// # Panics
    /// If the provider cannot be configured.
    pub(crate) fn new() -> Self {
        let service = ProviderService::new(provider);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let configured_provider = ConfiguredProvider { service, runtime };
        let config = json!({ "admin_token": "an admin token" });
        let request = configure_provider::Request {
            terraform_version: "1.11.4".to_owned(),
            config: Some(dynamic(&Config::schema().object_type(), &config)),
            client_capabilities: None,
        };
        let configured: configure_provider::Response =
            configured_provider.call("ConfigureProvider", &request.encode_to_vec().into());
        assert_no_diagnostics(&configured.diagnostics);
        configured_provider
    }

    /// Decodes a request, handles it, and encodes the response. Returns the response too.
    pub(crate) fn call<R: Message + 'static>(&self, rpc: &str, request: &Bytes) -> R {
        let response = self
            .runtime
            .block_on(self.service.call::<R>(rpc, request.clone()));
        let response = response.expect("a response");
        std::hint::black_box(response.encode_to_vec());
        response
    }
}

fn provider() -> MotherDuck {
    let transports = |_: &Settings| Box::new(MemoryTransport::new()) as Box<_>;
    MotherDuck::with_transport_factory(Box::new(|_| None), Box::new(transports))
}

/// Returns the type of a resource's objects.
///
/// # Panics
/// If there is no such resource.
pub(crate) fn type_of(type_name: &str) -> Type {
    let mut registry = Registry::default();
    resources::register(&mut registry, &ProviderData::default());
    let resource = registry.take_resource(type_name).expect("a resource");
    resource.schema().object_type()
}

/// Converts JSON to a value. Missing attributes are null.
///
/// # Panics
/// If it does not have the type.
pub(crate) fn value(ty: &Type, json: &serde_json::Value) -> Value {
    json::decode(json.to_string().as_bytes(), ty, UnknownMembers::Refuse).expect("a value of the type")
}

/// Encodes a value as core sends it.
pub(crate) fn dynamic(ty: &Type, json: &serde_json::Value) -> DynamicValue {
    DynamicValue {
        msgpack: msgpack::encode(&value(ty, json), ty).expect("a value of the type"),
        json: Vec::new(),
    }
}

/// Converts a value to the JSON of a state file.
///
/// # Panics
/// If a part of it is unknown.
pub(crate) fn state_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Unknown => panic!("a state has no unknown values"),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => serde_json::from_str(&number.to_string()).expect("a number"),
        Value::String(text) => text.as_str().into(),
        Value::List(items) | Value::Set(items) => items.iter().map(state_json).collect(),
        Value::Map(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), state_json(member)))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.to_string(), state_json(member)))
            .collect(),
    }
}

/// # Panics
/// If a call returned a diagnostic, because the measured call would have done something else.
pub(crate) fn assert_no_diagnostics(diagnostics: &[Diagnostic]) {
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
}
