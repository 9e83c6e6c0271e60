//! Environment variables as text.

use std::ffi::OsString;

/// A variable is set and cannot be read. It must not count as unset, because the plugin could then serve
/// without encryption or at another address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} is not valid UTF-8: set it anew, or unset it")]
pub struct UnreadableVariable {
    name: String,
}

/// Returns the text of a variable that is set and not empty. go-plugin treats an empty one as unset.
pub(super) fn variable_text(
    lookup: impl Fn(&str) -> Option<OsString>,
    name: &str,
) -> Result<Option<String>, UnreadableVariable> {
    match lookup(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(UnreadableVariable {
            name: name.to_owned(),
        }),
    }
}
