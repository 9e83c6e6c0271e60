//! Every call with an unknown type, an empty message, and an invalid value: each response contains an error
//! diagnostic and is no gRPC status, and the process keeps running.

use std::collections::BTreeMap;

use motherduck_provider::proto::tfplugin6 as proto;
use proto::diagnostic::Severity;
use proto::provider_client::ProviderClient;
use proto::{Diagnostic, DynamicValue, RawState, ResourceIdentityData};
use serde_json::json;
use tokio::net::TcpListener;
use tonic::transport::Channel;

use crate::configure::{config, stored};
use crate::host::{ACCOUNT, Session, dynamic_value};
use crate::support::plugin_client::in_time;

/// The diagnostics of responses, each with the name of its call.
type Responses = Vec<(&'static str, Vec<Diagnostic>)>;

/// The response of a call, which has the name of its request. A gRPC status panics.
macro_rules! response {
    ($client:expr, $call:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        #[allow(clippy::needless_update, reason = "some requests hold nothing else")]
        let request = proto::$call::Request { $($field: $value,)* ..Default::default() };
        in_time(stringify!($call), $client.$call(request))
            .await
            .unwrap_or_else(|status| panic!("{} gets status {status}", stringify!($call)))
            .into_inner()
    }};
}

/// The diagnostics of several calls.
macro_rules! diagnostics {
    ($client:expr, { $($call:ident $fields:tt),* $(,)? }) => {
        vec![$( (stringify!($call), response! { $client, $call $fields }.diagnostics), )*]
    };
}

/// Calls of a block with this type name and this value in every field.
struct Calls<'a> {
    client: &'a mut ProviderClient<Channel>,
    name: &'a str,
    value: Option<&'a DynamicValue>,
}

fn calls<'a>(
    client: &'a mut ProviderClient<Channel>,
    name: &'a str,
    value: Option<&'a DynamicValue>,
) -> Calls<'a> {
    Calls { client, name, value }
}

impl Calls<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn value(&self) -> Option<DynamicValue> {
        self.value.cloned()
    }

    fn raw(&self) -> Option<RawState> {
        self.value().map(|value| RawState {
            json: [value.msgpack, value.json].concat(),
            ..Default::default()
        })
    }

    fn identity(&self) -> Option<ResourceIdentityData> {
        self.value().map(|value| ResourceIdentityData {
            identity_data: Some(value),
        })
    }

    async fn resource(&mut self) -> Responses {
        diagnostics!(self.client, {
            validate_resource_config { type_name: self.name(), config: self.value() },
            upgrade_resource_state { type_name: self.name(), raw_state: self.raw() },
            upgrade_resource_identity { type_name: self.name(), raw_identity: self.raw() },
            move_resource_state { target_type_name: self.name(), source_state: self.raw() },
            read_resource { type_name: self.name(), current_state: self.value() },
            plan_resource_change { type_name: self.name(), prior_state: self.value() },
            plan_resource_change { type_name: self.name(), proposed_new_state: self.value() },
            apply_resource_change { type_name: self.name(), prior_state: self.value() },
            apply_resource_change { type_name: self.name(), planned_state: self.value() },
            apply_resource_change { type_name: self.name(), config: self.value() },
            import_resource_state { type_name: self.name(), identity: self.identity() },
            generate_resource_config { type_name: self.name(), state: self.value() },
        })
    }

    async fn data_source(&mut self) -> Responses {
        let mut responses = diagnostics!(self.client, {
            validate_data_resource_config { type_name: self.name(), config: self.value() },
        });
        let read =
            response! { self.client, read_data_source { type_name: self.name(), config: self.value() } };
        assert_eq!(read.state, None);
        responses.push(("read_data_source", read.diagnostics));
        responses
    }

    async fn ephemeral(&mut self) -> Responses {
        let mut responses = diagnostics!(self.client, {
            validate_ephemeral_resource_config { type_name: self.name(), config: self.value() },
            renew_ephemeral_resource { type_name: self.name() },
        });
        let opened = response! { self.client, open_ephemeral_resource { type_name: self.name(), config: self.value() } };
        assert_eq!((opened.result, opened.private), (None, None));
        responses.push(("open_ephemeral_resource", opened.diagnostics));
        responses
    }

    async fn list(&mut self) -> Responses {
        let mut responses = diagnostics!(self.client, {
            validate_list_resource_config { type_name: self.name(), config: self.value() },
        });
        let mut events = response! { self.client, list_resource { type_name: self.name(), config: self.value(), limit: 1 } };
        let mut found = Vec::new();
        while let Some(event) = in_time("an event", events.message())
            .await
            .expect("no gRPC status")
        {
            assert!(event.identity.is_none(), "nothing can be found");
            found.extend(event.diagnostic);
        }
        responses.push(("list_resource", found));
        responses
    }

    async fn action(&mut self) -> Responses {
        let mut responses = diagnostics!(self.client, {
            validate_action_config { type_name: self.name(), config: self.value() },
            plan_action { action_type: self.name(), config: self.value() },
        });
        let mut events =
            response! { self.client, invoke_action { action_type: self.name(), config: self.value() } };
        let event = in_time("an event", events.message())
            .await
            .expect("no gRPC status");
        let event = event
            .expect("core waits for the end")
            .r#type
            .expect("an event without a case crashes core");
        let proto::invoke_action::event::Type::Completed(completed) = event else {
            panic!("nothing was done, and there is progress: {event:?}");
        };
        assert!(
            events.message().await.expect("no gRPC status").is_none(),
            "that was the end"
        );
        responses.push(("invoke_action", completed.diagnostics));
        responses
    }
}

