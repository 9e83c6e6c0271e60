//! The guide on testing modules, run with its own code. Mocks exist since this version.

use std::fs;

use motherduck_emulator::Emulator;

use crate::support::{Feature, Guide, NOTHING, Story};

#[test]
fn testing_guide_runs_as_written() {
    // Mocks exist since the same version as `removed` blocks.
    let mut story = Story::since_without_init(Feature::Removed, Emulator::builder());
    story.write(
        "mocks/motherduck.tfmock.hcl",
        include_str!("../../../mocks/motherduck.tfmock.hcl"),
    );
    let mut guide = Guide::read("testing").without_commands([
        "mkdir -p mocks",
        "cp ../terraform-provider-motherduck/mocks/motherduck.tfmock.hcl mocks/",
        "cargo run --bin motherduck-emulator",
    ]);

    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    guide.run_until(&mut story, "Against the emulator");
    assert_eq!(story.requests(), NOTHING, "mocks need no API");
    guide.run_until(&mut story, "With faults and an advanced clock");
    assert_eq!(story.service_accounts(), NOTHING, "everything was destroyed");
    guide.run_until(&mut story, "Policies");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/testing/run");
    assert!(fs::metadata(script).unwrap().is_file());
    guide.run(&mut story);
}
