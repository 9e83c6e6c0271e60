//! The account of a data source: its attribute, and errors about it.

use crate::api::Error;
use crate::framework::{Attribute, Diagnostic, Diagnostics, Field};
use crate::motherduck::{Connection, account_name, duckling_blocks, errors};
use duckling_blocks::{ReadScaling, ReadWrite};

/// Returns the attribute `username`. It keeps the configured spelling, whatever the letter case of the
/// account's own name.
pub(super) fn attribute() -> Attribute {
    Attribute::string("username")
        .required()
        .validator(account_name::existing())
}

/// Returns the configured name. Core reads a data source only when its configuration is known.
pub(super) fn name(username: &Field<String>) -> Result<&str, Diagnostics> {
    username
        .text()
        .ok_or_else(|| Diagnostic::bug("A data source was read before its `username` was known.").into())
}

/// Returns the error that a read of an account failed.
pub(super) fn failure(summary: &str, username: &str, error: &Error) -> Diagnostics {
    if error.is_gone() {
        errors::no_account(&format!("There is no account {username:?}"), error)
    } else {
        errors::failure(summary, error, &[attribute()])
    }
}

/// Reads the account's Ducklings. Every account has some, so this also shows whether the account exists.
pub(super) async fn ducklings(
    connection: &Connection,
    username: &str,
    summary: &str,
) -> Result<(Field<ReadWrite>, Field<ReadScaling>), Diagnostics> {
    let client = connection.client().await?;
    let look = || client.ducklings(username);
    match connection.once_visible(&client, username, look).await {
        Ok(live) => Ok(duckling_blocks::of(&live.body)),
        Err(error) => Err(failure(summary, username, &error)),
    }
}
