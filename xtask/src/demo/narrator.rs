//! What the demo says: one line before and one after each step, and what programs said, set off by a bar.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use super::failure::Failure;
use crate::cli::Environment;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";

/// Tells the story on standard output.
///
/// A reader that has gone (`cargo demo | head`) is no reason to stop half-way through: write errors are ignored.
pub(super) struct Narrator {
    colour: bool,
    began: Instant,
    steps: usize,
}

impl Narrator {
    /// Colours on a terminal, unless `NO_COLOR` asks for none.
    pub(super) fn new(environment: &Environment) -> Self {
        Self {
            colour: io::stdout().is_terminal() && environment.get("NO_COLOR").is_none(),
            began: Instant::now(),
            steps: 0,
        }
    }

    /// Whether programs may colour what is shown.
    pub(super) fn colour(&self) -> bool {
        self.colour
    }

    /// A step: its title, whatever it says, and how it ended. `body` gives its result and one line about it.
    pub(super) fn step<T>(
        &mut self,
        title: &str,
        body: impl FnOnce(&Self) -> Result<(T, String), Failure>,
    ) -> Result<T, Failure> {
        self.steps += 1;
        line(format_args!(
            "\n{}",
            self.paint(BOLD, format_args!("{}. {title}", self.steps))
        ));
        let began = Instant::now();
        let ended = body(self);
        let elapsed = self.paint(DIM, format_args!("({})", seconds(began.elapsed())));
        match ended {
            Ok((result, outcome)) => {
                line(format_args!("{} {outcome} {elapsed}", self.paint(GREEN, "✓")));
                Ok(result)
            }
            Err(failure) => {
                line(format_args!(
                    "{} this step did not end as it should {elapsed}",
                    self.paint(RED, "✗")
                ));
                Err(failure)
            }
        }
    }

    /// A line of another program, or of a list.
    pub(super) fn quote(&self, text: impl Display) {
        let text = text.to_string();
        let bar = self.paint(DIM, "│");
        line(format_args!("  {bar} {text}").to_string().trim_end());
    }

    /// The last line of a demo that went as it should.
    pub(super) fn done(&self) {
        line(format_args!(
            "\n{} {}",
            self.paint(GREEN, "✓"),
            self.paint(
                BOLD,
                format_args!(
                    "All {} steps went as they should, in {}.",
                    self.steps,
                    seconds(self.began.elapsed())
                )
            )
        ));
    }

    /// The last lines of a demo that did not.
    pub(super) fn failed(&self, failure: &Failure) {
        let _ = io::stdout().flush();
        let _ = writeln!(
            io::stderr(),
            "\ndemo: {failure} (after {})",
            seconds(self.began.elapsed())
        );
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
