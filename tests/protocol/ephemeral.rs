//! Ephemeral tokens: each created token is revoked, also when the call is cancelled or fails.

use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{Emulator, EmulatorBuilder};
use motherduck_provider::proto::tfplugin6 as proto;
use serde_json::{Value as Json, json};
use tokio::sync::Notify;

use crate::host::{
    Diagnostics, Reply, Request, ScriptedApi, Session, TOKEN, TOKEN_ID, assert_same_token, calls,
    created_token, edited, eventually, tokens, with_loader,
};
use crate::support::plugin_client::in_time;

pub(crate) const NAME: &str = "one-run";

pub(crate) fn config() -> Json {
    json!({ "username": "loader" })
}

pub(crate) fn named() -> Json {
    edited(&config(), "name", json!(NAME))
}

pub(crate) async fn on(emulator: EmulatorBuilder) -> (Session, CheckedEmulator) {
    let api = with_loader(emulator).await;
    (Session::on(&api.url()).await, api)
}

// --- Success ---

#[tokio::test]
async fn open_creates_the_token_and_close_revokes_it() {
    let (session, api) = on(Emulator::builder()).await;
    let config = json!({
        "username": "loader", "name": "one-run", "token_type": "read_scaling", "ttl": 600, "description": "for a run",
    });
    let opened = session.open(TOKEN, &config).await;
    opened.diagnostics.assert_empty();
    let [created] = tokens(&api).try_into().unwrap();
    assert_same_token(&opened.result, &created);
    assert_eq!(opened.result["ttl"], 600);
    assert_eq!(opened.result["read_only"], true);
    let secret = opened.result["token"].as_str().unwrap();
    assert!(secret.starts_with("eyJ"));

    let private = String::from_utf8(opened.private.clone().unwrap()).unwrap();
    assert!(private.contains(created["id"].as_str().unwrap()));
    assert!(!private.contains(secret), "the private data is not secret");
    session.close(TOKEN, opened.private.clone()).await.assert_empty();
    assert!(tokens(&api).is_empty());
    // Closing a token that is already revoked succeeds.
    session.close(TOKEN, opened.private).await.assert_empty();
    let path = format!("/v1/users/loader/tokens/{}", created["id"].as_str().unwrap());
    assert_eq!(
        calls(&api),
        [
            "GET /v1/users/loader/tokens".to_owned(),
            "POST /v1/users/loader/tokens".to_owned(),
            format!("DELETE {path}"),
            format!("DELETE {path}"),
        ]
    );
}

#[tokio::test]
async fn unset_arguments_have_defaults_and_the_name_is_unique() {
    let (session, api) = on(Emulator::builder()).await;
    // Two runs at the same time do not affect each other.
    let (first, second) = (
        session.open(TOKEN, &config()).await,
        session.open(TOKEN, &config()).await,
    );
    for opened in [&first, &second] {
        let name = opened.result["name"].as_str().unwrap();
        let digits = name.strip_prefix("terraform-ephemeral-").expect(name);
        assert!(
            digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
            "{name}"
        );
        assert_eq!(opened.result["name_prefix"], "terraform-ephemeral-");
        assert_eq!(opened.result["token_type"], "read_write");
        assert_eq!(opened.result["ttl"], 3600);
        assert_eq!(opened.result["description"], Json::Null);
    }
    assert_ne!(first.result["name"], second.result["name"]);
    session.close(TOKEN, first.private).await.assert_empty();
    let [left] = tokens(&api).try_into().unwrap();
    assert_eq!(left["id"], second.result["id"]);
}

#[tokio::test]
async fn unsupported_description_is_a_warning() {
    let (session, _api) = on(Emulator::builder().behaviour(|of| of.ignore_descriptions = true)).await;
    let opened = session
        .open(TOKEN, &edited(&config(), "description", json!("for a run")))
        .await;
    opened
        .diagnostics
        .assert_warning("description", &["was not stored", "region"]);
    assert_eq!(opened.result["description"], "for a run");
}

#[tokio::test]
async fn invalid_argument_is_an_error_and_sends_no_request() {
    let (session, unused) = Session::on_unused_api().await;
    for (name, value) in [
        ("username", json!("")),
        ("name", json!(" ")),
        ("name", json!("MotherDuck Flights")),
        ("token_type", json!("admin")),
        ("ttl", json!(299)),
        ("ttl", json!(31_536_001)),
        ("ttl", json!(300.5)),
        ("description", json!("")),
    ] {
        let diagnostics = session
            .validate_ephemeral(TOKEN, &edited(&config(), name, value))
            .await;
        assert_eq!(diagnostics.error_paths(), [name], "{diagnostics:#?}");
    }
    unused.assert_no_connection();
}

