//! `examples/testing/run`, for users who test their own modules.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use motherduck_emulator::Emulator;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use xtask::cli::Environment;
use xtask::signals::reset_ignored_for_children;

use crate::support::{Story, example, program::PROVIDER, source_path, wait_for};

#[path = "../../xtask/src/testing.rs"]
mod testing;
use testing::fake;

/// The script, with files for its output and a folder for the files that it must remove.
struct Script {
    command: Command,
    folder: TempDir,
}

impl Script {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        let mut command = Command::new(source_path("examples/testing/run"));
        command
            .env_clear()
            .envs(Environment::of_process().cleaned().iter())
            .env("PROVIDER", PROVIDER)
            .env("TMPDIR", folder.path().join("tmp"))
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.path().join("stdout")).unwrap())
            .stderr(fs::File::create(folder.path().join("stderr")).unwrap());
        // Tests of the whole workspace have built the emulator; for tests of this file alone the script
        // builds it.
        let emulator = Path::new(PROVIDER).with_file_name("motherduck-emulator");
        if emulator.is_file() {
            command.env("EMULATOR", emulator);
        }
        Self { command, folder }
    }

    /// The script with the Terraform of all stories.
    fn with_terraform() -> Self {
        let story = Story::without_init(Emulator::builder());
        let mut script = Self::new();
        script
            .command
            .env("TERRAFORM", story.command(["version"]).get_program());
        script
    }

    fn printed(&self, stream: &str) -> String {
        fs::read_to_string(self.folder.path().join(stream)).unwrap()
    }

    /// Waits for the end and expects that no file is left and that no emulator listens at the printed
    /// address.
    #[track_caller]
    fn end(&self, child: &mut Child) -> ExitStatus {
        let status = wait_for("the end", || child.try_wait().unwrap());
        let remaining: Vec<_> = fs::read_dir(self.folder.path().join("tmp")).unwrap().collect();
        assert!(remaining.is_empty(), "{remaining:?}");
        if let Some((_, rest)) = self.printed("stderr").split_once("the emulator is at http://") {
            let address = rest.lines().next().unwrap();
            assert!(TcpStream::connect(address).is_err(), "the emulator still runs");
        }
        status
    }

    /// Runs the script, and expects this exit code and these texts in its output, which is returned.
    #[track_caller]
    fn expect(&mut self, code: i32, texts: &[&str]) -> String {
        let mut child = self.command.spawn().unwrap();
        let status = self.end(&mut child);
        let printed = format!("{}{}", self.printed("stdout"), self.printed("stderr"));
        assert_eq!(status.code(), Some(code), "{printed}");
        for text in texts {
            assert!(printed.contains(text), "{text:?} is missing in {printed}");
        }
        printed
    }
}

#[test]
fn example_module_passes_its_tests() {
    let mut script = Script::with_terraform();
    script.command.arg("-no-color");
    let printed = script.expect(0, &["Success! 5 passed, 0 failed."]);
    assert!(!printed.contains("Warning:"), "{printed}");
}

#[test]
fn published_modules_pass_their_tests() {
    let modules = source_path("examples/modules");
    for (module, passed) in [("service-account", 4), ("tenants", 2)] {
        let mut script = Script::with_terraform();
        script
            .command
            .env("MODULE", modules.join(module))
            .env("ROOT", &modules)
            .arg("-no-color");
        let printed = script.expect(0, &[&format!("Success! {passed} passed, 0 failed.")]);
        assert!(!printed.contains("Warning:"), "{printed}");
    }
}

/// OpenTofu refuses this: there only `variables` and `provider` blocks may refer to another run.
#[test]
fn no_condition_refers_to_another_run() {
    for file in [
        "testing/tests/pipeline.tftest.hcl",
        "modules/service-account/tests/emulator.tftest.hcl",
        "modules/tenants/tests/emulator.tftest.hcl",
    ] {
        let tests = example(file);
        let conditions = tests
            .lines()
            .filter(|line| line.trim_start().starts_with("condition"));
        let conditions: Vec<&str> = conditions.collect();
        assert!(!conditions.is_empty(), "{file}");
        for condition in conditions {
            assert!(!condition.contains("run."), "{file}: {condition}");
        }
    }
}

#[test]
fn failed_test_is_exit_code_1() {
    let mut script = Script::with_terraform();
    script.command.args(["-no-color", "-var=size=enormous"]);
    script.expect(1, &["Failure!", "enormous"]);
}

#[test]
fn failed_init_is_an_error() {
    let mut script = Script::new();
    let terraform = fake(script.folder.path(), "fake", "echo 'no provider for you'; exit 7");
    script.command.env("TERRAFORM", terraform);
    script.expect(
        1,
        &[
            "no provider for you",
            "init failed; if the module refers to a folder beside it, set ROOT",
        ],
    );
}

