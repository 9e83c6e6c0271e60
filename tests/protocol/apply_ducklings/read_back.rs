//! The provider compares what the API stored with what it sent.

use super::*;
use crate::host::merged;

/// An API that passes each received configuration through `store` before storing it. `store` also gets the
/// number of the PUT.
async fn storing(store: impl Fn(usize, &mut Json) + Send + Sync + 'static) -> ScriptedApi {
    let (live, puts) = (Mutex::new(before()), AtomicUsize::new(0));
    ScriptedApi::start(move |request| {
        let mut live = live.lock().unwrap();
        if request.method == "PUT" {
            *live = request.body["config"].clone();
            store(puts.fetch_add(1, Ordering::Relaxed) + 1, &mut live);
        }
        Reply::ok(live.clone())
    })
    .await
}

#[tokio::test]
async fn value_stored_differently_is_an_error_with_both_values() {
    let both = json!({
        "username": "loader",
        "read_write": { "instance_size": "giga", "cooldown_seconds": 600 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    });
    let cases = [
        (
            "read_write.instance_size",
            json!("mega"),
            "sent \"giga\", stored \"mega\"",
        ),
        (
            "read_scaling.cooldown_seconds",
            json!(60),
            "sent 90 seconds, stored 60 seconds",
        ),
    ];
    for (path, stored, words) in cases {
        let value = stored.clone();
        let api = storing(move |_, live| *live = edited(live, path, value.clone())).await;
        let session = Session::on(api.url()).await;
        let plan = session.plan(DUCKLINGS, &both, None).await;
        let failed = session.try_apply(&plan).await.unwrap_err();
        failed.assert_error(path, &["not stored as they were sent", words]);
        let kept = failed.object();
        let computed = json!({ "restore_on_destroy": false, "id": "loader" });
        assert_eq!(kept.state, edited(&merged(&both, &computed), path, stored));
        assert_eq!(puts(&api).len(), 1, "{path}");

        // The next apply fails in the same way, and its plan is the same.
        let plan = session.plan(DUCKLINGS, &both, Some(&kept)).await;
        let failed = session.try_apply(&plan).await.unwrap_err();
        failed.assert_error(path, &[words]);
        assert_eq!(failed.object().state, kept.state);
    }
}

#[tokio::test]
async fn put_response_without_cooldown_is_followed_by_a_read() {
    let live = Mutex::new(before());
    let (session, _api) = Session::on_script(move |request| {
        let mut live = live.lock().unwrap();
        if request.method == "PUT" {
            *live = request.body["config"].clone();
            return Reply::ok(edited(&live, "read_write", json!({ "instance_size": "giga" })));
        }
        Reply::ok(live.clone())
    })
    .await;
    let both = json!({
        "username": "loader",
        "read_write": { "instance_size": "giga", "cooldown_seconds": 700 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    });
    let stored = session.create(DUCKLINGS, &both).await;
    assert_eq!(stored["read_write"]["cooldown_seconds"], 700);
}