async fn about_provider(client: &mut ProviderClient<Channel>, value: Option<&DynamicValue>) -> Responses {
    let value = || value.cloned();
    diagnostics!(client, {
        validate_provider_config { config: value() },
        configure_provider { config: value() },
    })
}

async fn call(
    client: &mut ProviderClient<Channel>,
    name: &str,
    values: Vec<DynamicValue>,
) -> proto::call_function::Response {
    response! { client, call_function { name: name.to_owned(), arguments: values } }
}

/// Expects at least one error with a text for each call.
#[track_caller]
fn assert_refused(what: &str, responses: Responses, word: &str) {
    for (call, diagnostics) in responses {
        let errors: Vec<&Diagnostic> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity() == Severity::Error)
            .collect();
        assert!(!errors.is_empty(), "{call}, {what}: {diagnostics:?}");
        for error in errors {
            assert!(!error.summary.is_empty(), "{call}, {what}");
            assert!(!error.detail.contains("panicked"), "{call}, {what}: {error:?}");
            assert!(error.detail.contains(word), "{call}, {what}: {error:?}");
        }
    }
}

/// Expects that the process still responds.
async fn assert_responds(session: &Session) {
    session.validate(ACCOUNT, &config()).await.assert_empty();
    session.plan(ACCOUNT, &config(), None).await;
}

#[tokio::test]
async fn unknown_type_is_an_error_of_every_call() {
    let session = Session::start().await;
    let mut client = session.client();
    for name in ["motherduck_share", ""] {
        let word = format!("{name:?}");
        let mut responses = calls(&mut client, name, None).resource().await;
        responses.extend(calls(&mut client, name, None).data_source().await);
        responses.extend(calls(&mut client, name, None).ephemeral().await);
        responses.extend(calls(&mut client, name, None).list().await);
        responses.extend(calls(&mut client, name, None).action().await);
        responses.extend(diagnostics!(client, {
            close_ephemeral_resource { type_name: name.to_owned() },
        }));
        assert_refused(name, responses, &word);

        let response = call(&mut client, name, Vec::new()).await;
        assert_eq!(response.result, None);
        let error = response.error.expect("an error");
        assert!(
            error.text.contains(&word) && error.function_argument.is_none(),
            "{error:?}"
        );
    }
    assert_responds(&session).await;
}

/// Returns values that no schema accepts: invalid msgpack, half a value, a value of another type, an object
/// without its attributes, endless nesting, and invalid JSON.
fn malformed() -> BTreeMap<&'static str, DynamicValue> {
    let msgpack = |msgpack: &[u8]| dynamic_value(msgpack.to_vec());
    [
        ("no msgpack", msgpack(&[0xc1])),
        ("half a map", msgpack(&[0x82, 0xa1, b'a'])),
        ("a number", msgpack(&[42])),
        ("text", msgpack(&[0xa1, b'a'])),
        ("an empty map", msgpack(&[0x80])),
        (
            "a map of a billion members",
            msgpack(&[0xdf, 0x3b, 0x9a, 0xca, 0]),
        ),
        ("arrays without end", msgpack(&vec![0x91; 100_000])),
        (
            "broken JSON",
            DynamicValue {
                msgpack: Vec::new(),
                json: b"{\"username\":".to_vec(),
            },
        ),
    ]
    .into()
}

