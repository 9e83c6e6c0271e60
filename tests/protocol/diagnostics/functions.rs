//! Errors of functions. They have no summary: Terraform prints them with the argument.

use serde_json::{Value as Json, json};

use super::pages::Pages;
use crate::host::Session;

pub(super) async fn functions(pages: &mut Pages) {
    pages.chapter("Functions");
    let session = Session::start().await;
    for arguments in [
        [json!(" "), Json::Null, Json::Null],
        [json!("md:sales"), Json::Null, Json::Null],
        [json!("sales"), json!(" "), Json::Null],
        [json!("sales"), json!("a\n"), Json::Null],
        [json!("sales"), Json::Null, json!({ "session": "a" })],
        [json!("sales"), Json::Null, json!({ "motherduck_token": "a" })],
        [json!("sales"), Json::Null, json!({ "saas_mode": "yes" })],
        [json!("sales"), Json::Null, json!({ "attach_mode": "multi" })],
        [json!("sales"), Json::Null, json!({ "session_name": "" })],
        [
            json!("sales"),
            Json::Null,
            json!({ "dbinstance_inactivity_ttl": "5 minutes" }),
        ],
        [json!(""), Json::Null, json!({ "attach_mode": "single" })],
    ] {
        let diagnostics = session.call("connection_string", &arguments).await.unwrap_err();
        let [database, token, parameters] = &arguments;
        pages.add(
            &format!("connection_string({database}, {token}, {parameters})"),
            diagnostics,
        );
    }
}
