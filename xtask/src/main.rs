//! The project's own commands, started through the aliases of `.cargo/config.toml`: `cargo demo`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::cli::Environment;
use xtask::demo;

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
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Demo => demo::run(&Environment::of_process()),
    }
}
