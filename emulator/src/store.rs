//! The state file. It stores the organization, so that a restart or a crash loses no change whose response
//! was sent.
//!
//! `file` is the database and its tables, `rows` the content of the tables, `backend` the file access, and
//! `storage` passes each change in memory to the file.

mod backend;
mod error;
mod file;
mod rows;
mod storage;

pub use error::StateError;
pub(crate) use file::StateFile;
pub(crate) use storage::Storage;
