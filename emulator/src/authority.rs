//! The file with the certificate authority of this run, which clients trust.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::Failure;

/// The first bytes of a file that may be overwritten.
const BEGINNING: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// A written file. A temporary one is removed when this is dropped.
#[derive(Debug)]
pub(crate) enum AuthorityFile {
    Temporary(NamedTempFile),
    Kept(PathBuf),
}

impl AuthorityFile {
    /// Checks that the file is either missing or an older certificate, so that writing it destroys nothing
    /// else.
    pub(crate) fn check_replaceable(path: &Path) -> Result<(), Failure> {
        check_file(path).map_err(|source| Failure::Certificate {
            path: path.to_owned(),
            source,
        })
    }

    /// Writes to the given file, or to a new temporary one with a random name.
    pub(crate) fn write(pem: &str, out: Option<&Path>) -> Result<Self, Failure> {
        let folder = std::env::temp_dir();
        Self::try_write(pem, out).map_err(|source| Failure::Certificate {
            path: out.unwrap_or(&folder).to_owned(),
            source,
        })
    }

    fn try_write(pem: &str, out: Option<&Path>) -> io::Result<Self> {
        if let Some(path) = out {
            check_file(path)?;
            fs::write(path, pem)?;
            // The process that reads the printed line may have another working directory.
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

fn check_file(path: &Path) -> io::Result<()> {
    // The type is checked before the file is opened: opening a pipe would block until a process writes to it.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(io::Error::other("it is not a regular file")),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    let mut beginning = Vec::new();
    File::open(path)?
        .take(BEGINNING.len() as u64)
        .read_to_end(&mut beginning)?;
    if beginning != BEGINNING {
        return Err(io::Error::other(
            "it exists and is no certificate; name a file that does not exist yet",
        ));
    }
    Ok(())
}
