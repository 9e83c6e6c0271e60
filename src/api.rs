//! The MotherDuck REST admin API: one [`Client`], typed calls, and errors with predicates.
//!
//! This module does not depend on Terraform. A call starts in its method in a child of `client`. `operation`
//! limits the attempts in flight and the time, and writes the log; `shared_reads` lets several reads share a
//! request; `retry` decides which requests are repeated; `transport` sends them, and only `http` uses HTTP.

mod account_generations;
mod accounts;
mod api_request;
mod base_url;
mod client;
mod client_inner;
mod credential;
mod decoding;
mod error;
mod http;
mod json;
mod mask;
mod operation;
mod operation_clock;
mod paging;
mod pinned;
mod problem;
mod proxy;
mod rate_limiter;
mod reply;
mod request_window;
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
mod text;
pub mod transport;

#[cfg(any(test, fuzzing))]
#[cfg_attr(not(test), allow(dead_code, reason = "fuzzing uses only a part of it"))]
pub(crate) mod fake;
#[cfg(any(test, fuzzing))]
mod fuzzing;

pub use accounts::folded_username;
pub use base_url::{BaseUrl, BaseUrlError};
pub use client::Client;
pub use client::active_accounts::{ActiveAccount, RunningDuckling};
pub use client::ducklings::{Ducklings, Instances, ReadScaling, ReadWrite};
pub use client::embed_session::{
    INITIAL_STATE_LIMIT_BYTES, NewEmbedSession, REQUIRED_RESOURCES_LIMIT_BYTES, RequiredResource,
};
pub use client::tokens::{CreatedToken, Listing, NewToken, Token};
pub use client::users::{User, UserFilter, UserPages};
pub use error::Error;
pub(crate) use error::Kind;
#[cfg(any(test, fuzzing))]
pub(crate) use fuzzing::read_responses;
pub use problem::Issue;
pub use proxy::{Proxy, ProxyError, no_proxy_includes};
pub use reply::Reply;
pub use request_window::RequestWindow;
pub use settings::{Settings, SetupError};
pub use shared_reads::{Freshness, MIN_CONFIRMATION_INTERVAL, ReadResult, ReadResults};
