//! Why a release could not be built.

use std::path::PathBuf;

use crate::file_error::FileError;

/// A step that failed. Every message names the file or the command.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An archive could not be written.
    #[error("could not pack {}: {source}", .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The library's error.
        source: zip::result::ZipError,
    },
    /// A command ended with an error, or could not be started.
    #[error("{0}")]
    Command(String),
    /// The folder contains no archive of this version.
    #[error("{} holds no archive of the provider in version {version}; build one first, without --no-build", .folder.display())]
    Empty {
        /// The folder that was searched.
        folder: PathBuf,
        /// The version that was searched for.
        version: String,
    },
    /// Static binaries are only built for Linux.
    #[error("a static binary is made on Linux with glibc only, and this is {0}")]
    NotLinux(String),
    /// The release has no package for this platform.
    #[error("there is no release for {0}; see README.md for the platforms that are released")]
    NotReleased(String),
}
