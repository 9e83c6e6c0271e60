//! The organization: accounts, tokens, Duckling configurations and Dives, with the rules of the API. It is
//! plain data behind `&mut`; the time is an argument, and it does not depend on HTTP or JSON.

mod access;
mod accounts;
mod change;
mod dives;
mod ducklings;
mod organization;
mod tokens;

pub(crate) use access::Caller;
pub(crate) use accounts::{Account, Role, UserFilter};
pub(crate) use change::Change;
pub(crate) use dives::{Dive, EmbedRequest, EmbedSession};
pub(crate) use ducklings::{DucklingConfig, DucklingStatus, ReadScaling, ReadWrite, RunningDuckling};
pub use organization::ADMIN_USERNAME;
pub(crate) use organization::Organization;
pub(crate) use tokens::{NewToken, Token, TokenAndSecret, TokenKind};
