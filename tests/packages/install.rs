//! `cargo xtask install` and `uninstall` with a real CLI.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use xtask::cli::{Cli, Environment, target_dir_of};
use xtask::install::{install, uninstall};
use xtask::terraform::REQUIRED_PROVIDERS;

/// A user with an empty home directory and a configuration.
struct User {
    home: TempDir,
    environment: Environment,
    cli: Cli,
}

impl User {
    fn new() -> Self {
        let process = Environment::of_process();
        let target = target_dir_of(Path::new(crate::PROVIDER)).unwrap();
        let cli = Cli::find(&process, &target).unwrap();
        let home = crate::folder("home-");
        let mut environment = process.cleaned();
        environment.set("HOME", home.path());
        fs::create_dir(home.path().join("module")).unwrap();
        fs::write(home.path().join("module/main.tf"), REQUIRED_PROVIDERS).unwrap();
        Self {
            home,
            environment,
            cli,
        }
    }

    /// Runs `init` in a new checkout.
    fn init(&self) -> Output {
        let module = self.home.path().join("module");
        let _ = fs::remove_dir_all(module.join(".terraform"));
        let _ = fs::remove_file(module.join(".terraform.lock.hcl"));
        Command::new(self.cli.program())
            .args(["init", "-no-color", "-input=false"])
            .current_dir(module)
            .env_clear()
            .envs(self.environment.iter())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

#[test]
fn init_finds_the_installed_provider_without_a_configuration() {
    let user = User::new();
    install(&user.environment, Path::new(crate::PROVIDER)).unwrap();
    let found = user.init();
    assert!(found.status.success(), "{found:?}");

    uninstall(&user.environment).unwrap();
    assert!(!user.home.path().join(".terraform.d/plugins").exists());
}

#[test]
fn lines_printed_by_install_complete_a_cli_configuration() {
    let user = User::new();
    // An empty mirror replaces the registry, so that a provider that is not installed is not found, without
    // network access.
    let other = user.home.path().join("other");
    fs::create_dir(&other).unwrap();
    let configuration = user.home.path().join(if user.cli.name() == "OpenTofu" {
        ".tofurc"
    } else {
        ".terraformrc"
    });
    let block = |method: &str| {
        format!(
            "provider_installation {{\n{method}  filesystem_mirror {{\n    path = \"{}\"\n    \
             exclude = [\"motherduck-rs/motherduck\"]\n  }}\n}}\n",
            other.display()
        )
    };
    fs::write(&configuration, block("")).unwrap();

    let report = install(&user.environment, Path::new(crate::PROVIDER)).unwrap();
    assert!(!user.init().status.success(), "the block is not in force");
    let (_, rest) = report.split_once("Add this to the block:\n\n").unwrap();
    let (method, _) = rest.split_once("\nand `exclude").unwrap();
    fs::write(&configuration, block(method)).unwrap();
    let found = user.init();
    assert!(found.status.success(), "{report}\n{found:?}");
}
