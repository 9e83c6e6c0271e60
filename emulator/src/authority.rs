//! The file with the certificate authority of a run, for clients to trust.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::Failure;

/// A file that was written. A temporary one is removed when this is dropped.
#[derive(Debug)]
pub(crate) enum AuthorityFile {
    Temporary(NamedTempFile),
    Kept(PathBuf),
}

impl AuthorityFile {
    /// Writes to the file that was asked for, or else to a new one of a name that nobody can foresee.
    pub(crate) fn write(pem: &str, out: Option<&Path>) -> Result<Self, Failure> {
        let folder = std::env::temp_dir();
        Self::try_write(pem, out).map_err(|source| Failure::Certificate {
            path: out.unwrap_or(&folder).to_owned(),
            source,
        })
    }

    fn try_write(pem: &str, out: Option<&Path>) -> io::Result<Self> {
        if let Some(path) = out {
            std::fs::write(path, pem)?;
            // Whoever reads the line may be in another folder.
            return std::path::absolute(path).map(Self::Kept);
        }
        let mut file = tempfile::Builder::new()
            .prefix("motherduck-emulator-")
            .suffix(".pem")
            .tempfile()?;
        file.write_all(pem.as_bytes())?;
        Ok(Self::Temporary(file))
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Temporary(file) => file.path(),
            Self::Kept(path) => path,
        }
    }
}
