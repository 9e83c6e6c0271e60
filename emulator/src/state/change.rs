//! A change of an organization, as memory and the state file take it.

use super::account::Account;
use super::dive::{Dive, EmbedSession};
use super::token::Token;

/// A change of the organization. Accounts are identified by their folded username.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Adds an account, or replaces everything of an account except its tokens; tokens of the new value are
    /// ignored.
    PutAccount(Account),
    /// Removes an account and its tokens.
    RemoveAccount(String),
    /// Adds a token to an account, or replaces the one with its serial.
    PutToken(String, Token),
    /// Removes the token with this serial from an account.
    RemoveToken(String, u64),
    /// Adds a Dive, or replaces the one with its id.
    PutDive(Dive),
    /// Adds an embed session.
    AddSession(EmbedSession),
    /// Removes the embed session with this serial.
    RemoveSession(u64),
}
