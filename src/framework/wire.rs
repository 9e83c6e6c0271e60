//! Converts protocol messages to framework types and back, without decisions.

mod diagnostics;
mod function;
mod identity;
mod schema;
mod value;

pub(super) use diagnostics::{diagnostics, path};
pub(super) use function::{function, function_error};
pub(super) use identity::{IDENTITY_VERSION, identity_schema};
pub(super) use schema::schema;
pub(super) use value::{decode, encode, members, raw_json, raw_state};
