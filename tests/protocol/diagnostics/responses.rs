//! Responses of the API, and failures to get one.

use serde_json::json;

use super::fixtures::{always, error, stored};
use super::pages::Pages;
use crate::host::{ACCOUNT, Reply, Session, unknown, unreachable_url};

/// Adds the diagnostics of the refresh of an account for each kind of response.
pub(super) async fn responses(pages: &mut Pages) {
    pages.chapter("Responses of the API, and failures to get one");
    let page = "<html><head><title>Sign in</title></head></html>";
    let cases = [
        ("400", error(400, "BAD_REQUEST")),
        ("401", error(401, "UNAUTHORIZED")),
        ("403", error(403, "FORBIDDEN")),
        (
            "404 without the API's code",
            Reply::Other(404, "text/plain", "Not Found"),
        ),
        ("429", error(429, "TOO_MANY_REQUESTS")),
        ("500", error(500, "INTERNAL_SERVER_ERROR")),
        ("502 of a gateway", Reply::Other(502, "text/html", page)),
        ("200 with a page", Reply::Other(200, "text/html", page)),
        (
            "200 with something else",
            Reply::Other(200, "application/json", "[]"),
        ),
        ("a closed connection", Reply::CloseConnection),
    ];
    for (case, reply) in cases {
        let (session, _api) = always(reply).await;
        let diagnostics = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
        pages.add(case, diagnostics);
    }
    let (url, _port) = unreachable_url();
    let session = Session::on(&url).await;
    let diagnostics = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
    pages.add("no connection", diagnostics);

    let session = Session::start().await;
    session.configure(&json!({})).await.assert_empty();
    let diagnostics = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
    pages.add("no access token", diagnostics);
    session
        .configure(&json!({ "admin_token": unknown() }))
        .await
        .assert_empty();
    let diagnostics = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
    pages.add("an access token that is not known yet", diagnostics);
}
