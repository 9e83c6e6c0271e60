//! Invalid requests, interrupted calls, and calls during shutdown.

use motherduck_provider::proto::tfplugin6 as proto;
use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};

use super::fixtures::{config, stored, with};
use super::pages::Pages;
use crate::host::{ACCOUNT, Diagnostics, ListQuery, Session, TOKEN, TOKEN_ID, dynamic_value};
use crate::shutdown::refusal_of_writes;
use crate::state_moves;
use crate::transport::signal;

pub(super) async fn hosts(pages: &mut Pages) {
    pages.chapter("Invalid requests, and calls that are interrupted or refused");
    let session = Session::start().await;
    session.configure_for("https://127.0.0.1:1").await;
    unknown_types(pages, &session).await;
    identities(pages, &session).await;
    moves(pages, &session).await;
    for (case, limit, with_config) in [
        ("a negative limit", -1, true),
        ("a query that is not known yet", 0, false),
    ] {
        let mut request = session.list_request(&ListQuery::all(TOKEN));
        request.limit = limit;
        if !with_config {
            request.config = Some(unknown_username());
        }
        let mut events = session
            .client()
            .list_resource(request)
            .await
            .unwrap()
            .into_inner();
        let event = events.message().await.unwrap().unwrap();
        pages.add(case, Diagnostics::read(&event.diagnostic));
    }
    let nothing = Some(session.resource(ACCOUNT).encode(&Json::Null));
    let request = proto::apply_resource_change::Request {
        type_name: ACCOUNT.into(),
        prior_state: nothing.clone(),
        planned_state: nothing.clone(),
        config: nothing,
        ..Default::default()
    };
    let response = session.send_apply(request).await;
    let diagnostics = Diagnostics::read(&response.diagnostics);
    pages.add("a change from nothing to nothing", diagnostics);
    interruptions(pages).await;
}

/// A query configuration whose `username` is unknown.
fn unknown_username() -> proto::DynamicValue {
    let mut msgpack = vec![0x81, 0xa8];
    msgpack.extend(b"username");
    msgpack.extend([0xd4, 0, 0]);
    dynamic_value(msgpack)
}

async fn unknown_types(pages: &mut Pages, session: &Session) {
    let mut client = session.client();
    macro_rules! add {
        ($($case:literal: $call:ident($message:ident)),* $(,)?) => { $({
            #[allow(clippy::needless_update, reason = "some requests hold nothing else")]
            let request = proto::$message::Request {
                type_name: "motherduck_share".to_owned(),
                ..Default::default()
            };
            let response = client.$call(request).await.unwrap().into_inner();
            pages.add($case, Diagnostics::read(&response.diagnostics));
        })* };
    }
    add!(
        "a resource of another version": validate_resource_config(validate_resource_config),
        "a data source of another version": validate_data_resource_config(validate_data_resource_config),
        "an ephemeral resource of another version":
            validate_ephemeral_resource_config(validate_ephemeral_resource_config),
        "a list resource of another version": validate_list_resource_config(validate_list_resource_config),
        "an action of another version": validate_action_config(validate_action_config),
        "a state store": get_states(get_states),
    );
}

async fn identities(pages: &mut Pages, session: &Session) {
    for (case, type_name, identity) in [
        ("an import without an id", ACCOUNT, Json::Null),
        (
            "an import by a part of an identity",
            TOKEN,
            json!({ "username": "loader", "id": null }),
        ),
        (
            "an import by an identity that no account has",
            ACCOUNT,
            json!({ "username": ".." }),
        ),
        (
            "an import by an identity that no token has",
            TOKEN,
            json!({ "username": "loader", "id": ".." }),
        ),
    ] {
        let refused = session.try_import_by(type_name, &identity).await.unwrap_err();
        pages.add(case, refused);
    }
    for (case, version, text) in [
        ("a newer identity", 1, "{\"username\":\"loader\"}"),
        ("an identity that cannot be read", 0, "{"),
        ("an identity that is not whole", 0, "{}"),
    ] {
        let refused = session
            .upgrade_identity(ACCOUNT, version, text)
            .await
            .unwrap_err();
        pages.add(case, refused);
    }
    let mut other = stored(ACCOUNT);
    other.identity = json!({ "username": "other" });
    let refused = session
        .try_plan(
            ACCOUNT,
            &with(&config(ACCOUNT), "deletion_protection", json!(true)),
            Some(&other),
        )
        .await
        .unwrap_err();
    pages.add("an identity of another object", refused);
}

async fn moves(pages: &mut Pages, session: &Session) {
    let official = "registry.terraform.io/motherduckdb/motherduck";
    for (case, address, type_name, version, state) in [
        (
            "a move from a provider that is not known",
            "registry.terraform.io/hashicorp/random",
            "random_id",
            0,
            json!({}),
        ),
        (
            "a move from a newer version",
            official,
            "motherduck_access_token",
            7,
            json!({ "id": TOKEN_ID }),
        ),
    ] {
        let request = state_moves::request((address, type_name, version, &state), TOKEN);
        let response = session.client().move_resource_state(request).await.unwrap();
        pages.add(case, Diagnostics::read(&response.into_inner().diagnostics));
    }
}

/// Calls that are interrupted, and calls that are refused.
async fn interruptions(pages: &mut Pages) {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.pem");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let session = Session::start().await;
    let settings = json!({ "ca_certificate_file": pipe.to_str() });
    session.configure_with("https://127.0.0.1:1", &settings).await;
    let stored = stored(ACCOUNT);
    let mut read = Box::pin(session.try_read(ACCOUNT, &stored));
    // A stop ends the calls that have begun.
    let interrupted = loop {
        tokio::select! {
            read = &mut read => break read.unwrap_err(),
            () = async {
                session.stop().await;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            } => {}
        }
    };
    drop(read);
    pages.add("an interruption", interrupted);

    let session = Session::start().await;
    signal(session.process().pid(), Signal::SIGTERM);
    let refused = refusal_of_writes(&session).await;
    pages.add("a change after the signal to end", refused);
}
