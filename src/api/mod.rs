//! The MotherDuck REST admin API: one [`Client`], typed calls, and errors with predicates.
//!
//! This module does not depend on Terraform. A call runs from its method in `users`, `tokens`, `ducklings`,
//! `active_accounts` or `embed_session` through `operation` (slots, `pace`, timeout, log; `shared_reads` if
//! several reads need the same) and `retry` (repetitions) to `transport`, behind which only `http` uses HTTP.

mod active_accounts;
mod base_url;
mod call;
mod client;
mod credential;
mod ducklings;
mod embed_session;
mod encoding;
mod error;
mod http;
mod json;
mod mask;
mod operation;
mod pace;
mod paging;
mod pinned;
mod problem;
mod proxy;
#[cfg(any(feature = "static", test))]
#[cfg_attr(
    not(feature = "static"),
    allow(dead_code, reason = "tested everywhere, used by a static binary")
)]
mod resolver;
mod retry;
mod roots;
mod send_error;
mod settings;
mod shared_reads;
mod spellings;
mod stop;
mod text;
mod time;
mod tokens;
pub mod transport;
mod users;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(any(test, fuzzing))]
mod fuzzing;

pub use active_accounts::{ActiveAccount, RunningDuckling};
pub use base_url::{BaseUrl, BaseUrlError};
pub use client::{Client, Reply};
pub use ducklings::{Ducklings, Instances, ReadScaling, ReadWrite};
pub use embed_session::{
    INITIAL_STATE_LIMIT_BYTES, NewEmbedSession, REQUIRED_RESOURCES_LIMIT_BYTES, RequiredResource,
};
pub use error::Error;
pub(crate) use error::Kind;
#[cfg(any(test, fuzzing))]
pub(crate) use fuzzing::read_responses;
pub use problem::Issue;
pub use proxy::{Proxy, ProxyError, excepts};
pub use settings::{Settings, SetupError};
pub use shared_reads::{APART, Look, Looked, Since};
pub use stop::Scope;
pub use tokens::{CreatedToken, Listing, NewToken, Token};
pub use users::{User, UserFilter, UserPages, folded_username};
