//! Invalid states and identities.

use super::pages::Pages;
use crate::host::{ACCOUNT, Session, TOKEN};

pub(super) async fn states(pages: &mut Pages) {
    pages.chapter("Stored states");
    let session = Session::start().await;
    for (case, version, text) in [
        ("a newer state", 2, "{}"),
        ("a state that is no JSON", 1, "{"),
        ("a state that is no object", 1, "null"),
        ("a state of another form", 1, "{\"username\":[]}"),
    ] {
        pages.add(case, session.upgrade(ACCOUNT, version, text).await.unwrap_err());
    }
    pages.add(
        "a state of the community's provider without its key",
        session
            .upgrade(TOKEN, 0, "{\"username\":\"loader\"}")
            .await
            .unwrap_err(),
    );
    pages.add(
        "a state of the community's provider that cannot be read",
        session.upgrade(TOKEN, 0, "[]").await.unwrap_err(),
    );
}
