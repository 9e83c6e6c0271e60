//! Kills processes at random moments, a few times of each kind. `cargo xtask kills` does so more often.

use std::path::{Path, PathBuf};

use xtask::cli::Environment;
use xtask::kills::{Options, check};

use crate::support::program::PROVIDER;

#[test]
fn signals_at_random_moments_leave_no_unreported_object() {
    // Tests of the whole workspace have built the emulator; tests of this file alone build it here.
    let emulator = Path::new(PROVIDER).with_file_name("motherduck-emulator");
    let programs = emulator.is_file().then(|| (PathBuf::from(PROVIDER), emulator));
    let (provider, emulator) = programs.unzip();
    let options = Options {
        interruptions: 30,
        parallel: 4,
        seed: 1,
        only: None,
        provider,
        emulator,
    };

    let outcome = check(&Environment::of_process(), &options);

    assert!(outcome.is_ok(), "{}", outcome.unwrap_or_else(|missed| missed));
}
