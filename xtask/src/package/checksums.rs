//! Checksums of downloads: SHA-256 of files, and the hash of a package's content that lock files contain.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use crate::file_error::FileError;
use crate::programs::Failure;

/// Returns the SHA-256 of a file in hexadecimal digits.
pub(super) fn sha256(path: &Path) -> Result<String, Failure> {
    let content = fs::read(path).map_err(FileError::io("read", path))?;
    Ok(hex(&content))
}

/// Returns the hash of the content of an archive as `h1:…`: SHA-256 of a list of the members and their own
/// SHA-256.
pub(super) fn h1(archive: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::new(format_args!("pack {}", archive.display()), error);
    let file = fs::File::open(archive).map_err(FileError::io("read", archive))?;
    let mut zip = ZipArchive::new(file).map_err(failed)?;
    let mut members = Vec::new();
    for index in 0..zip.len() {
        let mut member = zip.by_index(index).map_err(failed)?;
        let mut content = Vec::new();
        member
            .read_to_end(&mut content)
            .map_err(FileError::io("read", archive))?;
        members.push((member.name().to_owned(), hex(&content)));
    }
    members.sort();
    let mut list = Sha256::new();
    for (name, digest) in members {
        list.update(format!("{digest}  {name}\n"));
    }
    Ok(format!("h1:{}", BASE64.encode(&list.finalize())))
}

/// Returns the text of a `SHA256SUMS` file for files of one folder, sorted by name.
pub(super) fn sums(folder: &Path, names: &[String]) -> Result<String, Failure> {
    let mut names = names.to_vec();
    names.sort();
    names
        .iter()
        .map(|name| Ok(format!("{}  {name}\n", sha256(&folder.join(name))?)))
        .collect()
}

fn hex(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::archive::{self, Member};
    use super::*;

    #[test]
    fn sums_have_the_format_of_sha256sum() {
        let folder = TempDir::new().unwrap();
        for (name, text) in [("b", "abc"), ("a", "")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(
            sums(folder.path(), &["b".to_owned(), "a".to_owned()]).unwrap(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n"
        );
    }

    #[test]
    fn h1_covers_members_in_the_order_of_their_names() {
        let folder = TempDir::new().unwrap();
        let member = |name: &str, text: &str| {
            let source = folder.path().join(name);
            fs::write(&source, text).unwrap();
            Member {
                name: name.to_owned(),
                source,
                executable: false,
            }
        };
        let (one, two) = (member("one", ""), member("two", "abc"));
        let archive = folder.path().join("package.zip");
        archive::write(&archive, &[two, one]).unwrap();
        // The same with other tools: sha256sum one two | sha256sum | xxd -r -p | base64.
        assert_eq!(
            h1(&archive).unwrap(),
            "h1:van3MVyHhchemxNkFq8l7oVvNDsPEHB0IarrLgIogDw="
        );
    }
}
