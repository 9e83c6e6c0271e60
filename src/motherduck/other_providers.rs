//! The other providers of MotherDuck whose objects can be moved, and the common parts of their states.

use crate::framework::{Diagnostic, Diagnostics, Field};

/// The vendor's own provider.
pub(crate) const OFFICIAL: &str = "motherduckdb/motherduck";
/// The community's provider, under both names with which it is published: the schemas are the same.
pub(crate) const COMMUNITY: [&str; 2] = ["jpig18/motherduck", "ships/motherduck"];

/// Returns a text that another provider has stored, or null if it is empty.
pub(crate) fn null_if_empty(stored: Field<String>) -> Field<String> {
    match stored {
        Field::Known(text) if text.is_empty() => Field::Null,
        stored => stored,
    }
}

/// Returns a text that is necessary to find the object. A null or empty one is an error.
pub(crate) fn required_text(stored: Field<String>, name: &str) -> Result<Field<String>, Diagnostics> {
    match null_if_empty(stored) {
        Field::Null => Err(Diagnostic::error(
            "The state of another provider is not complete",
            format!(
                "It has no `{name}`, without which the object cannot be found. The state of an object whose \
                 creation failed is like that.\n\n\
                 Nothing was changed. Remove the object from the state with `terraform state rm` (`tofu \
                 state rm`); if it exists, import it."
            ),
        )
        .into()),
        text => Ok(text),
    }
}
