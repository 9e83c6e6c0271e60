//! The Markdown file of all diagnostics.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::host::{Applied, Diagnostics, FunctionError};

/// The text written so far and the summaries in it.
#[derive(Default)]
pub(super) struct Pages {
    pub(super) text: String,
    pub(super) summaries: BTreeSet<String>,
}

impl Pages {
    pub(super) fn chapter(&mut self, title: &str) {
        let _ = writeln!(self.text, "\n## {title}");
    }

    /// Adds the cases of other pages.
    pub(super) fn append(&mut self, other: Self) {
        self.text += &other.text;
        self.summaries.extend(other.summaries);
    }

    /// Adds the diagnostics of one case. There must be at least one.
    pub(super) fn add(&mut self, case: &str, diagnostics: impl Into<Reported>) {
        let Reported(diagnostics) = diagnostics.into();
        assert!(!diagnostics.is_empty(), "{case} has no diagnostic");
        let _ = writeln!(self.text, "\n### {case}");
        for (kind, path, text) in diagnostics {
            let text = normalized(&text);
            let (summary, detail) = text.split_once('\n').unwrap_or((&text, ""));
            self.summaries.insert(summary.to_owned());
            let at = if path.is_empty() {
                String::new()
            } else {
                format!(" at `{path}`")
            };
            let _ = writeln!(self.text, "\n{kind}{at}: **{summary}**\n");
            for line in detail.lines() {
                self.text += format!("> {line}").trim_end();
                self.text += "\n";
            }
        }
    }
}

/// Diagnostics: severity, path, and summary with detail.
pub(super) struct Reported(Vec<(&'static str, String, String)>);

impl From<Diagnostics> for Reported {
    fn from(diagnostics: Diagnostics) -> Self {
        Reported(diagnostics.each())
    }
}

impl From<Applied> for Reported {
    fn from(applied: Applied) -> Self {
        applied.diagnostics.into()
    }
}

/// The error of a function, which has no summary.
impl From<FunctionError> for Reported {
    fn from(error: FunctionError) -> Self {
        let argument = error
            .argument
            .map_or_else(String::new, |argument| format!("argument {argument}"));
        Reported(vec![("Error", argument, error.text)])
    }
}

/// The port of the examples in error messages, which is the same in every run.
const EXAMPLE_PORT: &str = "8080";

/// Replaces what differs from run to run: the port of the API, and the time of a request.
fn normalized(text: &str) -> String {
    let without_ports = replaced_after(text, "127.0.0.1:", "PORT", |rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if rest[..digits] == *EXAMPLE_PORT {
            0
        } else {
            digits
        }
    });
    replaced_after(&without_ports, "requested at ", "TIME", |_| {
        "2026-01-01T00:00:00Z".len()
    })
}

/// Replaces what follows each `start`, with the length that `length` returns for the rest of the text.
fn replaced_after(text: &str, start: &str, by: &str, length: impl Fn(&str) -> usize) -> String {
    let mut parts = text.split(start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match length(part) {
        0 => text + start + part,
        length => text + start + by + part.get(length..).unwrap_or_default(),
    })
}