#[test]
fn emulator_that_does_not_start_is_an_error() {
    let mut script = Script::with_terraform();
    let emulator = fake(script.folder.path(), "fake", "exit 2");
    script.command.env("EMULATOR", &emulator);
    script.expect(
        1,
        &[&format!("the emulator {} did not start", emulator.display())],
    );
}

#[test]
fn signal_ends_terraform_and_the_emulator() {
    reset_ignored_for_children().unwrap();
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130)] {
        let mut script = Script::new();
        let started = script.folder.path().join("started");
        let lines = format!(
            "echo $$ > '{0}.part' && mv '{0}.part' '{0}'; exec sleep 600",
            started.display()
        );
        let terraform = fake(script.folder.path(), "fake", &lines);
        script.command.env("TERRAFORM", terraform);
        let mut child = script.command.spawn().unwrap();
        let pid: i32 = wait_for("the command", || fs::read_to_string(&started).ok())
            .trim()
            .parse()
            .unwrap();
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        assert_eq!(script.end(&mut child).code(), Some(code));
        assert!(kill(Pid::from_raw(pid), None).is_err(), "the command continues");
    }
}

/// Writes a user's module with a nested module and a sibling module, a template, values in files, and tests
/// in another folder.
fn write_module(folder: &Path) {
    let files = [
        (
            "modules/account/main.tf",
            r#"
            terraform {
              required_providers {
                motherduck = {
                  source = "motherduck-rs/motherduck"
                }
              }
            }
            variable "name" {
              type = string
            }
            resource "motherduck_service_account" "this" {
              username            = var.name
              deletion_protection = false
            }
            output "username" {
              value = motherduck_service_account.this.username
            }
            "#,
        ),
        (
            "live/main.tf",
            r#"
            variable "prefix" {
              type = string
            }
            variable "team" {
              type = string
            }
            module "account" {
              source = "../modules/account"
              name   = templatefile("${path.module}/templates/name.tftpl", { prefix = var.prefix, team = var.team })
            }
            module "inner" {
              source = "./inner"
            }
            output "username" {
              value = "${module.account.username}${module.inner.suffix}"
            }
            "#,
        ),
        ("live/inner/main.tf", "output \"suffix\" {\n  value = \"_x\"\n}\n"),
        ("live/templates/name.tftpl", "${prefix}_${team}"),
        ("live/terraform.tfvars", "prefix = \"svc\"\n"),
        ("live/sales.tfvars", "team = \"sales\"\n"),
        ("live/terraform.tfstate", "no state: it must not be copied"),
        ("live/.terraform.lock.hcl", "no lock file: it must not be copied"),
        (
            "live/checks/account.tftest.hcl",
            r#"
            run "names_the_account" {
              assert {
                condition     = output.username == "svc_sales_x"
                error_message = "The account is named ${output.username}."
              }
            }
            "#,
        ),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn module_is_tested_with_nested_modules_templates_and_variable_files() {
    let mut script = Script::with_terraform();
    let folder = TempDir::new().unwrap();
    write_module(folder.path());
    script
        .command
        .current_dir(folder.path())
        .env("MODULE", "live")
        .env("ROOT", ".")
        .args(["-no-color", "-test-directory=checks", "-var-file=sales.tfvars"]);
    script.expect(0, &["Success! 1 passed, 0 failed."]);
    let files = fs::read_dir(folder.path().join("live")).unwrap().count();
    assert_eq!(files, 8, "the module's folder is as it was");
}

#[test]
fn invalid_variable_is_an_error_of_one_line() {
    let missing = "/no/such/program";
    let not_the_provider = "/bin/ls";
    for (variable, value, expected) in [
        (
            "PROVIDER",
            missing,
            format!("PROVIDER names {missing}, which is not a program"),
        ),
        (
            "PROVIDER",
            not_the_provider,
            format!("PROVIDER names {not_the_provider}, which is not the MotherDuck provider"),
        ),
        (
            "EMULATOR",
            missing,
            format!("EMULATOR names {missing}, which is not a program"),
        ),
        (
            "TERRAFORM",
            missing,
            format!("TERRAFORM names {missing}, which is not a program"),
        ),
        (
            "MODULE",
            missing,
            format!("MODULE names {missing}, which is not a folder"),
        ),
        ("ROOT", "/bin", "is not in ROOT, ".to_owned()),
    ] {
        let mut script = Script::new();
        // The script refuses the case before it uses any of these.
        script
            .command
            .env("TERRAFORM", "/bin/sh")
            .env("EMULATOR", "/bin/sh");
        script.command.env(variable, value);
        let printed = script.expect(1, &[&expected]);
        assert_eq!(printed.lines().count(), 1, "{variable}: {printed}");
    }
}

#[test]
fn terraform_variable_may_name_a_program_on_path() {
    let mut script = Script::new();
    let bin = script.folder.path().join("bin");
    fake(&bin, "tofu", "echo \"ran $1\"");
    let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    )));
    script.command.env("PATH", path.unwrap()).env("TERRAFORM", "tofu");
    script.expect(0, &["ran test"]);
}
