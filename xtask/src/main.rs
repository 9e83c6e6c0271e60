//! The project's own commands, started through the aliases of `.cargo/config.toml`: `cargo demo`, `cargo
//! matrix`, and `cargo xtask` for the rest.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::cli::{Cli, CliError, Environment, own_target_dir};
#[cfg(target_os = "linux")]
use xtask::kills;
use xtask::package::{self, Platform, Profile, Programs, Release};
use xtask::terraform::PROVIDER_VERSION;
use xtask::{Failure, bench, demo, install, live, matrix, page, picture, soak, workspace};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plan, apply and destroy examples/quickstart with a real Terraform against the emulator
    Demo,
    /// Run the CLI tests' life cycles, and the tests of newer features, with nine Terraforms from 1.6 to 1.15
    Matrix {
        /// Run all CLI tests
        #[arg(long)]
        all: bool,
    },
    /// Check that the API complies with the contract, and probe behaviour that the contract does not define
    Live(live::Options),
    /// Measure start, scale and memory of the provider, and write docs/performance.md with plots
    Bench(bench::Options),
    /// Interrupt Terraform, the provider and the emulator at random moments, and count the objects that
    /// remain (Linux)
    #[cfg(target_os = "linux")]
    Kills(kills::Options),
    /// Run the tests of the emulator's page in a Chromium, which root installs with `apt-get` if it is missing
    Page {
        /// Run only the tests with this in their name
        filter: Vec<String>,
    },
    /// Plan, apply and refresh for a long time in one process, and measure its memory, descriptors and
    /// threads (Linux)
    Soak {
        /// The number of plans, applies and refreshes
        #[arg(long, default_value_t = 100_000)]
        steps: usize,
    },
    /// Print the path of a Terraform of exactly this version: the one on PATH, or else one that is prepared
    Terraform {
        /// Such as 1.11.4
        version: String,
    },
    /// Build the provider for Linux as a static binary, and print its path
    Static {
        /// Build without optimizations: this is faster, and the program is larger
        #[arg(long)]
        debug: bool,
    },
    /// Write the list of functions that a start runs, which the linker places next to each other (Linux, with
    /// valgrind)
    #[cfg(target_os = "linux")]
    StartFunctions,
    /// Build the provider and install it where `terraform init` and `tofu init` find it
    Install {
        /// Build without optimizations: this is faster, and the program is larger
        #[arg(long)]
        debug: bool,
        /// Install this program instead of building one
        #[arg(long, value_name = "FILE", conflicts_with = "debug")]
        binary: Option<PathBuf>,
    },
    /// Run the demo and draw it as the recording in README
    Picture,
    /// Remove the provider that `install` has installed
    Uninstall,
    /// Build the files of a release: archives for this machine's platform, checksums, a mirror, the static
    /// binary
    Package {
        /// The folder to write them to
        #[arg(long, value_name = "DIR", default_value = "dist")]
        out: PathBuf,
        /// Build no programs: write manifest, checksums and mirror for the archives in the folder
        #[arg(long)]
        no_build: bool,
        /// Sign the checksums with this key of `gpg`
        #[arg(long, value_name = "KEY")]
        sign: Option<String>,
    },
}

fn main() -> ExitCode {
    let environment = Environment::of_process();
    match Arguments::parse().command {
        Command::Demo => demo::run(&environment),
        Command::Matrix { all } => finish_tests(matrix::run(&environment, all)),
        #[cfg(target_os = "linux")]
        Command::Kills(options) => kills::run(&environment, &options),
        Command::Live(options) => live::run(&environment, &options),
        // The emulator runs in this process. Without optimizations it slows down a provider that sends many requests.
        Command::Bench(_) if cfg!(debug_assertions) => finish_tests(bench::run_optimized(&environment)),
        Command::Bench(options) => finish(bench::run(&environment, &options).map(|path| line(&path))),
        Command::Page { filter } => finish_tests(page::run(&environment, &filter)),
        Command::Soak { steps } => finish_tests(soak::run(&environment, steps)),
        Command::Terraform { version } => finish(terraform(&environment, &version)),
        Command::Static { debug } => {
            let sources = workspace::root();
            finish(package::static_provider(&environment, &sources, profile(debug)).map(|path| line(&path)))
        }
        #[cfg(target_os = "linux")]
        Command::StartFunctions => finish(bench::start_functions(&environment).map(|path| line(&path))),
        Command::Install { debug, binary } => finish(install(&environment, debug, binary)),
        Command::Picture => finish(picture::run(&environment).map(|path| line(&path))),
        Command::Uninstall => finish(install::uninstall(&environment)),
        Command::Package { out, no_build, sign } => {
            finish(package(&environment, &out, no_build, sign.as_deref()).map(|()| line(&out)))
        }
    }
}

/// Prints the result of a command, or its error.
fn finish<E: Display>(result: Result<String, E>) -> ExitCode {
    match result {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the error of a command that runs tests. The tests print their own failures.
fn finish_tests(passed: Result<bool, String>) -> ExitCode {
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn package(environment: &Environment, out: &Path, no_build: bool, key: Option<&str>) -> Result<(), Failure> {
    let sources = workspace::root();
    let release = Release::new(&sources, out, PROVIDER_VERSION)?;
    if !no_build {
        let programs = Programs::build(environment, &sources)?;
        release.pack(Platform::of_this_build(), &programs)?;
    }
    release.finish(environment, key)
}

fn install(environment: &Environment, debug: bool, binary: Option<PathBuf>) -> Result<String, Failure> {
    let provider = match binary {
        Some(binary) => binary,
        None => package::provider(environment, &workspace::root(), profile(debug))?,
    };
    install::install(environment, &provider)
}

fn profile(debug: bool) -> Profile {
    if debug { Profile::Debug } else { Profile::Release }
}

fn line(path: &Path) -> String {
    format!("{}\n", path.display())
}

fn terraform(environment: &Environment, version: &str) -> Result<String, CliError> {
    // The tests use the target folder in which this program was built.
    let target = own_target_dir().unwrap_or_else(|| "target".into());
    Cli::exactly(environment, &target, version).map(|cli| line(cli.program()))
}
