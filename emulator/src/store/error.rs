//! Why a state file cannot be used.

use std::io;

/// A state file that cannot be used. It is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read, written or created.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The path is a folder, a device or the like.
    #[error("it is not a regular file")]
    NotAFile,
    /// The file is empty.
    #[error("it is empty; a new state needs a file that does not exist yet")]
    Empty,
    /// The file belongs to another program.
    #[error("it is not a state file of this emulator")]
    Foreign,
    /// Another emulator has the file open.
    #[error("it is in use by another emulator")]
    InUse,
    /// The file has a format that this emulator does not know.
    #[error("it has format {found}, made by a newer emulator; this one knows format {known}")]
    Newer {
        /// The format of the file.
        found: u64,
        /// The newest format that this emulator supports.
        known: u64,
    },
    /// The file was damaged or truncated.
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
            // The database reports a file without its signature in these words.
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
            // Every table exists from the start, with these types.
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
