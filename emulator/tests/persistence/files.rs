//! Invalid state files: one line of error, exit code 2, and the file is unchanged.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::program::{Program, command, failed_start};

#[track_caller]
fn assert_start_fails(path: &Path, complaint: &str) {
    let before = fs::read(path).ok();
    let (code, printed) = failed_start(&mut command(path));
    assert_eq!(code, Some(2), "{printed}");
    let expected = format!(
        "motherduck-emulator: cannot use the state file {}: {complaint}",
        path.display()
    );
    assert!(
        printed.starts_with(&expected),
        "{printed:?} does not start with {expected:?}"
    );
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert!(fs::read(path).ok() == before, "{complaint}: the file was changed");
}

#[test]
fn foreign_file_or_directory_is_an_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    fs::write(&path, "{ \"version\": 4, \"resources\": [] }").unwrap();
    assert_start_fails(&path, "it is not a state file of this emulator");
    fs::write(&path, "").unwrap();
    assert_start_fails(
        &path,
        "it is empty; a new state needs a file that does not exist yet",
    );
    assert_start_fails(folder.path(), "it is not a regular file");
    assert_start_fails(Path::new("/dev/null"), "it is not a regular file");
    assert_start_fails(&path.join("below-a-file"), "Not a directory");
    assert_start_fails(&folder.path().join("nowhere/state"), "No such file or directory");
}

#[test]
fn damaged_file_is_an_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    Program::start(&path).kill();
    let whole = fs::read(&path).unwrap();

    fs::write(&path, &whole[..whole.len() / 2 + 100]).unwrap();
    assert_start_fails(&path, "it is damaged: ");

    let admin = b"Emulator";
    let place = whole
        .windows(admin.len())
        .position(|window| window == admin)
        .unwrap();
    let mut flipped = whole.clone();
    flipped[place] ^= 1;
    fs::write(&path, flipped).unwrap();
    assert_start_fails(&path, "it is damaged: ");

    fs::write(&path, whole).unwrap();
    Program::start(&path);
}

#[test]
fn file_in_use_is_an_error_until_the_other_program_ends() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    let first = Program::start(&path);
    let (code, printed) = failed_start(&mut command(&path));
    assert_eq!(code, Some(2));
    let expected = format!(
        "motherduck-emulator: cannot use the state file {}: it is in use by another emulator\n",
        path.display()
    );
    assert_eq!(printed, expected);
    first.kill();
    Program::start(&path).terminate();
    Program::start(&path);
}
