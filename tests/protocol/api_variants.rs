//! The three resources from create to destroy with each less likely behaviour of the API alone. All other
//! tests use the likelier behaviours.

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{Behaviour, DuplicateStatus, Emulator, EmulatorBuilder};
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, Action, DUCKLINGS, Session, TOKEN, account, edited};

/// Returns each resource with an attribute that changes, its new value, and the action of the change.
fn resources() -> [(&'static str, Json, &'static str, Json, Action); 3] {
    [
        (
            ACCOUNT,
            json!({ "username": "svc", "deletion_protection": true }),
            "deletion_protection",
            json!(false),
            Action::Update,
        ),
        (
            TOKEN,
            json!({ "username": "svc", "name": "loader", "ttl": 3600 }),
            "ttl",
            json!(7200),
            Action::Replace,
        ),
        (
            DUCKLINGS,
            json!({
                "username": "svc", "read_write": { "instance_size": "standard" },
                "read_scaling": { "instance_size": "pulse", "flock_size": 1 },
            }),
            "read_write.instance_size",
            json!("mega"),
            Action::Update,
        ),
    ]
}

/// Creates, reads, changes and destroys each resource without a warning.
async fn assert_works(emulator: EmulatorBuilder) {
    let api = CheckedEmulator::start(emulator).await.unwrap();
    let session = Session::on(&api.url()).await;
    let mut last = Vec::new();
    for (type_name, config, attribute, value, action) in resources() {
        let applied = session.try_create(type_name, &config).await.unwrap();
        applied.assert_empty();
        let created = session.refresh(type_name, &applied.object()).await;
        session.assert_plan_is_empty(type_name, &config, &created).await;

        let other = edited(&config, attribute, value);
        let changed = session.change_to(type_name, &other, &created, action).await;
        let changed = session.refresh(type_name, &changed).await;
        session.assert_plan_is_empty(type_name, &other, &changed).await;
        last.push((type_name, changed));
    }
    let account = account(&api, "svc");
    let ids = account["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|token| &token["id"]);
    assert_eq!(
        ids.collect::<Vec<_>>(),
        [&last[1].1["id"]],
        "the replaced token is revoked"
    );
    // The state has the effective cooldown in both cases.
    let cooldown = |ducklings: &Json| ducklings["read_write"]["cooldown_seconds"].clone();
    assert_eq!(cooldown(&account["ducklings"]), cooldown(&last[2].1.state));

    for (type_name, stored) in last.into_iter().rev() {
        session.destroy(type_name, &stored).await;
    }
    assert!(!api.state()["accounts"].to_string().contains("\"svc\""));
}

/// A less likely behaviour of the API, and the switch that turns it on.
type Variant = (&'static str, fn(&mut Behaviour));

#[tokio::test]
async fn resources_work_with_each_api_variant() {
    let variants: [Variant; 9] = [
        ("users cannot be listed", |of| of.missing_users_endpoint = true),
        ("a duplicate is a bad request", |of| {
            of.duplicate_status = DuplicateStatus::BadRequest;
        }),
        ("token names may repeat", |of| of.repeated_token_names = true),
        ("token names have no letter case", |of| {
            of.caseless_token_names = true;
        }),
        ("names of expired tokens stay reserved", |of| {
            of.expired_tokens_keep_names = true;
        }),
        ("tokens are revoked by id only", |of| of.token_ids_only = true),
        ("a new account has the smallest Ducklings", |of| {
            of.new_account = Some("pulse/pulse/0".parse().unwrap());
        }),
        ("a PUT response has no default cooldowns", |of| {
            of.put_without_default_cooldown = true;
        }),
        ("usernames are ASCII", |of| of.ascii_usernames = true),
    ];
    let runs = variants.map(|(variant, set)| {
        let run = tokio::spawn(assert_works(Emulator::builder().behaviour(set)));
        (variant, run)
    });
    for (variant, run) in runs {
        run.await
            .unwrap_or_else(|failed| panic!("an API where {variant}: {failed}"));
    }
}
