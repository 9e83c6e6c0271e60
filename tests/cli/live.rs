//! The provider's part of `cargo live`: a life cycle against the target of the conformity suite.

use std::path::Path;

use motherduck_conformity::{Outcome, Suite, Target, Time};
use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator};
use serde_json::json;
use xtask::cli::Environment;
use xtask::live::{Interrupts, life_cycle};

use crate::support::program;

/// Runs the life cycle on an emulator with these faults. No object may remain after the suite has cleaned up.
fn run(faults: &serde_json::Value) -> Outcome {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let before = emulator.state()["accounts"].clone();
    let target = Target {
        base_url: emulator.url(),
        token: DEFAULT_ADMIN_TOKEN.into(),
        time: Time::Emulator,
        person: None,
    };
    let suite = Suite::new(target.clone()).unwrap();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    emulator.set_faults(faults).unwrap();
    let row = life_cycle(
        &suite,
        &target,
        program::usual(),
        &Environment::of_process(),
        Path::new(program::PROVIDER),
        folder.path(),
        &Interrupts::default(),
    );
    emulator.set_faults(&json!([])).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(suite.clean_up()), Vec::<String>::new());
    assert_eq!(emulator.state()["accounts"], before);
    row.outcome
}

#[test]
fn life_cycle_passes() {
    assert_eq!(run(&json!([])), Outcome::Pass);
}

#[test]
fn failed_life_cycle_leaves_no_account() {
    let rule = json!({ "method": "POST", "path": "/v1/users/*/tokens", "fault": { "kind": "status", "status": 403 } });
    let outcome = run(&json!([rule]));
    assert_eq!(
        outcome,
        Outcome::Fail("apply ended with 1 instead of 0".to_owned())
    );
}
