//! The provider writes secrets to the state and nowhere else.

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::host::{ACCOUNT, ADMIN_TOKEN, Reply, ScriptedApi, Session, TOKEN, edited, with_loader};

#[tokio::test]
async fn trace_log_contains_no_secret() {
    let api = with_loader(Emulator::builder()).await;
    let session = Session::start_with(&[("TF_LOG_PROVIDER_MOTHERDUCK", "TRACE")]).await;
    session.configure_for(&api.url()).await;
    let config = json!({ "username": "loader", "name": "nightly" });
    let stored = session.create(TOKEN, &config).await;
    let secret = stored["token"].as_str().unwrap().to_owned();
    let stored = session.refresh(TOKEN, &stored).await;
    session.assert_plan_is_empty(TOKEN, &config, &stored).await;
    session.destroy(TOKEN, &stored).await;
    session.try_import(ACCOUNT, "nobody").await.unwrap_err();
    session
        .upgrade(TOKEN, 1, &stored.state.to_string())
        .await
        .unwrap();

    let log = session.end().await.stderr;
    assert!(
        log.contains("API request") && log.contains("response body"),
        "it is a log: {log}"
    );
    assert!(log.contains("nightly"), "with bodies in it: {log}");
    for secret in [ADMIN_TOKEN, secret.as_str()] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn secret_in_an_error_response_is_masked() {
    let responses = [
        Reply::Json as fn(u16, serde_json::Value) -> Reply,
        |status, body| Reply::Json(status, json!([body])),
    ];
    for response in responses {
        let api = ScriptedApi::start(move |_| {
            let echo = format!("bad header: Bearer {ADMIN_TOKEN}");
            response(400, json!({ "code": "BAD_REQUEST", "message": echo, "issues": [{ "message": echo, "path": ["username"] }] }))
        })
        .await;
        let session = Session::start_with(&[("TF_LOG", "TRACE")]).await;
        session
            .configure(&edited(&Session::settings(api.url()), "max_retries", json!(0)))
            .await
            .assert_empty();
        let plan = session
            .plan(ACCOUNT, &json!({ "username": "loader" }), None)
            .await;
        // `Diagnostics::read` checks that no diagnostic contains the admin token.
        let failed = session.try_apply(&plan).await.unwrap_err();
        assert!(
            failed.diagnostics.text().contains("***"),
            "{:#?}",
            failed.diagnostics
        );
        let log = session.end().await.stderr;
        assert!(log.contains("API request") && !log.contains(ADMIN_TOKEN), "{log}");
    }
}

#[tokio::test]
async fn secret_in_a_response_without_id_is_not_in_the_error() {
    let api = ScriptedApi::start(|request| match request.method.as_str() {
        "POST" => Reply::ok(json!({ "token": "eyJ.s3cret", "created_ts": "eyJ.s3cret" })),
        _ => Reply::ok(json!({ "tokens": [] })),
    })
    .await;
    let session = Session::start_with(&[("TF_LOG", "TRACE")]).await;
    session.configure_for(api.url()).await;
    let failed = session
        .try_create(TOKEN, &json!({ "username": "loader", "name": "nightly" }))
        .await
        .unwrap_err();
    failed.assert_error("", &["has no `id`", "may now exist"]);
    failed.diagnostics.assert_omits("s3cret");
    let log = session.end().await.stderr;
    assert!(log.contains("API request"), "{log}");
}
