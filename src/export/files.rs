//! Writes all files or none, and never overwrites a file.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::document::File;
use crate::framework::{Diagnostic, Diagnostics};

/// The maximum number of existing files that an error names.
const NAMED_LIMIT: usize = 5;

/// Writes these files into a folder, which is created if it does not exist. A file that already exists is an
/// error. After an error the folder contains none of the files.
pub(super) fn write(folder: &Path, files: &[File]) -> Result<(), Diagnostics> {
    let is_new = !folder.exists();
    fs::create_dir_all(folder).map_err(|error| {
        if folder.exists() {
            not_a_folder(folder)
        } else {
            failed("The folder could not be created", folder, &error)
        }
    })?;
    let written = write_into(folder, files);
    if written.is_err() && is_new {
        // Only an empty folder is removed.
        let _ = fs::remove_dir(folder);
    }
    written
}

fn write_into(folder: &Path, files: &[File]) -> Result<(), Diagnostics> {
    let existing: Vec<&str> = files
        .iter()
        .map(|file| file.name.as_str())
        .filter(|name| folder.join(name).symlink_metadata().is_ok())
        .collect();
    if !existing.is_empty() {
        return Err(already_exist(folder, &existing));
    }
    let mut temporaries = Vec::with_capacity(files.len());
    for file in files {
        let path = folder.join(&file.name);
        let temporary = temporary(folder, &file.text)
            .map_err(|error| failed("A file could not be written", &path, &error))?;
        temporaries.push((temporary, path));
    }
    let mut done: Vec<PathBuf> = Vec::with_capacity(temporaries.len());
    for (temporary, path) in temporaries {
        // This rename fails if the name exists.
        if let Err(error) = temporary.persist_noclobber(&path) {
            for path in done {
                let _ = fs::remove_file(path);
            }
            return Err(if error.error.kind() == io::ErrorKind::AlreadyExists {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                already_exist(folder, &[&name])
            } else {
                failed("A file could not be written", &path, &error.error)
            });
        }
        done.push(path);
    }
    Ok(())
}

/// Creates a temporary file with a name that no CLI reads. It is removed when it is dropped.
fn temporary(folder: &Path, text: &str) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".motherduck-export-").suffix(".tmp");
    // The file has the permissions of other files of the user, because it contains no secret.
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

fn not_a_folder(path: &Path) -> Diagnostics {
    let detail = format!(
        "{} is a file. Nothing was written. Name a folder with `--out`; it is created if it does not exist.",
        path.display()
    );
    Diagnostic::error("`--out` does not name a folder", detail).into()
}

fn already_exist(folder: &Path, names: &[&str]) -> Diagnostics {
    let more = names.len().saturating_sub(NAMED_LIMIT);
    let mut list = names[..names.len().min(NAMED_LIMIT)].join(", ");
    if more > 0 {
        list = format!("{list} and {more} more");
    }
    let detail = format!(
        "The folder {} has these already: {list}. Nothing was written. Name another folder with `--out`, or \
         move these files away.",
        folder.display()
    );
    Diagnostic::error("Files would be overwritten", detail).into()
}

fn failed(summary: &str, path: &Path, error: &io::Error) -> Diagnostics {
    let detail = format!(
        "{}: {error}. Nothing was written. Check the folder that `--out` names, and the space on its disk.",
        path.display()
    );
    Diagnostic::error(summary, detail).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> File {
        File {
            name: name.to_owned(),
            text: format!("# {name}\n"),
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn write_with_an_existing_file_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b.tf"), "mine").unwrap();

        let errors = write(folder.path(), &[file("a.tf"), file("b.tf")]).unwrap_err();

        let error = errors.iter().next().unwrap();
        assert!(
            error.detail.contains("b.tf") && !error.detail.contains("a.tf"),
            "{error:?}"
        );
        assert_eq!(names(folder.path()), ["b.tf"]);
        assert_eq!(fs::read_to_string(folder.path().join("b.tf")).unwrap(), "mine");
    }

    #[test]
    fn write_over_a_dangling_symlink_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/does/not/exist", folder.path().join("a.tf")).unwrap();
        write(folder.path(), &[file("a.tf")]).unwrap_err();
    }

    #[test]
    fn failed_write_removes_its_files_and_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("new");
        // The second file has the name of the first, which only its rename detects.
        write(&folder, &[file("a.tf"), file("a.tf")]).unwrap_err();
        assert_eq!(names(root.path()), [""; 0]);
    }

    #[test]
    fn write_creates_exactly_the_files() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("new/deep");
        write(&folder, &[file("a.tf"), file("b.tf")]).unwrap();
        assert_eq!(names(&folder), ["a.tf", "b.tf"]);
        assert_eq!(fs::read_to_string(folder.join("a.tf")).unwrap(), "# a.tf\n");
    }

    #[test]
    fn write_with_a_file_as_folder_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a");
        fs::write(&folder, "mine").unwrap();
        let errors = write(&folder, &[file("a.tf")]).unwrap_err();
        assert_eq!(
            errors.iter().next().unwrap().summary,
            "`--out` does not name a folder"
        );
        assert_eq!(fs::read_to_string(&folder).unwrap(), "mine");
    }
}
