//! Diagnostics: errors and warnings for the user.

use super::value::{Path, ValueError};

/// Error or warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation succeeded, and the user should know something about it.
    Warning,
}

/// An error or a warning. Its texts never contain a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What failed, in a short sentence.
    pub summary: String,
    /// The reason, and what to do next.
    pub detail: String,
    /// The attribute with the problem; `None` for the whole object.
    pub path: Option<Path>,
}

impl Diagnostic {
    /// Creates an error about the whole object.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: None,
        }
    }

    /// Creates a warning about the whole object. Its summary is constant, so that a CLI can combine many of
    /// these warnings into one.
    pub fn warning(summary: &'static str, detail: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::error(summary, detail)
        }
    }

    /// Returns the diagnostic with this attribute path.
    #[must_use]
    pub fn at(self, path: Path) -> Self {
        Diagnostic {
            path: Some(path),
            ..self
        }
    }

    /// Creates an error that only a bug of the provider can cause.
    pub fn bug(what: impl std::fmt::Display) -> Self {
        Diagnostic::error(
            "Unexpected provider behavior",
            format!(
                "{what}\n\nThis is a bug in the provider. Please report it at {}/issues with the steps that led here.",
                env!("CARGO_PKG_REPOSITORY")
            ),
        )
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl From<ValueError> for Diagnostic {
    fn from(error: ValueError) -> Self {
        Diagnostic::bug(&error).at(error.path)
    }
}

/// Diagnostics in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Creates an empty list.
    pub fn new() -> Self {
        Diagnostics::default()
    }

    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all diagnostics of another list.
    pub fn append(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Whether at least one diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the details of all diagnostics as one text.
    pub fn details(&self) -> String {
        let details: Vec<&str> = self.0.iter().map(|diagnostic| &*diagnostic.detail).collect();
        details.join(" ")
    }

    /// Returns the diagnostics in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl<T: Into<Diagnostic>> From<T> for Diagnostics {
    fn from(diagnostic: T) -> Self {
        Diagnostics(vec![diagnostic.into()])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Diagnostics(diagnostics.into_iter().collect())
    }
}
