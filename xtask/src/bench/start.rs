//! The start of a provider's process: from its execution to its handshake line, with mutual TLS.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P521_SHA512};

use super::figures::median;
use super::process::memory;
use crate::cli::{Environment, own_target_dir};
use crate::programs::{Failure, is_provider_program};
use crate::python;

/// The number of starts of each program.
const STARTS: usize = 41;

/// A package of the Python package index that contains a provider written in Go with the plugin framework.
const GO_PROVIDER: &str = "workato-terraform-provider==0.16.0\n";

/// The environment variable and value by which a provider detects that a host started it.
const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// A start of a program, or the medians of several.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// Milliseconds from the start of the process to its handshake line.
    pub(super) line: f64,
    /// Resident memory at that line, in KiB.
    pub(super) resident: u64,
    /// The part of it that is not mapped from files, in KiB.
    pub(super) anonymous: u64,
    /// The size of the program, in bytes.
    pub(super) size: u64,
}

/// Starts all programs alternately. Returns the medians of each program.
pub(super) fn starts<const N: usize>(programs: [&Path; N]) -> Result<[Start; N], Failure> {
    let certificate = certificate()?;
    let mut all = programs.map(|_| Vec::new());
    for _ in 0..STARTS {
        for (program, starts) in programs.into_iter().zip(&mut all) {
            starts.push(start(program, &certificate)?);
        }
    }
    Ok(all.map(|starts| medians(&starts)))
}

fn medians(starts: &[Start]) -> Start {
    Start {
        line: median(starts.iter().map(|start| start.line)).unwrap_or_default(),
        resident: median(starts.iter().map(|start| start.resident)).unwrap_or_default(),
        anonymous: median(starts.iter().map(|start| start.anonymous)).unwrap_or_default(),
        size: median(starts.iter().map(|start| start.size)).unwrap_or_default(),
    }
}

/// Returns a client certificate like Terraform's.
pub(super) fn certificate() -> Result<String, Failure> {
    let failed = |error| Failure::new("create a certificate", error);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).map_err(failed)?;
    let parameters = CertificateParams::new(vec!["localhost".to_owned()]).map_err(failed)?;
    Ok(parameters.self_signed(&key).map_err(failed)?.pem())
}

/// Returns a command that starts a program as a host does, with mutual TLS.
pub(super) fn as_host(program: &Path, certificate: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env(COOKIE.0, COOKIE.1)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .env("PLUGIN_CLIENT_CERT", certificate)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// Starts a program once, and kills it after its handshake line.
fn start(program: &Path, certificate: &str) -> Result<Start, Failure> {
    let action = || format!("start {}", program.display());
    let size = fs::metadata(program).map_err(Failure::io(action()))?.len();
    let started = Instant::now();
    let mut child = as_host(program, certificate)
        .spawn()
        .map_err(Failure::io(action()))?;
    let mut line = String::new();
    let read = child
        .stdout
        .take()
        .map(|stdout| BufReader::new(stdout).read_line(&mut line));
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let pid = child.id();
    let seen = (memory(pid, "VmRSS"), memory(pid, "RssAnon"));
    // No call is in flight, so nothing is lost.
    let _ = child.kill();
    child.wait().map_err(Failure::io(action()))?;
    match (read, seen) {
        (Some(Ok(_)), (Some(resident), Some(anonymous))) if line.starts_with("1|") => Ok(Start {
            line: milliseconds,
            resident,
            anonymous,
            size,
        }),
        _ => Err(Failure::new(
            action(),
            format!("it printed {line:?} instead of a handshake line"),
        )),
    }
}

/// Downloads the provider written in Go, once. Returns its name for the page and the path of its program.
pub(super) fn go_provider(environment: &Environment) -> Result<(String, PathBuf), Failure> {
    let failed = |reason: String| Failure::new("find the provider to compare the start with", reason);
    let target = own_target_dir().unwrap_or_else(|| "target".into());
    let programs = python::programs(environment, &target, "go-provider", GO_PROVIDER)
        .map_err(|error| failed(error.to_string()))?;
    let home = programs.parent().unwrap_or(&programs);
    let platform = match std::env::consts::ARCH {
        "aarch64" => "linux_arm64",
        _ => "linux_amd64",
    };
    let found = find(home, &|path: &Path| {
        is_provider_program(path) && path.parent().is_some_and(|folder| folder.ends_with(platform))
    });
    let program =
        found.ok_or_else(|| failed(format!("there is none for {platform} in {}", home.display())))?;
    make_executable(&program).map_err(|error| failed(error.to_string()))?;
    let name = "a provider written in Go (`workato-terraform-provider` of the Python package index)";
    Ok((name.to_owned(), program))
}

/// Returns the first file below a folder that satisfies the condition.
fn find(folder: &Path, fits: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let file = paths.iter().find(|path| path.is_file() && fits(path)).cloned();
    file.or_else(|| {
        let folders = paths.iter().filter(|path| path.is_dir() && !path.is_symlink());
        folders.into_iter().find_map(|folder| find(folder, fits))
    })
}

fn make_executable(program: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))
}
