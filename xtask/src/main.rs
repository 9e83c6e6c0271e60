//! The project's own commands, started through the aliases of `.cargo/config.toml`: `cargo demo`, `cargo matrix`,
//! and `cargo xtask` for the rest.

use std::env;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::cli::{Cli, Environment, target_dir_of};
use xtask::{demo, matrix};

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
    /// Print the path of a Terraform of exactly this version: the one on PATH, or else one that is prepared
    Terraform {
        /// Such as 1.11.4
        version: String,
    },
}

fn main() -> ExitCode {
    let environment = Environment::of_process();
    match Arguments::parse().command {
        Command::Demo => demo::run(&environment),
        Command::Matrix { all } => matrix::run(&environment, all),
        Command::Terraform { version } => terraform(&environment, &version),
    }
}

fn terraform(environment: &Environment, version: &str) -> ExitCode {
    // Where the tests look, too: in the target folder that this program was built in.
    let target = env::current_exe()
        .ok()
        .and_then(|program| target_dir_of(&program))
        .unwrap_or_else(|| "target".into());
    match Cli::exactly(environment, &target, version) {
        Ok(cli) => {
            println!("{}", cli.program().display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
