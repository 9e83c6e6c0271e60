//! Planned and written blocks.

use super::*;
use crate::api::fake::ducklings;

fn size(size: &str) -> Field<String> {
    Field::Known(size.to_owned())
}

#[test]
fn plan_cooldown_of_an_unset_value_depends_on_the_size() {
    let block = |instance_size, cooldown_seconds| ReadWrite {
        instance_size,
        cooldown_seconds,
    };
    let before = block(size("standard"), Field::Known(90));
    let plan = |size, cooldown, before| plan_cooldown(&block(size, cooldown), before);
    assert_eq!(
        plan(size("standard"), Field::Null, Some(&before)),
        Field::Known(90)
    );
    assert_eq!(plan(size("jumbo"), Field::Null, Some(&before)), Field::Unknown);
    assert_eq!(plan(size(PULSE), Field::Null, Some(&before)), Field::Null);
    assert_eq!(plan(Field::Unknown, Field::Null, Some(&before)), Field::Unknown);
    assert_eq!(plan(size("standard"), Field::Null, None), Field::Unknown);
    assert_eq!(
        plan(size("jumbo"), Field::Known(60), Some(&before)),
        Field::Known(60)
    );
    // With an API that reports no cooldown, plans must still be empty.
    let incomplete = block(size("standard"), Field::Null);
    assert_eq!(
        plan(size("standard"), Field::Null, Some(&incomplete)),
        Field::Null
    );
}

fn read_write(instance_size: &str, cooldown_seconds: Field<i64>) -> Field<ReadWrite> {
    Field::Known(ReadWrite {
        instance_size: size(instance_size),
        cooldown_seconds,
    })
}

#[test]
fn config_to_send_has_the_live_cooldown_if_the_size_is_unchanged() {
    let cases = [
        ("standard", Field::Unknown, Some(90)),
        ("jumbo", Field::Unknown, None),
        ("jumbo", Field::Known(120), Some(120)),
        (PULSE, Field::Unknown, None),
    ];
    for (instance_size, cooldown, expected) in cases {
        let planned = State {
            read_write: read_write(instance_size, cooldown),
            ..State::default()
        };
        let sent = config_to_send(&planned, &planned, &ducklings()).read_write;
        assert_eq!(
            (sent.instance_size.as_str(), sent.cooldown_seconds),
            (instance_size, expected)
        );
    }
}

#[test]
fn config_to_send_has_live_values_for_an_unmanaged_block() {
    let config = State {
        read_write: read_write("jumbo", Field::Null),
        ..State::default()
    };
    let planned = State {
        // After a change elsewhere the live value is used.
        read_scaling: Field::Known(ReadScaling {
            instance_size: size("giga"),
            flock_size: Field::Known(9),
            cooldown_seconds: Field::Null,
        }),
        ..config.clone()
    };
    let sent = config_to_send(&config, &planned, &ducklings()).read_scaling;
    assert_eq!(
        (
            sent.instance_size.as_str(),
            sent.flock_size,
            sent.cooldown_seconds
        ),
        (PULSE, 4, None)
    );
}

fn both() -> BTreeSet<BlockName> {
    BTreeSet::from([BlockName::ReadWrite, BlockName::ReadScaling])
}

fn texts(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(ToString::to_string).collect()
}

#[test]
fn differences_compares_managed_values_that_were_sent() {
    let mut sent = ducklings();
    sent.read_write.cooldown_seconds = None;
    sent.read_scaling.cooldown_seconds = None;
    assert!(differences(&sent, &ducklings(), &both()).is_empty());
    sent.read_write.cooldown_seconds = Some(60);
    sent.read_write.instance_size = "giga".into();
    sent.read_scaling.instance_size = "mega".into();
    sent.read_scaling.flock_size = 5;
    assert_eq!(
        texts(&differences(&sent, &ducklings(), &both())),
        [
            "- `read_write.instance_size`: sent \"giga\", stored \"standard\"",
            "- `read_write.cooldown_seconds`: sent 60 seconds, stored 90 seconds",
            "- `read_scaling.instance_size`: sent \"mega\", stored \"pulse\"",
            "- `read_scaling.flock_size`: sent 5, stored 4",
        ]
    );
    let scaling = BTreeSet::from([BlockName::ReadScaling]);
    assert_eq!(differences(&sent, &ducklings(), &scaling).len(), 2);
}

#[test]
fn response_differences_accepts_a_missing_cooldown_and_differences_does_not() {
    let mut incomplete = ducklings();
    incomplete.read_write.cooldown_seconds = None;
    assert!(!is_complete(&incomplete) && is_complete(&ducklings()));
    assert!(response_differences(&ducklings(), &incomplete, &both()).is_empty());
    assert_eq!(
        texts(&differences(&ducklings(), &incomplete, &both())),
        ["- `read_write.cooldown_seconds`: sent 90 seconds, stored none"]
    );
    assert!(response_differences(&ducklings(), &ducklings(), &both()).is_empty());
}

#[test]
fn complete_sets_only_unknown_values() {
    let planned = State {
        read_write: read_write("standard", Field::Unknown),
        read_scaling: Field::Unknown,
        ..State::default()
    };
    let done = complete(planned.clone(), &ducklings());
    assert_eq!(
        done.read_write.known().unwrap().cooldown_seconds,
        Field::Known(90)
    );
    let pool = done.read_scaling.known().unwrap();
    assert_eq!(
        (&pool.flock_size, &pool.cooldown_seconds),
        (&Field::Known(4), &Field::Null)
    );

    let settled = State {
        read_write: read_write("standard", Field::Known(60)),
        ..State::default()
    };
    assert_eq!(
        complete(settled, &ducklings())
            .read_write
            .known()
            .unwrap()
            .cooldown_seconds,
        Field::Known(60)
    );
}
