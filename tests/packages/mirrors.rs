//! `init` installs the archives of a release from the release's mirror.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator};
use serde_json::Value;
use tempfile::TempDir;
use xtask::cli::{Cli, Environment, target_dir_of};
use xtask::package::{Platform, Programs, Release};
use xtask::terraform::{PROVIDER_VERSION, Run, Terraform};

use crate::https::{Https, file};

const MAIN: &str = r#"
terraform {
  required_providers {
    motherduck = {
      source  = "motherduck-rs/motherduck"
      version = ">= 0.1.0"
    }
  }
}

resource "motherduck_service_account" "etl" {
  username            = "svc_etl"
  deletion_protection = false
}
"#;

/// Returns the folder of a release of the built provider. It is created once for all tests.
fn release() -> &'static Path {
    static RELEASE: OnceLock<TempDir> = OnceLock::new();
    let folder = RELEASE.get_or_init(|| {
        let folder = crate::folder("release-");
        let programs = Programs {
            provider: crate::PROVIDER.into(),
            // No test here uses the emulator's archive.
            emulator: Path::new(crate::SOURCES).join("LICENSE"),
        };
        let release = Release::new(Path::new(crate::SOURCES), folder.path(), PROVIDER_VERSION).unwrap();
        release.pack(Platform::of_this_build(), &programs).unwrap();
        release.finish(&Environment::of_process(), None).unwrap();
        folder
    });
    folder.path()
}

/// Runs the life cycle of a configuration with a provider from `installation`.
#[track_caller]
fn run_life_cycle(installation: &str, variables: &[(&str, &str)]) {
    let emulator = Emulator::builder().start_blocking().unwrap();
    let folder = crate::folder("mirror-");
    let environment = Environment::of_process();
    let target = target_dir_of(Path::new(crate::PROVIDER)).unwrap();
    let cli = Cli::find(&environment, &target).unwrap();
    // The mirror replaces the installed provider, so the CLI configuration is rewritten.
    let mut terraform =
        Terraform::new(&cli, &environment, Path::new(crate::PROVIDER), folder.path()).unwrap();
    fs::write(
        folder.path().join("cli.tfrc"),
        format!("provider_installation {{\n{installation}\n}}\n"),
    )
    .unwrap();
    terraform.set("MOTHERDUCK_API_BASE_URL", emulator.url());
    terraform.set("MOTHERDUCK_ADMIN_TOKEN", DEFAULT_ADMIN_TOKEN);
    for (name, value) in variables {
        terraform.set(name, value);
    }
    fs::write(terraform.module().join("main.tf"), MAIN).unwrap();

    let run = |arguments: &[&str]| -> Run {
        let run = terraform.run(arguments).unwrap();
        assert!(run.success(), "{run}");
        run
    };
    run(&["init", "-no-color"]);
    let lock = fs::read_to_string(terraform.module().join(".terraform.lock.hcl")).unwrap();
    let (h1, zh) = hashes();
    // With a mirror in a folder the lock file contains the hash of the content, and with a server also that
    // of the archive.
    assert!(lock.contains(&h1) || lock.contains(&zh), "{h1} {zh}\n{lock}");
    assert!(lock.contains(PROVIDER_VERSION), "{lock}");
    run(&["apply", "-auto-approve", "-no-color"]);
    assert!(emulator.state().to_string().contains("svc_etl"));
    // With a lock file the next `init` accepts only the same bytes.
    run(&["init", "-lockfile=readonly", "-no-color"]);
    run(&["destroy", "-auto-approve", "-no-color"]);
}

/// Returns the hashes of this platform's package that the mirror states.
fn hashes() -> (String, String) {
    let index = release().join(format!(
        "mirror/registry.terraform.io/motherduck-rs/motherduck/{PROVIDER_VERSION}.json"
    ));
    let index: Value = serde_json::from_slice(&fs::read(index).unwrap()).unwrap();
    let hashes = &index["archives"][Platform::of_this_build().to_string()]["hashes"];
    let hash = |at: usize| hashes[at].as_str().unwrap().to_owned();
    (hash(0), hash(1))
}

#[test]
fn init_installs_from_the_release_folder() {
    let mirror = release().join("mirror");
    run_life_cycle(
        &format!(
            "  filesystem_mirror {{\n    path = \"{}\"\n  }}",
            mirror.display()
        ),
        &[],
    );
}

/// The CLI reads this variable for certificate authorities only on Linux.
#[test]
#[cfg(target_os = "linux")]
fn init_installs_from_the_release_on_a_web_server() {
    let mirror = release().join("mirror");
    let https = Https::serve("localhost", "127.0.0.1", move |request| file(&request, &mirror));
    let authority = tempfile::NamedTempFile::new().unwrap();
    fs::write(authority.path(), https.authority()).unwrap();
    run_life_cycle(
        &format!(
            "  network_mirror {{\n    url = \"https://localhost:{}/\"\n  }}",
            https.port()
        ),
        &[("SSL_CERT_FILE", authority.path().to_str().unwrap())],
    );
}
