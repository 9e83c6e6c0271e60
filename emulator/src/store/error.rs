//! Why a state file is not used.

use std::io;

/// A state file that cannot be used. It is left as it was.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read or written, or a new one not be made.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is a folder, a device or the like.
    #[error("it is not a regular file")]
    NotAFile,
    /// There is nothing in it.
    #[error("it is empty; a new state needs a file that does not exist yet")]
    Empty,
    /// It belongs to another program.
    #[error("it is not a state file of this emulator")]
    Foreign,
    /// Another emulator has it open.
    #[error("it is in use by another emulator")]
    InUse,
    /// It has a format that this emulator does not know.
    #[error("it has format {found}, made by a newer emulator; this one knows format {known}")]
    Newer {
        /// The format of the file.
        found: u64,
        /// The newest that is known here.
        known: u64,
    },
    /// It was changed or cut off from outside.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

impl From<redb::DatabaseError> for StateError {
    fn from(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::DatabaseAlreadyOpen | redb::DatabaseError::LockProtocolMismatch => {
                Self::InUse
            }
            redb::DatabaseError::Storage(error) => error.into(),
            error => Self::Damaged(error.to_string()),
        }
    }
}

impl From<redb::StorageError> for StateError {
    fn from(error: redb::StorageError) -> Self {
        match error {
            // The database's words for a file that does not begin as its files do.
            redb::StorageError::Io(error) if error.kind() == io::ErrorKind::InvalidData => Self::Foreign,
            redb::StorageError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Damaged("it ends too early".to_owned())
            }
            redb::StorageError::Io(error) => Self::Io(error),
            redb::StorageError::Corrupted(what) => Self::Damaged(what),
            error => Self::Io(io::Error::other(error)),
        }
    }
}

impl From<redb::TableError> for StateError {
    fn from(error: redb::TableError) -> Self {
        match error {
            redb::TableError::Storage(error) => error.into(),
            // Every table is there from the start, with these types.
            _ => Self::Foreign,
        }
    }
}

impl From<redb::TransactionError> for StateError {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(error) => error.into(),
            error => Self::Io(io::Error::other(error)),
        }
    }
}

impl From<redb::CommitError> for StateError {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(error) => error.into(),
            error => Self::Io(io::Error::other(error)),
        }
    }
}
