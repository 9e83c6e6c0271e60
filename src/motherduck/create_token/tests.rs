//! Tests of how tokens are created and lost responses are settled.

use std::collections::HashSet;
use std::iter::repeat_n;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::api::RequestWindow;
use crate::api::fake::{FakeResponse, Script, client_of, status};
use crate::logged::Logged;
use crate::motherduck::settle::{LATE_TOKEN_CREATION, LOST_RESPONSE};
use crate::motherduck::token_checks;
use crate::stop::Stop;

mod finish;
mod last_attempt;
mod late_tokens;
mod long_runs;
mod names;
mod other_tokens;
mod random_services;
mod revoking;
mod stale_reads;

const API_NOW: &str = "Fri, 27 Nov 2026 09:00:00 GMT";
/// The same time in the format of tokens.
const CREATED: &str = "2026-11-27T09:00:00Z";

fn request(name: Name) -> TokenRequest<'static> {
    TokenRequest {
        username: "svc",
        name,
        properties: NewToken::default(),
        purpose: Purpose::Managed,
        attributes: vec![Attribute::new::<String>("name")],
    }
}

fn fixed() -> TokenRequest<'static> {
    request(Name::Fixed("loader".into()))
}

fn generated() -> TokenRequest<'static> {
    request(Name::Generated(Prefix::Configured("etl-".into())))
}

/// Returns a token with the name that [`fixed`] creates, at a time of the API.
fn listed(id: &str, created_ts: &str) -> Value {
    json!({
        "id": id, "name": "loader", "created_ts": created_ts, "read_only": false, "token_type": "read_write",
    })
}

fn listing(tokens: &[Value]) -> FakeResponse {
    status(200)
        .json(&json!({ "tokens": tokens }))
        .header("date", API_NOW)
}

/// Returns the response to the creation of a token with this id. It contains no name, so the name is not
/// compared.
fn created(id: &str) -> FakeResponse {
    let mut token = listed(id, CREATED);
    token["token"] = json!("eyJ.s3cret.x");
    status(200).json(&token)
}

fn failed(code: u16) -> FakeResponse {
    let words = match code {
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        409 => "CONFLICT",
        _ => "X",
    };
    status(code).json(&json!({ "code": words, "message": "no" }))
}

fn empty_success() -> FakeResponse {
    status(200).json(&json!({}))
}

/// Returns a client that does not try again.
fn client_without_retries(script: &Script) -> Client {
    script.client_with(|settings| settings.max_retries = 0)
}

/// Creates a token that may differ from the request, as those of the scripts do.
async fn create(
    provider_data: &ProviderData,
    client: &Client,
    request: TokenRequest<'_>,
) -> Result<Created, Diagnostics> {
    Creation::new(provider_data, client, request).create().await
}

fn text_of(created: Result<Created, Diagnostics>) -> String {
    let diagnostics = created.err().unwrap();
    let parts: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| format!("{}\n{}", diagnostic.summary, diagnostic.detail))
        .collect();
    parts.join("\n")
}

/// Returns the errors of a creation that fails, without earlier creations.
async fn create_error(client: &Client, request: TokenRequest<'_>) -> String {
    text_of(create(&ProviderData::default(), client, request).await)
}

/// Settles all attempts of unknown outcome as at the end of the process.
async fn finish(provider_data: &ProviderData, client: &Client) {
    let _logs = crate::motherduck::token_memory::LogLost(provider_data.tokens());
    late::finish_with(provider_data, client).await;
}

#[track_caller]
fn assert_contains(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "{words:?} in {text}");
    }
}

fn sent(script: &Script, method: &str) -> Vec<String> {
    let mut sent = script.sent();
    sent.retain(|line| line.starts_with(method));
    sent
}

fn revoked(script: &Script) -> Vec<String> {
    let paths = sent(script, "DELETE");
    paths
        .iter()
        .map(|line| line.rsplit('/').next().unwrap().to_owned())
        .collect()
}

/// Returns the name that was generated for the request with this index.
fn name_sent(script: &Script, index: usize) -> String {
    script.sent_body(index)["name"].as_str().unwrap().to_owned()
}
