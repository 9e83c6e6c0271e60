//! Deletions that warn or fail.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::fixtures::{self, config, error, stored, with};
use super::pages::Pages;
use crate::host::{ACCOUNT, DUCKLINGS, Reply, StoredObject, edited};

pub(super) async fn deletions(pages: &mut Pages) {
    pages.chapter("Deletions");
    let (session, _api) = fixtures::api(|_| None).await;
    let protected = StoredObject::of(edited(&stored(ACCOUNT).state, "deletion_protection", json!(true)));
    pages.add(
        "the destroy of a protected account",
        session.plan_destroy(ACCOUNT, &protected).await.unwrap_err(),
    );
    let other = json!({ "username": "other" });
    pages.add(
        "another name for a protected account",
        session
            .try_plan(ACCOUNT, &other, Some(&protected))
            .await
            .unwrap_err(),
    );
    let plan = session.plan(ACCOUNT, &config(ACCOUNT), None).await;
    let failed = session
        .apply_once(&plan.delete_of_tainted(&protected))
        .await
        .unwrap_err();
    pages.add("the deletion of a tainted, protected account", failed);
    let plan = session.plan_destroy(DUCKLINGS, &stored(DUCKLINGS)).await.unwrap();
    pages.add("the destroy of Ducklings", plan.diagnostics);
    let restoring = StoredObject::of(edited(
        &stored(DUCKLINGS).state,
        "restore_on_destroy",
        json!(true),
    ));
    let plan = session.plan_destroy(DUCKLINGS, &restoring).await.unwrap();
    pages.add(
        "Ducklings whose values before are not known",
        session.apply(&plan).await.diagnostics,
    );

    let restore = with(&config(DUCKLINGS), "restore_on_destroy", json!(true));
    for (case, reply) in [
        ("Ducklings whose values before are refused", Some(400)),
        ("Ducklings whose values before are not stored", None),
    ] {
        let (puts, size) = (AtomicUsize::new(0), Mutex::new("standard"));
        let (session, _api) = fixtures::api(move |request| {
            if request.method != "PUT" {
                return None;
            }
            *size.lock().unwrap() = "giga";
            match (puts.fetch_add(1, Ordering::SeqCst), reply) {
                (0, _) => None,
                (_, Some(status)) => Some(error(status, "BAD_REQUEST")),
                (_, None) => Some(Reply::ok(edited(
                    &request.body["config"],
                    "read_scaling.flock_size",
                    json!(1),
                ))),
            }
        })
        .await;
        let stored = session.create(DUCKLINGS, &restore).await;
        let plan = session.plan_destroy(DUCKLINGS, &stored).await.unwrap();
        pages.add(case, session.try_apply(&plan).await.unwrap_err().diagnostics);
    }
}
