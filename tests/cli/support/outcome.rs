//! The result of a command: exit status and output.

use serde_json::Value;
use xtask::terraform::Run;

/// The output of a command.
pub(crate) struct Outcome {
    stdout: String,
    /// Both streams in one line, without the frames and line breaks of diagnostics.
    words: String,
}

impl Outcome {
    pub(super) fn new(run: &Run) -> Self {
        let printed = format!("{}\n{}", run.stdout, run.stderr);
        let words: Vec<&str> = printed
            .split(|c: char| c.is_whitespace() || "╷│╵".contains(c))
            .filter(|word| !word.is_empty())
            .collect();
        Self {
            stdout: run.stdout.clone(),
            words: words.join(" "),
        }
    }

    /// Returns standard output unchanged.
    pub(crate) fn stdout(&self) -> &str {
        &self.stdout
    }

    /// Parses standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Returns both streams without frames and with single blanks as white space, to search for sentences.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// Expects a text on either stream, however it is broken into lines.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> &Self {
        assert!(
            self.words.contains(text),
            "{text:?} is missing in:\n{}",
            self.words
        );
        self
    }

    /// Expects that neither stream contains the text.
    #[track_caller]
    pub(crate) fn hides(&self, text: &str) -> &Self {
        assert!(!self.words.contains(text), "{text:?} is in:\n{}", self.words);
        self
    }
}