// --- Cancelled calls and invalid calls ---

pub(crate) const HOUR: Option<&str> = Some("2026-01-01T01:00:00Z");

/// Starts an API that holds requests of this method. Returns also the notification of such a request, and a channel
/// that lets it continue.
async fn holding(method: &'static str) -> (ScriptedApi, Arc<Notify>, mpsc::Sender<()>) {
    let requested = Arc::new(Notify::new());
    let on_request = Arc::clone(&requested);
    let (go_on, held) = mpsc::channel();
    let held = Mutex::new(held);
    let api = ScriptedApi::start(move |request: &Request| {
        if request.method == method {
            on_request.notify_one();
            let held = held.lock().expect("no test panicked here");
            tokio::task::block_in_place(|| held.recv()).expect("the test can continue");
        }
        if request.method == "GET" {
            return Reply::ok(json!({ "tokens": [] }));
        }
        Reply::ok(created_token(NAME, "read_write", HOUR))
    })
    .await;
    (api, requested, go_on)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_open_revokes_the_token() {
    let (api, requested, go_on) = holding("POST").await;
    let session = Session::on(api.url()).await;
    let request = proto::open_ephemeral_resource::Request {
        type_name: TOKEN.into(),
        config: Some(session.ephemeral(TOKEN).await.encode(&config())),
        client_capabilities: None,
    };
    let mut client = session.client();
    let call = tokio::spawn(async move { client.open_ephemeral_resource(request).await });
    in_time("the request for a token", requested.notified()).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    // Once the provider responds to this later call on the same connection, it has seen the cancellation.
    session.validate_ephemeral(TOKEN, &config()).await.assert_empty();
    go_on.send(()).unwrap();
    let revoking = format!("DELETE /v1/users/loader/tokens/{TOKEN_ID}");
    eventually("the token to be revoked", || api.calls().contains(&revoking)).await;
}

#[tokio::test]
async fn open_validates_values_known_after_validation() {
    let (session, unused) = Session::on_unused_api().await;
    for (name, value) in [("ttl", json!(-1)), ("username", json!(""))] {
        let config = edited(&config(), name, value);
        let request = proto::open_ephemeral_resource::Request {
            type_name: TOKEN.into(),
            config: Some(session.ephemeral(TOKEN).await.encode(&config)),
            client_capabilities: None,
        };
        let response = session.client().open_ephemeral_resource(request).await;
        let response = response.unwrap().into_inner();
        assert_eq!((response.result, response.private), (None, None));
        assert_eq!(Diagnostics::read(&response.diagnostics).error_paths(), [name]);
    }
    unused.assert_no_connection();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_responds_after_open_tokens_are_revoked() {
    // Core waits for the response without a limit, and kills the process two seconds after it.
    let (api, requested, go_on) = holding("DELETE").await;
    let session = Session::on(api.url()).await;
    session.open(TOKEN, &named()).await;
    {
        let mut response = pin!(session.send_shutdown());
        let revoking = async {
            in_time("the token to be revoked", requested.notified()).await;
            // A response to `Shutdown` would arrive before the response to a later call on the same
            // connection.
            session.validate_ephemeral(TOKEN, &config()).await.assert_empty();
        };
        tokio::select! {
            biased;
            () = &mut response => panic!("the response to Shutdown was sent while a token was live"),
            () = revoking => {}
        }
        go_on.send(()).unwrap();
        response.await;
    }
    assert!(session.ended().await.status.success());
    assert_eq!(api.calls().len(), 3, "{:?}", api.calls());
}

#[tokio::test]
async fn shutdown_without_open_tokens_sends_no_request() {
    let api = ScriptedApi::start(|request: &Request| {
        Reply::ok(if request.method == "GET" {
            json!({ "tokens": [] })
        } else {
            created_token(NAME, "read_write", HOUR)
        })
    })
    .await;
    let session = Session::start_with(&[("TF_LOG", "WARN")]).await;
    session.configure_for(api.url()).await;
    let opened = session.open(TOKEN, &named()).await;
    session.close(TOKEN, opened.private).await.assert_empty();
    let ended = session.end().await;
    assert!(ended.status.success());
    assert_eq!(ended.stderr, "", "no time limit was reached");
    assert_eq!(api.calls().len(), 3, "{:?}", api.calls());
}
