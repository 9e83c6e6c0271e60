//! Converts diagnostics and attribute paths to protocol messages.

use super::super::diagnostics::{Diagnostic, Diagnostics, Severity};
use super::super::value::{Path, Step};
use crate::proto::tfplugin6 as proto;
use proto::attribute_path::step::Selector;

pub(in super::super) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

fn diagnostic(diagnostic: Diagnostic) -> proto::Diagnostic {
    // Core treats an unknown severity as neither error nor warning.
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        // A path without steps would still name an attribute, so a diagnostic about the whole object has no
        // path.
        attribute: diagnostic
            .path
            .filter(|at| !at.steps().is_empty())
            .as_ref()
            .map(path),
    }
}

pub(in super::super) fn path(path: &Path) -> proto::AttributePath {
    let step = |step: &Step| proto::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(*index),
        }),
    };
    proto::AttributePath {
        steps: path.steps().iter().map(step).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostic_has_a_severity_and_no_path_at_the_root() {
        let sent = diagnostics(Diagnostic::warning("s", "d").into());
        assert_eq!(sent[0].severity(), proto::diagnostic::Severity::Warning);
        assert_eq!(sent[0].attribute, None);
        let sent = diagnostics(Diagnostic::error("s", "d").at(Path::root()).into());
        assert_eq!(
            (sent[0].severity(), &sent[0].attribute),
            (proto::diagnostic::Severity::Error, &None)
        );
    }

    #[test]
    fn path_converts_every_step() {
        let sent = path(
            &Path::attribute("a")
                .child(Step::Key("k".into()))
                .child(Step::Index(3)),
        );
        let selectors: Vec<_> = sent.steps.into_iter().filter_map(|step| step.selector).collect();
        assert_eq!(
            selectors,
            [
                Selector::AttributeName("a".into()),
                Selector::ElementKeyString("k".into()),
                Selector::ElementKeyInt(3)
            ]
        );
    }
}
