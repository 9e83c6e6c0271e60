//! What MotherDuck's things have in common, whichever way Terraform reaches them: the connection to the API,
//! the names of accounts and tokens, and the words in which a failure is told.

pub(crate) mod account_name;
mod connection;
pub(crate) mod duckling_blocks;
pub(crate) mod explain;
pub(crate) mod token_rules;

pub use connection::{Connection, Unusable};
