//! The output of a command.

use serde_json::Value;
use xtask::terraform::words;

/// The output of a command.
pub(crate) struct Outcome {
    stdout: String,
    /// Both streams in one line, without the frames and line breaks of diagnostics.
    words: String,
}

impl Outcome {
    pub(super) fn new(stdout: String, stderr: &str) -> Self {
        let words = words(&format!("{stdout}\n{stderr}"));
        Self { stdout, words }
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

    /// Asserts that either stream contains a text, however it is broken into lines.
    #[track_caller]
    pub(crate) fn assert_shows(&self, text: &str) -> &Self {
        assert!(
            self.words.contains(text),
            "{text:?} is missing in:\n{}",
            self.words
        );
        self
    }

    /// Asserts that neither stream contains the text.
    #[track_caller]
    pub(crate) fn assert_does_not_show(&self, text: &str) -> &Self {
        assert!(!self.words.contains(text), "{text:?} is in:\n{}", self.words);
        self
    }
}
