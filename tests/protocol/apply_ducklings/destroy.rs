//! A destroy keeps the live sizes or restores the earlier ones.

use motherduck_emulator::Emulator;

use super::*;

#[tokio::test]
async fn plan_of_destroy_warns_once_per_run_that_sizes_are_unchanged() {
    let (session, api) = on(Emulator::builder()).await;
    seed_users(
        &api,
        &json!([{ "username": "other", "is_service_account": true }]),
    );
    let stored = session.create(DUCKLINGS, &giga()).await;
    let other = edited(&giga(), "username", json!("other"));
    let other = session.create(DUCKLINGS, &other).await;
    let was = live(&api);
    api.clear_requests();
    let plan = session.plan_destroy(DUCKLINGS, &stored).await.unwrap();
    plan.diagnostics.assert_warning(
        "",
        &[
            "Ducklings are left as they are",
            "does not matter if the account",
            "restore_on_destroy",
        ],
    );
    let second = session.plan_destroy(DUCKLINGS, &other).await.unwrap();
    second.diagnostics.assert_empty();
    for plan in [plan, second] {
        session.apply(&plan).await.diagnostics.assert_empty();
    }
    assert_eq!(live(&api), was);
    assert!(calls(&api).is_empty());

    // The plan of another run.
    session.configure_for(&api.url()).await;
    let again = session.plan_destroy(DUCKLINGS, &stored).await.unwrap();
    again.diagnostics.assert_warning("", &["left as they are"]);
}

#[tokio::test]
async fn destroy_after_another_create_in_the_same_run_has_no_warning() {
    let (session, _api) = on(Emulator::builder()).await;
    let old = session.create(DUCKLINGS, &giga()).await;
    session.create(DUCKLINGS, &giga()).await;
    session
        .plan_destroy(DUCKLINGS, &old)
        .await
        .unwrap()
        .diagnostics
        .assert_empty();
}

#[tokio::test]
async fn destroy_restores_only_configured_blocks() {
    let (session, api) = on(Emulator::builder()).await;
    let config = restored();
    let stored = session.create(DUCKLINGS, &config).await;
    let stored = session.refresh(DUCKLINGS, &stored).await;
    let drifted = json!({ "instance_size": "standard", "flock_size": 7, "cooldown_seconds": 240 });
    set_live(&api, &edited(&live(&api), "read_scaling", drifted.clone()));
    session.destroy(DUCKLINGS, &stored).await.assert_empty();
    assert_eq!(live(&api), edited(&before(), "read_scaling", drifted));
}

#[tokio::test]
async fn destroy_restores_a_block_removed_from_the_configuration() {
    let (session, api) = on(Emulator::builder()).await;
    let scaling = json!({ "instance_size": "mega", "flock_size": 9 });
    let both = edited(&restored(), "read_scaling", scaling);
    let stored = session.create(DUCKLINGS, &both).await;
    // One block is removed from the configuration, then the other one is changed. Each change has its own
    // plan.
    let config = edited(
        &edited(&both, "read_scaling", Json::Null),
        "read_write.instance_size",
        json!("jumbo"),
    );
    let stored = session.update(DUCKLINGS, &config, &stored).await;
    session.destroy(DUCKLINGS, &stored).await.assert_empty();
    assert_eq!(live(&api), before());
}

#[tokio::test]
async fn replacement_restores_ducklings_of_the_previous_account() {
    let (session, api) = on(Emulator::builder()).await;
    seed_users(
        &api,
        &json!([{ "username": "other", "is_service_account": true }]),
    );
    let config = restored();
    let stored = session.create(DUCKLINGS, &config).await;
    let other = edited(&config, "username", json!("other"));
    let stored = session.replace(DUCKLINGS, &other, &stored).await;
    assert_eq!(live(&api), before());
    assert_eq!(stored["id"], "other");
    session.destroy(DUCKLINGS, &stored).await.assert_empty();
    let other = account(&api, "other");
    assert_eq!(
        other["ducklings"]["read_write"]["instance_size"], "standard",
        "and so are the new one's"
    );
}

#[tokio::test]
async fn destroy_after_create_of_another_object_restores_nothing() {
    let (session, api) = on(Emulator::builder()).await;
    let config = restored();
    let old = session.create(DUCKLINGS, &config).await;
    // The order of `create_before_destroy`, in a separate run.
    session.configure_for(&api.url()).await;
    let jumbo = edited(&config, "read_write.instance_size", json!("jumbo"));
    session.create(DUCKLINGS, &jumbo).await;
    let was = live(&api);
    let diagnostics = session.destroy(DUCKLINGS, &old).await;
    diagnostics.assert_warning(
        "",
        &[
            "stay as they are",
            "must not be undone",
            "cooldown_seconds = 75",
            "flock_size = 3",
        ],
    );
    assert_eq!(live(&api), was);
}