#[tokio::test]
async fn undecodable_value_is_an_error_of_every_call() {
    let (session, api) = Session::on_unused_api().await;
    let mut client = session.client();
    let schemas = response! { client, get_provider_schema {} };
    for (what, value) in malformed() {
        let value = Some(&value);
        for name in schemas.resource_schemas.keys() {
            assert_refused(what, calls(&mut client, name, value).resource().await, "");
        }
        for (name, schema) in &schemas.list_resource_schemas {
            let attributes = schema.block.iter().flat_map(|block| &block.attributes);
            // A list resource without arguments accepts an empty map.
            if what != "an empty map" || attributes.count() > 0 {
                assert_refused(what, calls(&mut client, name, value).list().await, "");
            }
        }
        refuse_in_other_blocks(&mut client, &schemas, what, value).await;
        assert_responds(&session).await;
    }
    let null = dynamic_value(vec![0xc0]);
    for (what, value) in [("null", Some(&null)), ("no value", None)] {
        for name in schemas.list_resource_schemas.keys() {
            assert_refused(what, calls(&mut client, name, value).list().await, "");
        }
        refuse_in_other_blocks(&mut client, &schemas, what, value).await;
    }
    for (what, value) in malformed() {
        assert_refused(what, about_provider(&mut client, Some(&value)).await, "");
        assert_responds(&session).await;
    }
    api.assert_no_connection();
}

/// Sends this configuration of every data source, ephemeral resource and action, and expects errors.
async fn refuse_in_other_blocks(
    client: &mut ProviderClient<Channel>,
    schemas: &proto::get_provider_schema::Response,
    what: &str,
    value: Option<&DynamicValue>,
) {
    for name in schemas.data_source_schemas.keys() {
        assert_refused(what, calls(client, name, value).data_source().await, "");
    }
    for name in schemas.ephemeral_resource_schemas.keys() {
        assert_refused(what, calls(client, name, value).ephemeral().await, "");
    }
    for name in schemas.action_schemas.keys() {
        assert_refused(what, calls(client, name, value).action().await, "");
    }
}

#[tokio::test]
async fn empty_requests_do_not_end_the_process() {
    let session = Session::start().await;
    let mut client = session.client();
    assert_refused("nothing", about_provider(&mut client, None).await, "");
    let responses = diagnostics!(client, {
        get_provider_schema {},
        get_metadata {},
        get_resource_identity_schemas {},
        get_functions {},
    });
    for (call, diagnostics) in responses {
        assert!(diagnostics.is_empty(), "{call}: {diagnostics:?}");
    }
    assert!(response! { client, stop_provider {} }.error.is_empty());
    assert_responds(&session).await;
}

#[tokio::test]
async fn import_by_an_empty_identity_is_an_error() {
    let session = Session::start().await;
    let mut client = session.client();
    for name in session.resource_types() {
        let mut responses = Responses::new();
        for msgpack in [
            // No identity, identities with only null or unknown attributes, and one of another resource.
            vec![0xc0],
            identity_of(&mut client, name, 0xc0).await,
            identity_of(&mut client, name, 0xa0).await,
            vec![0x81, 0xa2, b'i', b'q', 0xa1, b'a'],
        ] {
            let identity_data = Some(dynamic_value(msgpack));
            let identity = Some(ResourceIdentityData { identity_data });
            responses.extend(diagnostics!(client, {
                import_resource_state { type_name: name.to_owned(), identity: identity },
            }));
        }
        assert_refused(name, responses, "");
    }
    assert_responds(&session).await;
}

/// Encodes an identity whose attributes all have this byte of msgpack as their value.
async fn identity_of(client: &mut ProviderClient<Channel>, name: &str, value: u8) -> Vec<u8> {
    let identities = response! { client, get_resource_identity_schemas {} };
    let attributes = &identities.identity_schemas[name].identity_attributes;
    let mut msgpack = vec![0x80 | u8::try_from(attributes.len()).unwrap()];
    for attribute in attributes {
        msgpack.push(0xa0 | u8::try_from(attribute.name.len()).unwrap());
        msgpack.extend(attribute.name.as_bytes());
        msgpack.push(value);
    }
    msgpack
}

#[tokio::test]
async fn cancelled_read_does_not_affect_other_calls() {
    let api = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let session = Session::on(&format!("http://{}", api.local_addr().unwrap())).await;
    let mut client = session.client();
    let request = proto::read_resource::Request {
        type_name: ACCOUNT.into(),
        current_state: Some(session.resource(ACCOUNT).encode(&stored().state)),
        ..Default::default()
    };
    let call = tokio::spawn(async move { client.read_resource(request).await });
    // The API receives the request and does not respond; then the call is cancelled.
    let (_connection, _) = in_time("the request", api.accept()).await.unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());

    assert_responds(&session).await;
    session.stop().await;
    session.configure(&json!({})).await.assert_empty();
    assert_responds(&session).await;
}
