//! Writes whose result differs from the request.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use super::fixtures::{api, config, error, listed, not_found, with};
use super::pages::Pages;
use crate::host::{ACCOUNT, DUCKLINGS, Reply, Request, TOKEN, TOKEN_ID, edited, eventually};

/// A case that is carried out while others wait, with its own provider and API.
type Case = Pin<Box<dyn Future<Output = Pages>>>;

/// Creates a resource with an API that returns another response to some requests.
fn create(
    case: &'static str,
    type_name: &'static str,
    config: &Json,
    odd: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> Case {
    let config = config.clone();
    Box::pin(async move {
        let (session, _api) = api(odd).await;
        let mut pages = Pages::default();
        pages.add(
            case,
            session
                .try_create(type_name, &config)
                .await
                .unwrap_or_else(|failed| failed),
        );
        pages
    })
}

/// Creates a token while no response to a POST arrives, and stops the provider after the POST.
fn create_and_stop(case: &'static str, config: &Json) -> Case {
    let config = config.clone();
    Box::pin(async move {
        let (session, api) = api(|request| match request.method.as_str() {
            "POST" => Some(Reply::CloseConnection),
            _ => Some(Reply::ok(json!({ "tokens": [] }))),
        })
        .await;
        // After a stop the provider does not try again, and its further requests end after half a minute.
        let (failed, ()) = tokio::join!(session.try_create(TOKEN, &config), async {
            let sent = || api.calls().iter().any(|call| call.starts_with("POST"));
            eventually("the POST", sent).await;
            session.stop().await;
        });
        let mut pages = Pages::default();
        pages.add(case, failed.unwrap_err());
        pages
    })
}

/// Returns another response to requests of this method.
fn respond_to(
    method: &'static str,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static {
    move |request| (request.method == method).then(&reply)
}

/// Creates an account while requests to create one fail with status 500. `look` is the response to the reads before and
/// after, which are numbered.
fn create_account_in_doubt(
    case: &'static str,
    look: impl Fn(usize) -> Option<Reply> + Send + Sync + 'static,
) -> Case {
    let looks = AtomicUsize::new(0);
    create(case, ACCOUNT, &config(ACCOUNT), move |request| {
        match request.method.as_str() {
            "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
            _ => look(looks.fetch_add(1, Ordering::SeqCst)),
        }
    })
}

pub(super) async fn writes(pages: &mut Pages) {
    pages.chapter("Writes whose result differs from the request");
    let cases = [accounts(), tokens(), ducklings()].into_iter().flatten();
    for case in join_all(cases).await {
        pages.append(case);
    }
}

fn accounts() -> Vec<Case> {
    let account = config(ACCOUNT);
    vec![
        create(
            "an account that exists",
            ACCOUNT,
            &account,
            respond_to("POST", || error(409, "CONFLICT")),
        ),
        create(
            "an account that was there before, and a lost response",
            ACCOUNT,
            &account,
            respond_to("POST", || Reply::CloseConnection),
        ),
        create_account_in_doubt("an account that does not appear after a lost response", |_| {
            Some(not_found())
        }),
        create_account_in_doubt(
            "an account that cannot be looked for after a lost response",
            |look| {
                Some(if look == 0 {
                    not_found()
                } else {
                    error(403, "FORBIDDEN")
                })
            },
        ),
        create_account_in_doubt("an account that was present before", |_| None),
        create(
            "an account with another name",
            ACCOUNT,
            &account,
            |request| match request.method.as_str() {
                "POST" => Some(Reply::ok(json!({ "username": "loader_2" }))),
                _ => Some(not_found()),
            },
        ),
    ]
}

fn tokens() -> Vec<Case> {
    let token = config(TOKEN);
    let generated = json!({ "username": "loader", "name_prefix": "nightly-" });
    let refused = || respond_to("POST", || error(409, "CONFLICT"));
    let renamed = || Reply::ok(listed(&json!({ "name": "other", "token": "secret" })));
    let looks = AtomicUsize::new(0);
    vec![
        create("a token name that is taken", TOKEN, &token, refused()),
        create(
            "a token with another name",
            TOKEN,
            &token,
            respond_to("POST", renamed),
        ),
        create(
            "a token with another name that cannot be revoked",
            TOKEN,
            &token,
            move |request| match request.method.as_str() {
                "POST" => Some(renamed()),
                "DELETE" => Some(error(403, "FORBIDDEN")),
                _ => None,
            },
        ),
        create(
            "a prefix of which every name is taken",
            TOKEN,
            &generated,
            refused(),
        ),
        create(
            "a token whose account cannot be looked at before",
            TOKEN,
            &token,
            respond_to("GET", || error(403, "FORBIDDEN")),
        ),
        create(
            "a token of the same name after a lost response",
            TOKEN,
            &with(&token, "token_type", json!("read_scaling")),
            move |request| match request.method.as_str() {
                "POST" => Some(Reply::CloseConnection),
                "GET" if looks.fetch_add(1, Ordering::SeqCst) == 0 => {
                    Some(Reply::ok(json!({ "tokens": [] })))
                }
                _ => None,
            },
        ),
        create_and_stop(
            "a token that does not appear after a lost response and a stop",
            &token,
        ),
        create(
            "a token whose response lacks the secret",
            TOKEN,
            &token,
            respond_to("POST", || Reply::ok(json!({ "id": TOKEN_ID }))),
        ),
        create(
            "a token without its description",
            TOKEN,
            &with(&token, "description", json!("loads")),
            respond_to("POST", || Reply::ok(listed(&json!({ "token": "secret" })))),
        ),
    ]
}

fn ducklings() -> Vec<Case> {
    let both = config(DUCKLINGS);
    let one = json!({ "username": "loader", "read_write": { "instance_size": "giga" } });
    let gets = AtomicUsize::new(0);
    vec![
        create(
            "Ducklings that are stored differently",
            DUCKLINGS,
            &both,
            |request| {
                let stored = || edited(&request.body["config"], "read_scaling.flock_size", json!(1));
                (request.method == "PUT").then(|| Reply::ok(stored()))
            },
        ),
        create(
            "Ducklings that something else overwrites",
            DUCKLINGS,
            &one,
            |_| None,
        ),
        create(
            "Ducklings that cannot be read back",
            DUCKLINGS,
            &one,
            move |request| {
                let is_later_read = request.method == "GET" && gets.fetch_add(1, Ordering::SeqCst) > 0;
                is_later_read.then(|| error(403, "FORBIDDEN"))
            },
        ),
        create(
            "Ducklings that did not change",
            DUCKLINGS,
            &edited(&both, "read_write.instance_size", json!("giga")),
            respond_to("PUT", || error(500, "INTERNAL_SERVER_ERROR")),
        ),
        create(
            "Ducklings with a value that the API blames",
            DUCKLINGS,
            &both,
            respond_to("PUT", || {
                Reply::Json(
                    400,
                    json!({
                        "code": "BAD_REQUEST", "message": "Bad Request",
                        "issues": [{ "message": "too many", "path": ["config", "read_scaling", "flock_size"] }],
                    }),
                )
            }),
        ),
    ]
}