#[tokio::test]
async fn destroy_after_a_rejected_create_restores_earlier_values() {
    let (session, api) = on(Emulator::builder().behaviour(|of| of.plan = Tier::Lite)).await;
    let pulse = json!({
        "read_write": { "instance_size": "pulse" }, "read_scaling": { "instance_size": "pulse", "flock_size": 3 },
    });
    set_live(&api, &pulse);
    let larger = json!({ "instance_size": "pulse", "flock_size": 9 });
    let restore = edited(&only("read_scaling", &larger), "restore_on_destroy", json!(true));
    let old = session.create(DUCKLINGS, &restore).await;
    session.configure_for(&api.url()).await;
    let plan = session.plan(DUCKLINGS, &giga(), None).await;
    session.try_apply(&plan).await.unwrap_err();
    session.destroy(DUCKLINGS, &old).await.assert_empty();
    assert_eq!(live(&api), pulse);
}

#[tokio::test]
async fn destroy_concurrent_with_a_create_restores_nothing() {
    let (session, api) = on(Emulator::builder().latency(std::time::Duration::from_millis(50))).await;
    let restore = restored();
    let old = session.create(DUCKLINGS, &restore).await;
    session.configure_for(&api.url()).await;
    // A second resource with another address manages the same account, as after a rename without a `moved`
    // block.
    let jumbo = edited(&restore, "read_write.instance_size", json!("jumbo"));
    let (new, end) = (
        session.plan(DUCKLINGS, &jumbo, None).await,
        session.plan_destroy(DUCKLINGS, &old).await.unwrap(),
    );
    let (created, destroyed) = tokio::join!(session.apply_once(&new), session.apply_once(&end));
    created.unwrap();
    destroyed.unwrap();
    assert_eq!(live(&api)["read_write"]["instance_size"], "jumbo");
}

#[tokio::test]
async fn destroy_after_replacement_restores_blocks_of_both_objects() {
    let (session, api) = on(Emulator::builder()).await;
    let old = session.create(DUCKLINGS, &giga()).await;
    session.destroy(DUCKLINGS, &old).await;
    let scaling = json!({ "instance_size": "mega", "flock_size": 9 });
    let config = edited(&only("read_scaling", &scaling), "restore_on_destroy", json!(true));
    let new = session.create(DUCKLINGS, &config).await;
    session.destroy(DUCKLINGS, &new).await.assert_empty();
    assert_eq!(live(&api), before());
}

#[tokio::test]
async fn destroy_after_replacement_restores_values_before_both_objects() {
    let (session, api) = on(Emulator::builder()).await;
    let old = session.create(DUCKLINGS, &giga()).await;
    session.destroy(DUCKLINGS, &old).await;
    let config = restored();
    let new = session.create(DUCKLINGS, &config).await;
    session.destroy(DUCKLINGS, &new).await.assert_empty();
    assert_eq!(live(&api), before());
}

#[tokio::test]
async fn destroy_after_a_create_in_another_run_restores_values_of_that_run() {
    let (session, api) = on(Emulator::builder()).await;
    let old = session.create(DUCKLINGS, &giga()).await;
    session.destroy(DUCKLINGS, &old).await;
    let between = edited(&before(), "read_write.instance_size", json!("mega"));
    set_live(&api, &between);
    session.configure_for(&api.url()).await;
    let config = restored();
    let new = session.create(DUCKLINGS, &config).await;
    session.destroy(DUCKLINGS, &new).await.assert_empty();
    assert_eq!(live(&api), between);
}

#[tokio::test]
async fn destroy_after_import_restores_values_at_the_import() {
    let (session, api) = on(Emulator::builder()).await;
    let stored = session.import(DUCKLINGS, "loader").await;
    let config = restored();
    let stored = session.update(DUCKLINGS, &config, &stored).await;
    session.destroy(DUCKLINGS, &stored).await.assert_empty();
    assert_eq!(live(&api), before());
}

#[tokio::test]
async fn destroy_for_a_deleted_account_succeeds() {
    let (session, api) = on(Emulator::builder()).await;
    let account = session.import(ACCOUNT, "loader").await;
    let stored = session.create(DUCKLINGS, &restored()).await;
    let unprotected = json!({ "username": "loader", "deletion_protection": false });
    let account = session.update(ACCOUNT, &unprotected, &account).await;
    session.destroy(ACCOUNT, &account).await;
    session.destroy(DUCKLINGS, &stored).await.assert_empty();
    drop(api);
}
