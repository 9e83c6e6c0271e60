//! The number of requests of a refresh and of an apply, and when a read must not use an earlier response.

use futures_util::{StreamExt as _, stream};
use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};

use crate::host::{
    ACCOUNT, DUCKLINGS, Reply, Request, Session, StoredObject, TOKEN, calls, edited, smallest_ducklings,
    tokens,
};

/// The default number of objects that core reads in parallel.
const PARALLELISM: usize = 10;

fn token_id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn token(username: &str, number: usize) -> StoredObject {
    StoredObject::of(json!({
        "username": username, "name": format!("n{number}"), "token_type": "read_write", "id": token_id(number),
        "created_ts": "2026-01-01T00:00:00Z", "revoke_on_destroy": true, "read_only": false,
        "ready_for_rotation": false,
    }))
}

fn listing(numbers: impl IntoIterator<Item = usize>) -> Json {
    let token = |number| {
        json!({
            "id": token_id(number), "name": format!("n{number}"), "token_type": "read_write",
            "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
        })
    };
    json!({ "tokens": numbers.into_iter().map(token).collect::<Vec<_>>() })
}

/// An organization in which every account exists and has this many tokens.
fn full(request: &Request, numbers: usize) -> Reply {
    Reply::ok(if request.path.ends_with("/tokens") {
        listing(0..numbers)
    } else {
        smallest_ducklings()
    })
}

/// Reads all objects, `at_once` of them in parallel, and returns how many exist.
async fn read_all(session: &Session, objects: &[(&str, StoredObject)], at_once: usize) -> usize {
    let reads = objects
        .iter()
        .map(|(type_name, stored)| session.read(type_name, stored));
    let found = stream::iter(reads).buffer_unordered(at_once);
    found
        .filter(|read| std::future::ready(read.stored.is_some()))
        .count()
        .await
}

/// Reads all objects in parallel and then one after the other, and expects this number of existing objects
/// and of requests each time.
async fn assert_refresh(
    objects: &[(&str, StoredObject)],
    parallelism: usize,
    response: impl Fn(&Request) -> Reply + Copy + Send + Sync + 'static,
    existing: usize,
    requests: usize,
) {
    for at_once in [parallelism, 1] {
        let (session, api) = Session::on_script(response).await;
        assert_eq!(read_all(&session, objects, at_once).await, existing);
        assert_eq!(api.calls().len(), requests, "{at_once} at once");
    }
}

// --- Refreshes ---

#[tokio::test]
async fn refresh_of_1000_tokens_of_10_accounts_sends_20_requests() {
    let mut objects = Vec::new();
    for number in 0..10 {
        let username = format!("svc_{number}");
        objects.push((ACCOUNT, StoredObject::account(&username)));
        objects.extend((0..100).map(|number| (TOKEN, token(&username, number))));
    }
    assert_refresh(&objects, PARALLELISM, |request| full(request, 100), 1010, 20).await;
}

#[tokio::test]
async fn refresh_of_500_tokens_of_one_account_sends_2_requests() {
    let tokens = (0..500).map(|number| (TOKEN, token("loader", number)));
    let objects: Vec<_> = std::iter::once((ACCOUNT, StoredObject::account("loader")))
        .chain(tokens)
        .collect();
    assert_refresh(&objects, 50, |request| full(request, 500), 501, 2).await;
}

#[tokio::test]
async fn refresh_of_200_accounts_with_ducklings_sends_200_requests() {
    let names = (0..200).map(|number| format!("svc_{number}"));
    let objects: Vec<_> = names
        .flat_map(|name| {
            [
                (ACCOUNT, StoredObject::account(&name)),
                (DUCKLINGS, StoredObject::ducklings(&name)),
            ]
        })
        .collect();
    assert_refresh(&objects, PARALLELISM, |request| full(request, 0), 400, 200).await;
}

#[tokio::test]
async fn refresh_of_a_deleted_account_with_1000_tokens_sends_4_requests() {
    let mut objects = vec![
        (ACCOUNT, StoredObject::account("loader")),
        (DUCKLINGS, StoredObject::ducklings("loader")),
    ];
    objects.extend((0..1000).map(|number| (TOKEN, token("loader", number))));
    assert_refresh(
        &objects,
        PARALLELISM,
        |_| Reply::error(404, "NOT_FOUND", "No such user"),
        0,
        4,
    )
    .await;
}

// --- Invalidation ---

/// Starts with an account whose Ducklings were read already.
async fn with_ducklings() -> (motherduck_contract::CheckedEmulator, Session, StoredObject) {
    let (session, api) = Session::on_loader(Emulator::builder()).await;
    let stored = session.import(DUCKLINGS, "loader").await;
    assert_eq!(flock_size(&session.refresh(DUCKLINGS, &stored).await), 4);
    (api, session, stored)
}

fn flock_size(stored: &StoredObject) -> i64 {
    stored["read_scaling"]["flock_size"].as_i64().unwrap()
}

/// Changes the Ducklings as another program.
async fn change_elsewhere(api: &motherduck_contract::CheckedEmulator, flock_size: i64) {
    let session = Session::on(&api.url()).await;
    let stored = session.import(DUCKLINGS, "loader").await;
    let config = json!({ "username": "loader", "read_write": { "instance_size": "standard" },
        "read_scaling": { "instance_size": "standard", "flock_size": flock_size } });
    let plan = session.plan(DUCKLINGS, &config, Some(&stored)).await;
    session.apply(&plan).await.object();
}

