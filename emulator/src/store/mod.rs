//! The state file: what is in the organization, kept so that a restart or a crash loses nothing that was answered.
//!
//! `file` is the database and its tables, `rows` what is in them, `backend` the bytes below, `keeper` the way from a change in
//! memory to the file.

mod backend;
mod error;
mod file;
mod keeper;
mod rows;

pub use error::StateError;
pub(crate) use file::StateFile;
pub(crate) use keeper::Keeper;
pub use keeper::NotKept;
