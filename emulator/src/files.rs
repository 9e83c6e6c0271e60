//! Checks the files named on the command line before one of them is written.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// How many links are followed before the rest of a chain is ignored.
const LONGEST_CHAIN_OF_LINKS: usize = 40;

/// A flag and the file that it names.
pub(crate) type Named<'a> = (&'static str, &'a Path);

/// Two flags name the same file, so writing one would destroy the other's content.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{one} and {other} name the same file, {path}", path = .path.display())]
pub(crate) struct SameFile {
    one: &'static str,
    other: &'static str,
    path: PathBuf,
}

/// Checks that all files differ, including those that do not exist yet.
pub(crate) fn all_distinct(files: &[Named<'_>]) -> Result<(), SameFile> {
    let identities: Vec<Identity> = files.iter().map(|(_, path)| Identity::new(path)).collect();
    for (index, identity) in identities.iter().enumerate() {
        if let Some(earlier) = identities[..index].iter().position(|before| before == identity) {
            return Err(SameFile {
                one: files[earlier].0,
                other: files[index].0,
                path: files[index].1.to_owned(),
            });
        }
    }
    Ok(())
}

/// Identifies a file.
#[derive(PartialEq, Eq)]
enum Identity {
    /// Device and inode number, which all names of the file (hard links) share.
    Inode(u64, u64),
    /// The path without symbolic links, also of a file that does not exist yet.
    Path(PathBuf),
}

impl Identity {
    fn new(path: &Path) -> Self {
        if let Ok(metadata) = fs::metadata(path) {
            use std::os::unix::fs::MetadataExt as _;
            return Self::Inode(metadata.dev(), metadata.ino());
        }
        // A path that cannot be resolved cannot be opened either, and opening it reports why.
        Self::Path(resolve(path).unwrap_or_else(|_| path.to_owned()))
    }
}

fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    for _ in 0..LONGEST_CHAIN_OF_LINKS {
        if let Ok(existing) = path.canonicalize() {
            return Ok(existing);
        }
        let (Ok(target), Some(folder)) = (fs::read_link(&path), path.parent()) else {
            break;
        };
        path = folder.join(target);
    }
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equivalent_paths_are_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there");
        fs::write(&there, "").unwrap();
        let absent = folder.path().join("absent");
        fs::create_dir(folder.path().join("below")).unwrap();
        for file in [&there, &absent] {
            let name = file.file_name().unwrap();
            for other in [file.clone(), folder.path().join("below/..").join(name)] {
                let error = all_distinct(&[("--state", file), ("--log", &other)]).unwrap_err();
                let expected = format!("--state and --log name the same file, {}", other.display());
                assert_eq!(error.to_string(), expected);
            }
        }
        assert_eq!(all_distinct(&[("--state", &there), ("--log", &absent)]), Ok(()));
        let nowhere = folder.path().join("nowhere/file");
        assert_eq!(all_distinct(&[("--state", &nowhere), ("--log", &absent)]), Ok(()));
    }

    #[test]
    fn hard_and_symbolic_links_are_the_same_file() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there");
        fs::write(&there, "").unwrap();
        let hard = folder.path().join("hard");
        fs::hard_link(&there, &hard).unwrap();
        let soft = folder.path().join("soft");
        symlink("there", &soft).unwrap();
        let absent = folder.path().join("absent");
        let dangling = folder.path().join("dangling");
        symlink("absent", &dangling).unwrap();
        for (one, other) in [(&there, &hard), (&there, &soft), (&absent, &dangling)] {
            assert!(all_distinct(&[("--state", one), ("--log", other)]).is_err());
        }
        // A cycle of links ends at the limit.
        let ring = folder.path().join("ring");
        symlink("ring", &ring).unwrap();
        assert_eq!(all_distinct(&[("--state", &ring), ("--log", &absent)]), Ok(()));
    }
}
