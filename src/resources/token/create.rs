//! The name of a token to create.

use super::State;
use crate::framework::{Diagnostic, Diagnostics};
use crate::motherduck::token_name::{Name, Prefix};
use crate::motherduck::token_rules;

/// Returns the name of a new token. Validation cannot check values that become known only with apply.
pub(super) fn name_to_create(planned: &State) -> Result<Name, Diagnostics> {
    let broken = token_rules::check_name_or_prefix(&planned.name, &planned.name_prefix);
    if !broken.is_empty() {
        return Err(broken);
    }
    match (planned.name.text(), planned.name_prefix.text()) {
        (_, Some(prefix)) => Ok(Name::Generated(Prefix::Configured(prefix.to_owned()))),
        (Some(name), None) => Ok(Name::Fixed(name.to_owned())),
        (None, None) => Err(Diagnostic::error(
            "The token has no name",
            "Neither `name` nor `name_prefix` has a value. Nothing was created. Set one of the two.",
        )
        .into()),
    }
}
