//! The files of a release.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::cli::Environment;
use xtask::package::{Platform, Programs, Release};
use zip::ZipArchive;

const VERSION: &str = "1.2.3";

/// Builds a release of two small programs.
fn release(folder: &Path) -> Release {
    let programs = TempDir::new().unwrap();
    let program = |name: &str| {
        let path = programs.path().join(name);
        fs::write(&path, format!("the program {name}")).unwrap();
        path
    };
    let programs = Programs {
        provider: program("provider"),
        emulator: program("emulator"),
    };
    let release = Release::new(Path::new(crate::SOURCES), folder, VERSION).unwrap();
    release.pack(Platform::of_this_build(), &programs).unwrap();
    release
}

/// Returns the path of a file of the provider in a release.
fn provider_file(folder: &TempDir, end: &str) -> PathBuf {
    folder.path().join(format!("terraform-provider-motherduck_{end}"))
}

/// Returns all files below a folder by their relative path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn releases_of_the_same_programs_are_identical() {
    let [one, two] = [(), ()].map(|()| {
        let folder = TempDir::new().unwrap();
        let release = release(folder.path());
        release.finish(&Environment::of_process(), None).unwrap();
        folder
    });
    // The second release replaces the first one, and must contain nothing of it.
    release(two.path())
        .finish(&Environment::of_process(), None)
        .unwrap();
    assert_eq!(files(one.path()), files(two.path()));
}

#[test]
fn release_files_have_the_names_that_registries_expect() {
    let folder = TempDir::new().unwrap();
    let release = release(folder.path());
    release.finish(&Environment::of_process(), None).unwrap();

    let platform = Platform::of_this_build();
    let provider = format!("terraform-provider-motherduck_1.2.3_{platform}.zip");
    let mut expected = vec![
        provider.clone(),
        "terraform-provider-motherduck_1.2.3_SHA256SUMS".to_owned(),
        "terraform-provider-motherduck_1.2.3_manifest.json".to_owned(),
        "terraform-provider-motherduck_v1.2.3".to_owned(),
        format!("motherduck-emulator_1.2.3_{platform}.zip"),
        "motherduck-emulator_1.2.3_SHA256SUMS".to_owned(),
    ];
    for host in ["registry.terraform.io", "registry.opentofu.org"] {
        for name in ["index.json", "1.2.3.json", &provider] {
            expected.push(format!("mirror/{host}/motherduck-rs/motherduck/{name}"));
        }
    }
    let mut found: Vec<String> = files(folder.path())
        .keys()
        .map(|path| path.display().to_string())
        .collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);

    let manifest = provider_file(&folder, "1.2.3_manifest.json");
    let manifest: Value = serde_json::from_slice(&fs::read(manifest).unwrap()).unwrap();
    assert_eq!(
        manifest,
        json!({ "version": 1, "metadata": { "protocol_versions": ["6.0"] } })
    );
}

#[test]
fn archive_contains_license_and_executable_program() {
    let folder = TempDir::new().unwrap();
    release(folder.path());
    for (product, program) in [
        (
            "terraform-provider-motherduck",
            "terraform-provider-motherduck_v1.2.3",
        ),
        ("motherduck-emulator", "motherduck-emulator"),
    ] {
        let name = format!("{product}_1.2.3_{}.zip", Platform::of_this_build());
        let mut archive = ZipArchive::new(File::open(folder.path().join(name)).unwrap()).unwrap();
        let members: Vec<(String, u32)> = (0..archive.len())
            .map(|index| {
                let member = archive.by_index(index).unwrap();
                (member.name().to_owned(), member.unix_mode().unwrap() & 0o777)
            })
            .collect();
        assert_eq!(
            members,
            [("LICENSE".to_owned(), 0o644), (program.to_owned(), 0o755)]
        );
    }
}

#[test]
fn archives_of_other_platforms_are_in_checksums_and_mirror() {
    let folder = TempDir::new().unwrap();
    let release = release(folder.path());
    let own = format!(
        "terraform-provider-motherduck_1.2.3_{}.zip",
        Platform::of_this_build()
    );
    let other = "terraform-provider-motherduck_1.2.3_plan9_amd64.zip";
    fs::copy(folder.path().join(&own), folder.path().join(other)).unwrap();
    fs::write(
        provider_file(&folder, "1.2.2_plan9_amd64.zip"),
        "of another version",
    )
    .unwrap();
    release.finish(&Environment::of_process(), None).unwrap();

    let sums = fs::read_to_string(provider_file(&folder, "1.2.3_SHA256SUMS")).unwrap();
    assert!(sums.contains(&own) && sums.contains(other), "{sums}");
    assert!(!sums.contains("1.2.2"), "{sums}");
    let index = folder
        .path()
        .join("mirror/registry.terraform.io/motherduck-rs/motherduck/1.2.3.json");
    let index: Value = serde_json::from_slice(&fs::read(index).unwrap()).unwrap();
    let archives = index["archives"].as_object().unwrap();
    assert_eq!(archives.len(), 2);
    assert_eq!(archives["plan9_amd64"]["url"], other);
    for hash in ["h1:", "zh:"] {
        let hashes = archives["plan9_amd64"]["hashes"].as_array().unwrap();
        assert!(
            hashes.iter().any(|each| each.as_str().unwrap().starts_with(hash)),
            "{hashes:?}"
        );
    }
}

#[test]
fn finish_without_archives_is_an_error() {
    let folder = TempDir::new().unwrap();
    let release = Release::new(Path::new(crate::SOURCES), folder.path(), VERSION).unwrap();
    let error = release
        .finish(&Environment::of_process(), None)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no archive of the provider in version 1.2.3"),
        "{error}"
    );
}

/// A `gpg` home folder with a signing key.
struct Keys {
    home: TempDir,
    environment: Environment,
}

impl Keys {
    fn new() -> Option<Self> {
        let mut environment = Environment::of_process();
        environment.find_program("gpg")?;
        let home = TempDir::with_prefix("gpg-").unwrap();
        environment.set("GNUPGHOME", home.path());
        let keys = Self { home, environment };
        keys.gpg(&["--passphrase", "", "--quick-generate-key", "release@example.test"]);
        Some(keys)
    }

    #[track_caller]
    fn gpg(&self, arguments: &[&str]) {
        let output = Command::new("gpg")
            .args(["--batch", "--pinentry-mode", "loopback"])
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

/// Ends the `gpg-agent` process.
impl Drop for Keys {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf")
            .arg("--homedir")
            .arg(self.home.path())
            .args(["--kill", "all"])
            .status();
    }
}

#[test]
fn finish_with_a_key_signs_the_checksums() {
    let Some(keys) = Keys::new() else {
        eprintln!("not tested: there is no gpg on PATH");
        return;
    };
    let folder = TempDir::new().unwrap();
    let release = release(folder.path());
    let sums = provider_file(&folder, "1.2.3_SHA256SUMS");
    let signature = provider_file(&folder, "1.2.3_SHA256SUMS.sig");

    release
        .finish(&keys.environment, Some("release@example.test"))
        .unwrap();
    keys.gpg(&["--verify", signature.to_str().unwrap(), sums.to_str().unwrap()]);

    let error = release
        .finish(&keys.environment, Some("nobody@example.test"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("gpg --batch") && error.contains("nobody@example.test"),
        "{error}"
    );
    assert!(!signature.exists(), "a signature of other sums is left");
}
