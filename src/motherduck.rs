//! Code that the resources, data sources and so on share: the provider data, names of accounts and tokens,
//! diagnostics of failures, creating and revoking tokens, and the providers whose states can be moved.

pub(crate) mod account_name;
pub(crate) mod create_token;
pub(crate) mod duckling_blocks;
pub(crate) mod errors;
mod expiring_set;
mod find;
mod locks;
pub(crate) mod other_providers;
mod provider_data;
mod recent;
pub(crate) mod settle;
pub(crate) mod token_checks;
mod token_memory;
pub(crate) mod token_name;
pub(crate) mod token_rules;

pub use provider_data::{ProviderData, TransportFactory};
