//! ZIP archives that only depend on their content: times and permissions are fixed, and members have the
//! given order.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::file_error::FileError;
use crate::programs::Failure;

pub(super) struct Member {
    pub(super) name: String,
    pub(super) source: PathBuf,
    pub(super) executable: bool,
}

/// Packs files. The archive gets its name when it is complete.
pub(super) fn write(archive: &Path, members: &[Member]) -> Result<(), Failure> {
    let failed = |error| Failure::new(format_args!("pack {}", archive.display()), error);
    let folder = archive.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(FileError::io("write in", folder))?;
    let mut zip = ZipWriter::new(file.as_file_mut());
    for member in members {
        let content = fs::read(&member.source).map_err(FileError::io("read", &member.source))?;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::DEFAULT)
            .unix_permissions(if member.executable { 0o755 } else { 0o644 });
        zip.start_file(&member.name, options).map_err(failed)?;
        zip.write_all(&content).map_err(FileError::io("write", archive))?;
    }
    zip.finish().map_err(failed)?;
    publish(file, archive)
}

/// Writes a text file. It gets its name when it is complete.
pub(super) fn write_text(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(FileError::io("create", folder))?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(FileError::io("write in", folder))?;
    file.write_all(text.as_bytes())
        .map_err(FileError::io("write", path))?;
    publish(file, path)
}

fn publish(file: tempfile::NamedTempFile, path: &Path) -> Result<(), Failure> {
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(0o644))
        .map_err(FileError::io("set the permissions of", path))?;
    file.persist(path)
        .map_err(|error| FileError::io("write", path)(error.error))?;
    Ok(())
}
