//! The examples of the documentation work unchanged.

use std::fs;
use std::path::Path;

use motherduck_emulator::Emulator;

use crate::support::{Story, example, source, source_path};

/// Applies an example of a resource, expects that the next plan is empty, and imports the object at the same
/// address with the example's `import.sh` and `import` block.
fn applies_and_imports(resource: &str, import_id: impl Fn(&Story) -> String) {
    let story = Story::without_init(Emulator::builder());
    story.write("provider.tf", &example("provider/provider.tf"));
    story.write_main(&example(&format!("resources/{resource}/resource.tf")));
    story.run(["init"]);
    story.apply();
    story.expect_empty_plan();

    let script = example(&format!("resources/{resource}/import.sh"));
    let command = script.lines().find(|line| !line.starts_with('#')).unwrap();
    let [_, "import", address, shown] = command.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{command} is no import command");
    };
    let id = import_id(&story);
    assert_eq!(
        id.matches('/').count(),
        shown.matches('/').count(),
        "{shown} has a different form than {id}"
    );
    story.run(["state", "rm", address]);
    story.run(["import", address, &id]);
    assert!(story.addresses().iter().any(|found| found == address));

    let block = example(&format!("resources/{resource}/import-by-string-id.tf"));
    assert!(block.contains(&format!("id = \"{shown}\"")), "{block}");
    story.run(["state", "rm", address]);
    story.write("import.tf", &block.replace(shown, &id));
    // Arguments that the API does not store, such as `early_rotation_seconds`, are recorded in place.
    story
        .run(["plan"])
        .assert_shows("1 to import, 0 to add,")
        .assert_shows("0 to destroy.");
}

#[test]
fn quickstart_applies_and_destroys_without_warnings() {
    let story = Story::without_init(Emulator::builder());
    for file in fs::read_dir(source_path("examples/quickstart")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "tf")
        {
            story.write(&name, &example(&format!("quickstart/{name}")));
        }
    }
    story.run(["init"]);
    story.apply().assert_does_not_show("Warning:");
    story.expect_empty_plan();
    assert_eq!(
        story.service_accounts(),
        ["analytics_dashboards", "analytics_loader"]
    );
    story
        .run(["output"])
        .assert_shows("loader_token = <sensitive>")
        .assert_shows("dashboards_token = <sensitive>");
    story.destroy().assert_does_not_show("Warning:");
    assert!(story.service_accounts().is_empty());
}

/// The first configuration that a new user copies.
#[test]
fn readme_configuration_applies_without_warnings() {
    let readme = source("README.md");
    let (_, rest) = readme.split_once("```terraform\n").unwrap();
    let (configuration, _) = rest.split_once("```\n").unwrap();

    let story = Story::without_init(Emulator::builder());
    story.write_main(configuration);
    story.run(["fmt", "-check"]);
    story.run(["init"]);
    story.apply().assert_does_not_show("Warning:");
    story.expect_empty_plan();
    assert_eq!(story.service_accounts(), ["svc_etl"]);
    let token = story.run(["output", "-raw", "etl_token"]);
    assert!(!token.stdout().trim().is_empty());
    story
        .run_fails(["destroy", "-auto-approve"])
        .assert_shows("Service account \"svc_etl\" is protected from deletion");
}

#[test]
fn service_account_example_applies_and_imports() {
    applies_and_imports("motherduck_service_account", |_| "nightly_loader".into());
}

#[test]
fn token_example_applies_and_imports() {
    applies_and_imports("motherduck_token", |story| {
        format!(
            "nightly_loader/{}",
            story.attribute("motherduck_token.loader", "id")
        )
    });
}

#[test]
fn ducklings_example_applies_and_imports() {
    applies_and_imports("motherduck_ducklings", |_| "nightly_loader".into());
}
