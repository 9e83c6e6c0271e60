//! `cargo xtask soak`: the long form of the test that runs one provider process for a long time.

use std::process::ExitCode;

use crate::cli::Environment;
use crate::programs::cargo;
use crate::workspace;

/// The variable from which the test reads the number of steps.
const STEPS_VARIABLE: &str = "SOAK_STEPS";

/// Runs the test with this many plans, applies and refreshes. The test prints its measurements.
pub fn run(environment: &Environment, steps: usize) -> ExitCode {
    let ended = cargo(environment, &workspace::root())
        .args(["test", "--test", "protocol", "soak::", "--", "--nocapture"])
        .env(STEPS_VARIABLE, steps.to_string())
        .status();
    match ended {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("could not start cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
