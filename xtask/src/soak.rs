//! `cargo xtask soak`: the long form of the test that runs one provider process for a long time.

use crate::cli::Environment;
use crate::programs::cargo;
use crate::workspace;

/// The variable from which the test reads the number of steps.
const STEPS_VARIABLE: &str = "SOAK_STEPS";

/// Runs the test with this many plans, applies and refreshes. The test prints its measurements. Returns whether it passed.
pub fn run(environment: &Environment, steps: usize) -> Result<bool, String> {
    let ended = cargo(environment, &workspace::root())
        .args(["test", "--test", "protocol", "soak::", "--", "--nocapture"])
        .env(STEPS_VARIABLE, steps.to_string())
        .status();
    ended
        .map(|status| status.success())
        .map_err(|error| format!("could not start cargo: {error}"))
}
