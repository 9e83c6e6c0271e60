//! Other programs change the same Ducklings during an apply.

use super::*;

fn others() -> Json {
    json!({ "instance_size": "mega", "flock_size": 9, "cooldown_seconds": 300 })
}

#[tokio::test]
async fn overwritten_block_is_sent_again_with_the_current_other_block() {
    // The other writer reads before the first PUT and writes after it.
    let live = Mutex::new(before());
    let puts_so_far = AtomicUsize::new(0);
    let (session, api) = Session::on_script(move |request| {
        let mut live = live.lock().unwrap();
        if request.method != "PUT" {
            return Reply::ok(live.clone());
        }
        *live = request.body["config"].clone();
        let response = live.clone();
        if puts_so_far.fetch_add(1, Ordering::Relaxed) == 0 {
            *live = edited(&before(), "read_scaling", others());
        }
        Reply::ok(response)
    })
    .await;
    let config = only(
        "read_write",
        &json!({ "instance_size": "giga", "cooldown_seconds": 600 }),
    );
    let stored = session.create(DUCKLINGS, &config).await;
    let giga = json!({ "instance_size": "giga", "cooldown_seconds": 600 });
    assert_eq!(
        puts(&api),
        [
            json!({ "read_write": giga, "read_scaling": before()["read_scaling"] }),
            json!({ "read_write": giga, "read_scaling": others() }),
        ]
    );
    let methods: Vec<String> = api.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["GET", "PUT", "GET", "GET", "PUT", "GET"]);
    assert_eq!(stored["read_scaling"], others());
}

#[tokio::test]
async fn block_overwritten_twice_is_an_error() {
    for echo in [true, false] {
        let live = Mutex::new(before());
        let (session, api) = Session::on_script(move |request| {
            let mut live = live.lock().unwrap();
            if request.method != "PUT" {
                return Reply::ok(live.clone());
            }
            let sent = request.body["config"].clone();
            *live = edited(&sent, "read_write", before()["read_write"].clone());
            Reply::ok(if echo { sent } else { live.clone() })
        })
        .await;
        let failed = session.try_create(DUCKLINGS, &giga()).await.unwrap_err();
        let words = if echo {
            "Something else wrote"
        } else {
            "not stored as they were sent"
        };
        failed.assert_error(
            "read_write.instance_size",
            &[words, "sent \"giga\", stored \"standard\""],
        );
        assert_eq!(failed.object()["read_write"], before()["read_write"]);
        assert_eq!(puts(&api).len(), 2);
    }
}

#[tokio::test]
async fn failed_read_of_the_cooldown_after_put_is_a_warning() {
    let gets = AtomicUsize::new(0);
    let (session, _api) = Session::on_script(move |request| {
        let silent =
            json!({ "read_write": { "instance_size": "giga" }, "read_scaling": before()["read_scaling"] });
        match request.method.as_str() {
            "PUT" => Reply::ok(silent),
            _ if gets.fetch_add(1, Ordering::Relaxed) == 0 => Reply::ok(before()),
            _ => Reply::error(403, "FORBIDDEN", "Unauthorized"),
        }
    })
    .await;
    let applied = session.try_create(DUCKLINGS, &giga()).await.unwrap();
    applied.assert_warning("", &["cooldown", "403 FORBIDDEN", "next refresh"]);
    assert_eq!(
        applied.stored.unwrap()["read_write"]["cooldown_seconds"],
        Json::Null
    );
}