#[tokio::test]
async fn write_invalidates_shared_responses() {
    let (api, session, stored) = with_ducklings().await;
    change_elsewhere(&api, 7).await;
    // The shared response is still used; a read one moment earlier would not have shown the change either.
    assert_eq!(flock_size(&session.refresh(DUCKLINGS, &stored).await), 4);
    session
        .create(TOKEN, &json!({ "username": "loader", "name": "nightly" }))
        .await;
    assert_eq!(flock_size(&session.refresh(DUCKLINGS, &stored).await), 7);
}

#[tokio::test]
async fn configure_invalidates_shared_responses() {
    let (api, session, stored) = with_ducklings().await;
    change_elsewhere(&api, 7).await;
    session.configure_for(&api.url()).await;
    assert_eq!(flock_size(&session.refresh(DUCKLINGS, &stored).await), 7);
}

#[tokio::test]
async fn data_sources_and_imports_do_not_use_shared_responses() {
    let (api, session, stored) = with_ducklings().await;
    change_elsewhere(&api, 7).await;
    let found = session
        .read_data_source(DUCKLINGS, &json!({ "username": "loader" }))
        .await;
    assert_eq!(found["read_scaling"]["flock_size"], 7);
    assert_eq!(flock_size(&session.refresh(DUCKLINGS, &stored).await), 7);
    change_elsewhere(&api, 8).await;
    // Core refreshes what it has imported.
    assert_eq!(flock_size(&session.import(DUCKLINGS, "loader").await), 8);
    assert_eq!(flock_size(&session.refresh(DUCKLINGS, &stored).await), 8);
}

#[tokio::test]
async fn action_does_not_use_a_shared_listing() {
    let (api, session, _) = with_ducklings().await;
    let read = session.read(TOKEN, &token("loader", 0)).await;
    assert_eq!(read.stored, None);
    let config = json!({ "username": "loader", "name": "nightly" });
    let elsewhere = Session::on(&api.url()).await;
    elsewhere.create(TOKEN, &config).await;
    let username = json!({ "username": "loader" });
    session.invoke("motherduck_revoke_tokens", &username).await;
    assert!(tokens(&api).is_empty());
}

// --- Applies ---

/// Returns the requests of an apply, without the names of objects.
async fn sent(
    api: &motherduck_contract::CheckedEmulator,
    apply: impl Future<Output = StoredObject>,
) -> (StoredObject, Vec<String>) {
    api.clear_requests();
    let stored = apply.await;
    (stored, calls(api))
}

#[tokio::test]
async fn apply_sends_only_necessary_requests() {
    let (session, api) = Session::on_emulator().await;
    let both = |size: i64| {
        json!({ "username": "loader", "read_write": { "instance_size": "pulse" },
            "read_scaling": { "instance_size": "pulse", "flock_size": size } })
    };
    let one = json!({ "username": "loader", "read_scaling": { "instance_size": "pulse", "flock_size": 3 } });
    let of_account = json!({ "username": "loader", "deletion_protection": false });
    let with_prefix = json!({ "username": "loader", "name_prefix": "nightly-" });
    let with_name = json!({ "username": "loader", "name": "nightly" });
    let (user, tokens, instances) = (
        "/v1/users/loader",
        "/v1/users/loader/tokens",
        "/v1/users/loader/instances",
    );
    let get = |path: &str| format!("GET {path}");
    let managed = both(2);
    let mut live = Vec::new();
    for (type_name, config, expected) in [
        // A lost response is interpreted by whether the account existed before.
        (
            ACCOUNT,
            &of_account,
            vec![get(instances), "POST /v1/users".to_owned()],
        ),
        (TOKEN, &with_prefix, vec![format!("POST {tokens}")]),
        // A lost response is interpreted by which tokens existed before.
        (TOKEN, &with_name, vec![get(tokens), format!("POST {tokens}")]),
        // The live configuration is saved for the destroy.
        (
            DUCKLINGS,
            &managed,
            vec![get(instances), format!("PUT {instances}")],
        ),
    ] {
        let (stored, sent) = sent(&api, session.create(type_name, config)).await;
        assert_eq!(sent, expected, "{type_name}");
        live.push((type_name, config, stored));
    }
    let (_, _, stored) = live.pop().unwrap();
    let config = both(3);
    let update = session.update(DUCKLINGS, &config, &stored);
    let (stored, requests) = sent(&api, update).await;
    assert_eq!(requests, [get(instances), format!("PUT {instances}")]);
    // The unmanaged block is sent with its live values, and read back because other programs may write it.
    let other = edited(
        &one,
        "read_scaling",
        json!({ "instance_size": "pulse", "flock_size": 4 }),
    );
    let update = session.update(DUCKLINGS, &other, &stored);
    let (stored, requests) = sent(&api, update).await;
    assert_eq!(
        requests,
        [get(instances), format!("PUT {instances}"), get(instances)]
    );
    live.push((DUCKLINGS, &other, stored));

    api.clear_requests();
    for (type_name, config, stored) in &live {
        let refreshed = session.refresh(type_name, stored).await;
        session.assert_plan_is_empty(type_name, config, &refreshed).await;
    }
    assert_eq!(calls(&api), [get(instances), get(tokens)]);

    api.clear_requests();
    for (type_name, _, stored) in live.iter().rev() {
        session.destroy(type_name, stored).await;
    }
    let deletes: Vec<_> = calls(&api);
    assert_eq!(deletes.len(), 3, "{deletes:?}");
    assert!(
        deletes
            .iter()
            .all(|call| call.starts_with(&format!("DELETE {user}"))),
        "{deletes:?}"
    );
}
