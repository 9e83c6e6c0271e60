//! The files of a release, in one folder:
//!
//! ```text
//! terraform-provider-motherduck_X.Y.Z_OS_ARCH.zip      for each platform, with the program _vX.Y.Z in it
//! terraform-provider-motherduck_X.Y.Z_manifest.json    its protocol version, for the registries
//! terraform-provider-motherduck_X.Y.Z_SHA256SUMS       and .sig beside it, if there is a key
//! terraform-provider-motherduck_vX.Y.Z                 this machine's own, unpacked
//! motherduck-emulator_X.Y.Z_OS_ARCH.zip                for each platform, and SHA256SUMS
//! mirror/                                              a network mirror and filesystem mirror of this version
//! ```

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::archive::{self, Member};
use super::build::build;
use super::{Platform, Profile, checksums, mirror};
use crate::cli::{Environment, step};
use crate::file_error::FileError;
use crate::programs::{EMULATOR, Failure, PROVIDER, Programs};

/// The license, which is in every archive.
const LICENSE: &str = "LICENSE";
/// The registries' manifest, at the root of the sources.
const MANIFEST: &str = "terraform-registry-manifest.json";

impl Programs {
    /// Builds both as for a release.
    pub fn build(environment: &Environment, workspace: &Path) -> Result<Self, Failure> {
        let build = |program| build(environment, workspace, Profile::Release, program);
        Ok(Self {
            provider: build(PROVIDER)?,
            emulator: build(EMULATOR)?,
        })
    }
}

/// A release in progress: its folder and its version.
#[derive(Debug)]
pub struct Release {
    workspace: PathBuf,
    folder: PathBuf,
    version: String,
}

impl Release {
    /// Creates a release of `version` in `folder`, which is created if it does not exist.
    pub fn new(workspace: &Path, folder: &Path, version: &str) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(FileError::io("create", folder))?;
        Ok(Self {
            workspace: workspace.to_owned(),
            folder: folder.to_owned(),
            version: version.to_owned(),
        })
    }

    /// Packs the programs of a platform, and copies the provider beside the archives.
    pub fn pack(&self, platform: Platform, programs: &Programs) -> Result<(), Failure> {
        if !platform.is_released() {
            return Failure::unexpected(format!(
                "there is no release for {platform}; see README.md for the platforms that are released"
            ));
        }
        let unpacked = format!("{PROVIDER}_v{}", self.version);
        self.archive(PROVIDER, platform, &unpacked, &programs.provider)?;
        self.archive(EMULATOR, platform, EMULATOR, &programs.emulator)?;
        let beside = self.folder.join(unpacked);
        // The file is removed and not overwritten, because it may be running.
        remove(&beside)?;
        fs::copy(&programs.provider, &beside).map_err(FileError::io("write", &beside))?;
        Ok(())
    }

    fn archive(&self, product: &str, platform: Platform, name: &str, program: &Path) -> Result<(), Failure> {
        let archive = self
            .folder
            .join(format!("{product}_{}_{platform}.zip", self.version));
        let members = [
            Member {
                name: LICENSE.to_owned(),
                source: self.workspace.join(LICENSE),
                executable: false,
            },
            Member {
                name: name.to_owned(),
                source: program.to_owned(),
                executable: true,
            },
        ];
        archive::write(&archive, &members)
    }

    /// Writes the files about all archives of this version in the folder, including those packed on other
    /// machines: manifest, checksums, mirror, and with a key the signatures.
    pub fn finish(&self, environment: &Environment, key: Option<&str>) -> Result<(), Failure> {
        let archives = self.archives(PROVIDER)?;
        if archives.is_empty() {
            return Failure::unexpected(format!(
                "{} holds no archive of the provider in version {}; build one first, without --no-build",
                self.folder.display(),
                self.version
            ));
        }
        let source = self.workspace.join(MANIFEST);
        let text = fs::read_to_string(&source).map_err(FileError::io("read", &source))?;
        let manifest = format!("{PROVIDER}_{}_manifest.json", self.version);
        archive::write_text(&self.folder.join(&manifest), &text)?;

        let of_provider = archives.iter().map(|(name, _)| name.clone()).chain([manifest]);
        let of_emulator = self.archives(EMULATOR)?.into_iter().map(|(name, _)| name);
        self.sums(environment, PROVIDER, &of_provider.collect::<Vec<_>>(), key)?;
        self.sums(environment, EMULATOR, &of_emulator.collect::<Vec<_>>(), key)?;
        mirror::write(
            &self.folder.join("mirror"),
            &self.folder,
            &self.version,
            &archives,
        )
    }

    /// Returns the archives of a product in this version by name, each with its platform.
    fn archives(&self, product: &str) -> Result<Vec<(String, String)>, Failure> {
        let start = format!("{product}_{}_", self.version);
        let mut found = Vec::new();
        let entries = fs::read_dir(&self.folder).map_err(FileError::io("read", &self.folder))?;
        for entry in entries {
            let entry = entry.map_err(FileError::io("read", &self.folder))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let platform = name
                .strip_prefix(&start)
                .and_then(|rest| rest.strip_suffix(".zip"))
                .map(str::to_owned);
            if let Some(platform) = platform {
                found.push((name, platform));
            }
        }
        found.sort();
        Ok(found)
    }

    fn sums(
        &self,
        environment: &Environment,
        product: &str,
        names: &[String],
        key: Option<&str>,
    ) -> Result<(), Failure> {
        let sums = self.folder.join(format!("{product}_{}_SHA256SUMS", self.version));
        archive::write_text(&sums, &checksums::sums(&self.folder, names)?)?;
        let signature = self
            .folder
            .join(format!("{product}_{}_SHA256SUMS.sig", self.version));
        // A signature of an earlier run would belong to other checksums.
        remove(&signature)?;
        match key {
            Some(key) => sign(environment, key, &sums, &signature),
            None => Ok(()),
        }
    }
}

/// Removes a file that may not exist.
fn remove(file: &Path) -> Result<(), Failure> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(FileError::io("remove", file)(error).into()),
        _ => Ok(()),
    }
}

/// Creates a detached signature with `gpg`, in the binary form that the registries accept.
fn sign(environment: &Environment, key: &str, file: &Path, signature: &Path) -> Result<(), Failure> {
    let mut command = Command::new("gpg");
    command
        .args([
            "--batch",
            "--yes",
            "--local-user",
            key,
            "--detach-sign",
            "--output",
        ])
        .arg(signature)
        .arg(file);
    step(environment, &mut command).map_err(Failure::Unexpected)
}
