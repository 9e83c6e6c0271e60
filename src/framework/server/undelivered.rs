//! The guard of a response: if it is not delivered, its errors are logged and created objects are deleted.

use super::undo::UndoGuard;
use crate::proto::tfplugin6::Diagnostic;
use crate::proto::tfplugin6::diagnostic::Severity;

/// The guard of a response. When it is dropped, it logs the errors of the response, which name objects that may
/// exist and are in no state, and drops `undo`, unless it was disarmed.
#[derive(Default)]
pub(super) struct ResponseGuard {
    /// Describes the object of the response for the log, without secrets.
    object: String,
    errors: Vec<Diagnostic>,
    undo: Option<UndoGuard>,
}

impl ResponseGuard {
    /// Creates the guard of a response with these diagnostics.
    pub(super) fn new(object: String, diagnostics: &[Diagnostic], undo: Option<UndoGuard>) -> Self {
        ResponseGuard {
            object,
            errors: errors(diagnostics).cloned().collect(),
            undo,
        }
    }

    /// Disarms the guard, because the response was delivered.
    pub(super) fn disarm(mut self) {
        self.errors.clear();
        if let Some(undo) = self.undo.take() {
            undo.disarm();
        }
    }
}

impl Drop for ResponseGuard {
    fn drop(&mut self) {
        log_errors(&self.object, &self.errors, "an error that reached no caller");
    }
}

/// Logs errors, each with its object.
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
