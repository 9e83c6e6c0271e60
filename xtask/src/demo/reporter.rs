//! Prints the demo: one line before and one after each step, and the output of programs behind a bar.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crate::cli::Environment;
use crate::programs::Failure;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";

/// Prints the demo to standard output.
///
/// Write errors are ignored, because a closed pipe (`cargo demo | head`) must not stop Terraform in the
/// middle of a command.
pub(super) struct Reporter {
    colour: bool,
    began: Instant,
    steps: usize,
}

impl Reporter {
    /// Uses colours on a terminal unless `NO_COLOR` is set.
    pub(super) fn new(environment: &Environment) -> Self {
        Self {
            colour: io::stdout().is_terminal() && environment.get("NO_COLOR").is_none(),
            began: Instant::now(),
            steps: 0,
        }
    }

    /// Whether programs may use colours.
    pub(super) fn colour(&self) -> bool {
        self.colour
    }

    /// Runs a step and prints its title, its output and its result. `body` returns the result and one line
    /// about it.
    pub(super) fn step<T>(
        &mut self,
        title: &str,
        body: impl FnOnce(&Self) -> Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        self.steps += 1;
        let title = self.paint(BOLD, format_args!("{}. {title}", self.steps));
        line(format_args!("\n{title}"));
        let began = Instant::now();
        let ended = body(self);
        let elapsed = self.paint(DIM, format_args!("({})", seconds(began.elapsed())));
        match ended {
            Ok((result, outcome)) => {
                line(format_args!("{} {outcome} {elapsed}", self.paint(GREEN, "✓")));
                Ok(result)
            }
            Err(failure) => {
                let cross = self.paint(RED, "✗");
                line(format_args!("{cross} this step failed {elapsed}"));
                Err(failure)
            }
        }
    }

    /// Prints a line of another program, or of a list.
    pub(super) fn quote(&self, text: impl Display) {
        let text = text.to_string();
        let bar = self.paint(DIM, "│");
        line(format_args!("  {bar} {text}").to_string().trim_end());
    }

    /// Prints the last line of a successful demo.
    pub(super) fn done(&self) {
        let time = seconds(self.began.elapsed());
        let text = self.paint(
            BOLD,
            format_args!("All {} steps succeeded in {time}.", self.steps),
        );
        line(format_args!("\n{} {text}", self.paint(GREEN, "✓")));
    }

    /// Prints the last lines of a failed demo.
    pub(super) fn failed(&self, failure: &Failure) {
        let _ = io::stdout().flush();
        let time = seconds(self.began.elapsed());
        let _ = writeln!(io::stderr(), "\ndemo: {failure} (after {time})");
    }

    fn paint(&self, code: &str, text: impl Display) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_string()
        }
    }
}

fn line(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
