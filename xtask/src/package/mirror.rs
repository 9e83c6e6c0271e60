//! Creates a folder that serves as a mirror: a network mirror on a web server, a filesystem mirror on disk.

use std::fs;
use std::path::Path;

use serde_json::{Map, json};

use super::archive;
use super::checksums::{h1, sha256};
use crate::file_error::FileError;
use crate::programs::Failure;
use crate::terraform::{PROVIDER_ADDRESS, REGISTRIES};

/// Creates the folder for one version and its archives. `archives` are file names in `folder` with their
/// platforms.
pub(super) fn write(
    mirror: &Path,
    folder: &Path,
    version: &str,
    archives: &[(String, String)],
) -> Result<(), Failure> {
    if mirror.exists() {
        fs::remove_dir_all(mirror).map_err(FileError::io("remove", mirror))?;
    }
    let mut packages = Map::new();
    for (name, platform) in archives {
        let archive = folder.join(name);
        let hashes = [h1(&archive)?, format!("zh:{}", sha256(&archive)?)];
        packages.insert(platform.clone(), json!({ "url": name, "hashes": hashes }));
    }
    for host in REGISTRIES {
        let place = mirror.join(host).join(PROVIDER_ADDRESS);
        let index = json!({ "versions": { version: {} } });
        archive::write_text(&place.join("index.json"), &format!("{index:#}\n"))?;
        let of_version = json!({ "archives": packages });
        archive::write_text(
            &place.join(format!("{version}.json")),
            &format!("{of_version:#}\n"),
        )?;
        for (name, _) in archives {
            let copy = place.join(name);
            fs::copy(folder.join(name), &copy).map_err(FileError::io("write", &copy))?;
        }
    }
    Ok(())
}
