//! The guard of a response: if it is not delivered, its errors are logged and what it created is undone.

use super::undo::Undo;
use crate::proto::tfplugin6::Diagnostic;
use crate::proto::tfplugin6::diagnostic::Severity;

/// Logs the errors of a response when it is dropped, unless the response was delivered: they name what may exist
/// and be in no state. A guard for what the response created goes the same way.
#[derive(Default)]
pub(super) struct Undelivered {
    /// What the response is about, in words for the log. Nothing secret.
    object: String,
    errors: Vec<Diagnostic>,
    undo: Option<Undo>,
}

impl Undelivered {
    /// For a response with these diagnostics.
    pub(super) fn new(object: String, diagnostics: &[Diagnostic], undo: Option<Undo>) -> Self {
        Undelivered {
            object,
            errors: errors(diagnostics).cloned().collect(),
            undo,
        }
    }

    /// The response was delivered.
    pub(super) fn delivered(mut self) {
        self.errors.clear();
        if let Some(undo) = self.undo.take() {
            undo.delivered();
        }
    }
}

impl Drop for Undelivered {
    fn drop(&mut self) {
        log_errors(&self.object, &self.errors, "an error that reached no caller");
    }
}

/// Logs errors, each with the object that it is about.
pub(super) fn log_errors(object: &str, diagnostics: &[Diagnostic], what: &str) {
    for error in errors(diagnostics) {
        tracing::error!(
            object,
            diagnostic_summary = error.summary,
            diagnostic_detail = error.detail,
            "{what}"
        );
    }
}

fn errors(diagnostics: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity() == Severity::Error)
}
