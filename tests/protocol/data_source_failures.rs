//! Data source reads that fail. Each returns an error and no result.

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::data_sources::{OF_AN_ACCOUNT, USERS, all};
use crate::host::{Diagnostics, Reply, Session};

#[tokio::test]
async fn missing_account_is_an_error_with_a_next_step() {
    let (session, api) = Session::on_emulator().await;
    for type_name in OF_AN_ACCOUNT {
        let diagnostics = session
            .data_source_error(type_name, &json!({ "username": "loader" }))
            .await;
        let url = format!("{}/v1/users/loader/", api.url());
        let advice = "motherduck_service_account.NAME.id";
        diagnostics.assert_error(
            "username",
            &["no account \"loader\"", "404", &url, advice, "api_base_url"],
        );
    }
}

#[tokio::test]
async fn missing_users_endpoint_is_an_error_and_not_an_empty_list() {
    let api = Emulator::builder()
        .behaviour(|of| of.missing_users_endpoint = true)
        .start()
        .await
        .unwrap();
    let session = Session::on(&api.url()).await;
    let diagnostics = session.data_source_error(USERS, &json!({})).await;
    let words = ["GET /v1/users", "regions", "Name the accounts", "api_base_url"];
    diagnostics.assert_error("", &words);
}

#[tokio::test]
async fn unexpected_response_is_an_error_of_every_data_source() {
    let responses = [
        (
            Reply::error(403, "FORBIDDEN", "no such luck"),
            "organization Admin",
        ),
        (Reply::Other(404, "text/plain", "Not Found"), "api_base_url"),
        (Reply::ok(json!({})), "it has no `"),
        (
            Reply::ok(json!({ "users": null, "tokens": null, "accounts": null })),
            "not what the API documents",
        ),
        (Reply::CloseConnection, "Run again"),
    ];
    for (response, word) in responses {
        let (session, _api) = Session::on_script(move |_| response.clone()).await;
        for (type_name, config) in all() {
            let diagnostics = session.data_source_error(type_name, &config).await;
            assert!(
                diagnostics.text().contains(word),
                "{type_name}: {word:?} is missing in {diagnostics:#?}"
            );
            diagnostics.assert_omits("no account");
        }
    }
}

#[tokio::test]
async fn read_validates_a_username_known_after_validation() {
    let (session, unused) = Session::on_unused_api().await;
    for type_name in OF_AN_ACCOUNT {
        let config = json!({ "username": ".." });
        let read = session.send_data_source_read(type_name, &config, false).await;
        assert_eq!(
            Diagnostics::read(&read.diagnostics).error_paths(),
            ["username"],
            "{type_name}"
        );
        assert_eq!(read.state, None);
    }
    unused.assert_no_connection();
}
