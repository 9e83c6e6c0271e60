//! Schemathesis in its own Python environment, which is created once under the target folder.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

const REQUIREMENTS: &str = include_str!("requirements.txt");
const SETTINGS: &str = include_str!("schemathesis.toml");

/// The time limit of a run.
const LIMIT: Duration = Duration::from_secs(300);

/// An installed Schemathesis.
pub(crate) struct Tester {
    python: PathBuf,
}

/// The result of a run.
pub(crate) struct Run {
    pub(crate) found_nothing: bool,
    pub(crate) report: String,
}

impl Tester {
    /// Creates the Python environment if it does not exist. It is built under another name and renamed when
    /// complete, under a lock, so that it is built only once.
    pub(crate) fn prepared() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let root = target.join("schemathesis");
        fs::create_dir_all(&root).unwrap();
        let mut hasher = DefaultHasher::new();
        REQUIREMENTS.hash(&mut hasher);
        let home = root.join(format!("{:016x}", hasher.finish()));

        let lock = File::create(root.join(".lock")).unwrap();
        lock.lock().unwrap();
        if !home.is_dir() {
            let building = tempfile::Builder::new()
                .prefix(".building-")
                .tempdir_in(&root)
                .unwrap();
            build(building.path());
            fs::rename(building.path(), &home).unwrap();
        }
        Self {
            python: python_of(&home),
        }
    }

    /// Runs the tester with a contract against the server at the URL.
    pub(crate) fn run(&self, contract: &Value, url: &str, arguments: &[&str]) -> Run {
        // Schemathesis writes files to its working directory.
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let settings = file("settings.toml", SETTINGS);
        let contract = file("contract.json", &contract.to_string());
        let report = folder.path().join("report");
        let output = File::create(&report).unwrap();
        let mut child = Command::new(&self.python)
            .args(["-m", "schemathesis.cli", "--config-file"])
            .arg(settings)
            .arg("run")
            .arg(contract)
            .args(["--url", url, "--no-color"])
            .args(arguments)
            .current_dir(folder.path())
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap();

        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > LIMIT {
                child.kill().unwrap();
                break child.wait().unwrap();
            }
            thread::sleep(Duration::from_millis(20));
        };
        let report = String::from_utf8_lossy(&fs::read(report).unwrap()).into_owned();
        Run {
            found_nothing: status.success(),
            report: format!("{report}\nended with {status}"),
        }
    }
}

fn build(home: &Path) {
    eprintln!("Preparing Schemathesis for the run over the contract (once).");
    let made = Command::new("python3").args(["-m", "venv"]).arg(home).output();
    let made = match made {
        Err(error) if error.kind() == ErrorKind::NotFound => panic!(
            "the run over the contract needs Python 3.10 or newer, and there is no python3 on PATH: install it, with its \
             module venv (Debian: `apt install python3 python3-venv`)"
        ),
        made => made.unwrap(),
    };
    assert!(
        made.status.success(),
        "`python3 -m venv` failed (Debian: `apt install python3-venv`): {}{}",
        String::from_utf8_lossy(&made.stdout),
        String::from_utf8_lossy(&made.stderr),
    );
    let requirements = home.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).unwrap();
    let installed = Command::new(python_of(home))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        ])
        .args(["--no-deps", "--only-binary", ":all:", "--requirement"])
        .arg(requirements)
        .output()
        .unwrap();
    assert!(
        installed.status.success(),
        "Schemathesis could not be installed from the Python package index: {}",
        String::from_utf8_lossy(&installed.stderr),
    );
}

fn python_of(home: &Path) -> PathBuf {
    home.join("bin/python3")
}
