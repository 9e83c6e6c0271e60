//! Embed sessions: created as configured, and rejected with a reason. Closing one sends no request.

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{Emulator, EmulatorBuilder, Plan};
use serde_json::{Value as Json, json};

use crate::host::{Reply, ScriptedApi, Session, calls, edited, unknown};

const SESSION: &str = "motherduck_dive_embed_session";
const DIVE: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

fn config() -> Json {
    json!({ "dive_id": DIVE, "username": "viewer" })
}

async fn on(emulator: EmulatorBuilder) -> (Session, CheckedEmulator) {
    let api = CheckedEmulator::start(emulator).await.unwrap();
    let seed = json!({
        "users": [
            { "username": "viewer", "is_service_account": true },
            { "username": "grace", "is_service_account": false },
        ],
        "dives": [{ "id": DIVE, "title": "Sales", "version": 3 }],
    });
    api.seed(&seed).unwrap();
    (Session::on(&api.url()).await, api)
}

#[tokio::test]
async fn open_creates_the_session_and_close_sends_no_request() {
    let (session, api) = on(Emulator::builder()).await;
    let full = json!({
        "dive_id": DIVE, "username": "viewer", "session_name": "customer-42", "version": 2,
        "required_resources": [{ "url": "md:_share/sales/1", "alias": "sales" }, { "url": "md:other" }],
        "initial_state": "{ \"region\": \"EMEA\" }",
    });
    for config in [config(), full.clone()] {
        let opened = session.open(SESSION, &config).await;
        opened.diagnostics.assert_empty();
        assert!(
            opened.result["session"]
                .as_str()
                .is_some_and(|secret| secret.len() > 20)
        );
        session.close(SESSION, opened.private).await.assert_empty();
    }
    let path = format!("POST /v1/dives/{DIVE}/embed-session");
    assert_eq!(calls(&api), [path.clone(), path]);
    let sessions = api.state()["embed_sessions"].clone();
    assert_eq!(
        (&sessions[0]["version"], &sessions[1]["version"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(sessions[1]["session_name"], full["session_name"]);
}

#[tokio::test]
async fn open_sends_only_configured_arguments() {
    let (session, api) = Session::on_script(|_| Reply::ok(json!({ "session": "s3cret" }))).await;
    session.open(SESSION, &config()).await;
    let everything = edited(&config(), "required_resources", json!([]));
    let everything = edited(&everything, "initial_state", json!("{\"a\":[1.50,null]}"));
    session.open(SESSION, &everything).await;
    let bodies: Vec<Json> = api.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies[0], json!({ "username": "viewer" }));
    assert_eq!(bodies[1]["required_resources"], json!([]));
    assert_eq!(bodies[1]["initial_state"].to_string(), r#"{"a":[1.50,null]}"#);
}

#[tokio::test]
async fn invalid_argument_is_an_error_and_sends_no_request() {
    let (session, unused) = Session::on_unused_api().await;
    for (name, value, path) in [
        ("dive_id", json!("sales"), "dive_id"),
        ("username", json!(""), "username"),
        ("session_name", json!(""), "session_name"),
        ("version", json!(0), "version"),
        (
            "required_resources",
            json!([{ "url": "md:a" }, { "url": "" }]),
            "required_resources[1].url",
        ),
        ("initial_state", json!("[]"), "initial_state"),
    ] {
        let diagnostics = session.try_open(SESSION, &edited(&config(), name, value)).await;
        assert_eq!(diagnostics.unwrap_err().error_paths(), [path], "{name}");
    }
    unused.assert_no_connection();
}

#[tokio::test]
async fn unknown_arguments_are_valid() {
    let session = Session::start().await;
    let mut config = config();
    for name in [
        "dive_id",
        "username",
        "session_name",
        "version",
        "required_resources",
        "initial_state",
    ] {
        config = edited(&config, name, unknown());
    }
    session.validate_ephemeral(SESSION, &config).await.assert_empty();
    let inside = edited(
        &config,
        "required_resources",
        json!([{ "url": unknown() }, unknown()]),
    );
    session.validate_ephemeral(SESSION, &inside).await.assert_empty();
}

#[tokio::test]
async fn rejected_open_is_an_error_with_the_argument_to_change() {
    let (session, _api) = on(Emulator::builder()).await;
    let (lite, _lite) = on(Emulator::builder().behaviour(|of| of.plan = Plan::Lite)).await;
    let human = edited(&config(), "username", json!("grace"));
    let nowhere = edited(
        &config(),
        "dive_id",
        json!("00000000-0000-4000-8000-000000000000"),
    );
    for (session, config, words) in [
        (&lite, config(), ["403 FORBIDDEN", "Business plan"]),
        (
            &session,
            human,
            ["403 FORBIDDEN", "a service account as `username`"],
        ),
        (&session, nowhere, ["404 NOT_FOUND", "Check `dive_id`"]),
    ] {
        let diagnostics = session.try_open(SESSION, &config).await.unwrap_err();
        diagnostics.assert_error("", &words);
    }
}

#[tokio::test]
async fn issue_in_the_api_response_is_an_error_at_its_attribute() {
    let (session, _api) = Session::on_script(|_| {
        let issues = json!([
            { "message": "No such share", "path": ["required_resources", 0, "url"] },
            { "message": "Too deep", "path": ["initial_state", "a", 3] },
        ]);
        Reply::Json(
            400,
            json!({ "code": "BAD_REQUEST", "message": "Bad", "issues": issues }),
        )
    })
    .await;
    let config = edited(&config(), "required_resources", json!([{ "url": "md:a" }]));
    let diagnostics = session.try_open(SESSION, &config).await.unwrap_err();
    assert_eq!(
        diagnostics.error_paths(),
        ["required_resources[0].url", "initial_state"]
    );
}

#[tokio::test]
async fn open_with_lost_response_is_not_retried() {
    let api = ScriptedApi::start(|_| Reply::CloseConnection).await;
    let session = Session::with(api.url(), "max_retries", json!(20)).await;
    let diagnostics = session.try_open(SESSION, &config()).await.unwrap_err();
    diagnostics.assert_error("", &["not known whether", "ends within 24 hours"]);
    assert_eq!(api.calls().len(), 1);
}
