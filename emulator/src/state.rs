//! The organization: accounts, tokens, Duckling configurations and Dives, with the rules of the API. It is
//! plain data behind `&mut`; the time is an argument, and it does not depend on HTTP or JSON.

mod account;
mod change;
mod dive;
mod duckling;
mod organization;
mod token;

pub(crate) use account::{Account, Role, UserFilter};
pub(crate) use change::Change;
pub(crate) use dive::{Dive, EmbedSession};
pub(crate) use duckling::{DucklingConfig, DucklingStatus, ReadScaling, ReadWrite, RunningDuckling};
pub use organization::ADMIN_USERNAME;
pub(crate) use organization::Organization;
pub(crate) use organization::access::Caller;
pub(crate) use organization::dives::EmbedRequest;
pub(crate) use organization::tokens::{NewToken, TokenAndSecret};
pub(crate) use token::{Token, TokenKind};
