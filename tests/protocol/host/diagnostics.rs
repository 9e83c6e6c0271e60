//! Diagnostics of responses.

use motherduck_provider::proto::tfplugin6 as proto;
use proto::attribute_path::step::Selector;
use proto::diagnostic::Severity;

use super::ADMIN_TOKEN;

/// The diagnostics of a response.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Vec<Diagnostic>);

/// A diagnostic.
#[derive(Debug)]
pub(crate) struct Diagnostic {
    is_error: bool,
    /// Summary and detail.
    text: String,
    /// The path in HCL syntax, such as `read_write.instance_size`; `None` for a diagnostic about the whole
    /// object.
    path: Option<String>,
}

impl Diagnostics {
    /// Reads diagnostics as core does. Each must be valid and must not contain the admin token.
    pub(crate) fn read(diagnostics: &[proto::Diagnostic]) -> Self {
        Diagnostics(diagnostics.iter().map(read).collect())
    }

    pub(super) fn append(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.is_error)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns all texts in one string.
    pub(crate) fn text(&self) -> String {
        let texts: Vec<&str> = self.0.iter().map(|diagnostic| diagnostic.text.as_str()).collect();
        texts.join("\n---\n")
    }

    /// Returns severity, path, and summary with detail of each diagnostic.
    pub(crate) fn each(self) -> Vec<(&'static str, String, String)> {
        let diagnostics = self.0.into_iter();
        diagnostics
            .map(|diagnostic| {
                let kind = if diagnostic.is_error { "Error" } else { "Warning" };
                (kind, diagnostic.path.unwrap_or_default(), diagnostic.text)
            })
            .collect()
    }

    /// Returns the attribute paths of all errors.
    pub(crate) fn error_paths(&self) -> Vec<&str> {
        let errors = self.0.iter().filter(|diagnostic| diagnostic.is_error);
        errors
            .filter_map(|diagnostic| diagnostic.path.as_deref())
            .collect()
    }

    /// Expects an error with all of these words at this attribute path. An empty path stands for no
    /// attribute.
    #[track_caller]
    pub(crate) fn assert_error(&self, path: &str, words: &[&str]) {
        self.assert_contains(true, path, words);
    }

    /// Expects a warning with all of these words at this attribute path, and no error.
    #[track_caller]
    pub(crate) fn assert_warning(&self, path: &str, words: &[&str]) {
        assert!(!self.has_errors(), "{self:#?}");
        self.assert_contains(false, path, words);
    }

    #[track_caller]
    fn assert_contains(&self, is_error: bool, path: &str, words: &[&str]) {
        let fits = |diagnostic: &&Diagnostic| {
            diagnostic.is_error == is_error
                && diagnostic.path.as_deref().unwrap_or_default() == path
                && words.iter().all(|word| diagnostic.text.contains(word))
        };
        let kind = if is_error { "error" } else { "warning" };
        assert!(
            self.0.iter().find(fits).is_some(),
            "no {kind} at {path:?} with {words:?} in {self:#?}"
        );
    }

    /// Expects that no text contains this word.
    #[track_caller]
    pub(crate) fn assert_omits(&self, word: &str) {
        assert!(!self.text().contains(word), "{self:#?}");
    }

    /// Expects no diagnostics.
    #[track_caller]
    pub(crate) fn assert_empty(&self) {
        assert!(self.is_empty(), "{self:#?}");
    }
}

fn read(diagnostic: &proto::Diagnostic) -> Diagnostic {
    // Core treats an unset severity as neither error nor warning, and prints it without a heading.
    assert_ne!(diagnostic.severity(), Severity::Invalid, "{diagnostic:?}");
    assert!(!diagnostic.summary.is_empty(), "{diagnostic:?}");
    let read = Diagnostic {
        is_error: diagnostic.severity() == Severity::Error,
        text: format!("{}\n{}", diagnostic.summary, diagnostic.detail),
        path: diagnostic.attribute.as_ref().map(path_text),
    };
    assert!(
        !read.text.contains(ADMIN_TOKEN),
        "the diagnostic contains the admin token: {read:?}"
    );
    read
}

/// Formats a path as in HCL.
pub(super) fn path_text(path: &proto::AttributePath) -> String {
    assert!(
        !path.steps.is_empty(),
        "a path without steps still means an attribute"
    );
    let selectors = path.steps.iter().map(|step| step.selector.as_ref());
    let steps = selectors.map(|selector| match selector.expect("a step has a target") {
        Selector::AttributeName(name) => format!(".{name}"),
        Selector::ElementKeyString(key) => format!("[{key:?}]"),
        Selector::ElementKeyInt(index) => format!("[{index}]"),
    });
    let text: String = steps.collect();
    text.trim_start_matches('.').to_owned()
}
