//! What MotherDuck's things have in common, whichever way Terraform reaches them: the connection to the API,
//! the names of accounts and tokens, the words in which a failure is told, and the providers that were there before.

pub(crate) mod account_name;
mod connection;
pub(crate) mod create_token;
pub(crate) mod duckling_blocks;
pub(crate) mod explain;
mod gone;
pub(crate) mod predecessors;
mod recent;
mod second_look;
pub(crate) mod settle;
pub(crate) mod token_checks;
pub(crate) mod token_name;
pub(crate) mod token_rules;

pub use connection::{Connection, Transports, Unusable};
