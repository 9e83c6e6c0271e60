//! The modules of `examples/modules`, tested with the published mocks.

use motherduck_emulator::Emulator;

use crate::support::{Feature, NOTHING, Story};

#[test]
fn published_modules_pass_mocked_tests_without_a_request() {
    // Mocks exist since the same version as `removed` blocks.
    let mut story = Story::since_without_init(Feature::Removed, Emulator::builder());
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    story.copy("examples/modules", "examples/modules");
    story.copy("mocks", "mocks");
    for (module, passed) in [("service-account", 9), ("tenants", 4)] {
        let folder = format!("-chdir=examples/modules/{module}");
        story.run([folder.as_str(), "init", "-test-directory=tests/mocked"]);
        story
            .run([folder.as_str(), "test", "-test-directory=tests/mocked"])
            .assert_shows(&format!("Success! {passed} passed, 0 failed."))
            .assert_does_not_show("Warning:");
    }
    assert_eq!(story.requests(), NOTHING);
}
