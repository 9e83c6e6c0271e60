//! Compiles the programs of a release.
//!
//! The build depends only on the sources, the lock file and the compilers: paths of this machine are replaced
//! in the output of the compilers, `RUSTFLAGS` and `CFLAGS` of the user are ignored, and the linker writes no
//! time.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Platform;
use crate::cli::Environment;
use crate::programs::{Failure, PROVIDER, build_program, cargo};

/// The program that runs single calls of the provider.
const CALLS: &str = "motherduck-calls";

/// The Rust compiler's flags for a static program.
const STATIC_FLAGS: [&str; 4] = [
    "-Ctarget-feature=+crt-static",
    // At a fixed address the program starts without adapting 240 KiB of pointers, as programs written in Go do.
    "-Crelocation-model=static",
    // Symbols contain the types of generic functions, by which `build.rs` selects the functions of a start.
    "-Csymbol-mangling-version=v0",
    // Random numbers come from the kernel. The library's default may be a device file, which an empty root
    // file system does not have.
    "--cfg=getrandom_backend=\"linux_getrandom\"",
];

/// The C compiler's flags.
const C_FLAGS: [&str; 2] = [
    // Leaves out the code for AVX-512 in aws-lc: 0.7 MB that encrypt long streams faster, and a provider sends short ones.
    "-DMY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX=1",
    // No panic passes through C functions, so they need no tables for unwinding.
    "-fno-asynchronous-unwind-tables",
];

/// Cargo's profile for a build.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    /// Small, and slow to build.
    Release,
    /// Larger, and built in a fraction of the time, for tests.
    Debug,
}

/// Builds the provider as a static binary. Returns its path.
pub fn static_provider(
    environment: &Environment,
    workspace: &Path,
    profile: Profile,
) -> Result<PathBuf, Failure> {
    let platform = Platform::of_this_build();
    if !platform.is_static() || !cfg!(target_env = "gnu") {
        return Failure::unexpected(format!(
            "a static binary is made on Linux with glibc only, and this is {platform}"
        ));
    }
    provider(environment, workspace, profile)
}

/// Builds the provider for this platform as for a release. Returns its path.
pub fn provider(environment: &Environment, workspace: &Path, profile: Profile) -> Result<PathBuf, Failure> {
    build(environment, workspace, profile, PROVIDER)
}

/// Builds the static provider as for a release, and keeps its symbols. Returns its path.
pub fn provider_with_symbols(environment: &Environment, workspace: &Path) -> Result<PathBuf, Failure> {
    let mut command = command(environment, workspace, Profile::Release, PROVIDER);
    command.env("CARGO_PROFILE_RELEASE_STRIP", "none");
    build_program(command, PROVIDER)
}

/// Builds the program for single calls as for a release. Returns its path.
pub fn calls(environment: &Environment, workspace: &Path) -> Result<PathBuf, Failure> {
    build(environment, workspace, Profile::Release, CALLS)
}

/// Builds a program for this platform as for a release. Returns its path.
pub(super) fn build(
    environment: &Environment,
    workspace: &Path,
    profile: Profile,
    program: &str,
) -> Result<PathBuf, Failure> {
    build_program(command(environment, workspace, profile, program), program)
}

fn command(environment: &Environment, workspace: &Path, profile: Profile, program: &str) -> Command {
    let platform = Platform::of_this_build();
    let triple = platform.triple();
    let mut command = cargo(environment, workspace);
    command
        .args(["build", "--locked", "--package", program, "--bin", program])
        // With an explicit target, the flags apply to it alone and procedural macros can still be loaded.
        .args(["--target", &triple]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    let mut flags = Vec::new();
    if platform.is_static() {
        flags.extend(STATIC_FLAGS.iter().map(OsString::from));
        if [PROVIDER, CALLS].contains(&program) {
            command.args(["--features", "static"]);
        }
    }
    let folders = local_folders(environment, workspace);
    flags.extend(
        folders
            .iter()
            .map(|(from, to)| prefix_map("--remap-path-prefix=", from, to)),
    );
    let c_flags: Vec<OsString> = folders
        .iter()
        .map(|(from, to)| prefix_map("-ffile-prefix-map=", from, to))
        .chain(C_FLAGS.map(OsString::from))
        .collect();
    command
        // Unlike `RUSTFLAGS` this variable supports paths with blanks.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsStr::new("\u{1f}")))
        .env(
            format!("CFLAGS_{}", triple.replace('-', "_")),
            c_flags.join(OsStr::new(" ")),
        );
    command
}

/// Returns folders of this machine that compilers write into programs, each with its replacement.
fn local_folders(environment: &Environment, workspace: &Path) -> Vec<(PathBuf, &'static str)> {
    let cargo_home = environment
        .get("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(environment.get("HOME")?).join(".cargo")));
    // If several prefixes match, the compilers use the last.
    cargo_home
        .map(|home| (home, "/cargo"))
        .into_iter()
        .chain([(workspace.to_owned(), "/source")])
        .collect()
}

fn prefix_map(option: &str, from: &Path, to: &str) -> OsString {
    let mut flag = OsString::from(option);
    flag.push(from);
    flag.push("=");
    flag.push(to);
    flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::command_line;

    fn environment() -> Environment {
        [
            ("CARGO", "/bin/cargo"),
            ("HOME", "/home/ann"),
            ("RUSTFLAGS", "-Ctarget-cpu=native"),
        ]
        .into_iter()
        .collect()
    }

    fn variable(command: &Command, name: &str) -> String {
        let (_, value) = command.get_envs().find(|(key, _)| *key == name).unwrap();
        value.unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn release_build_is_static_and_remaps_local_paths() {
        let command = command(&environment(), Path::new("/src"), Profile::Release, PROVIDER);
        let line = command_line(&command);
        for expected in [
            "/bin/cargo build --locked",
            "--release",
            "--features static",
            "--target",
        ] {
            assert!(line.contains(expected), "{expected} is not in {line}");
        }
        assert_eq!(
            variable(&command, "CARGO_ENCODED_RUSTFLAGS")
                .split('\u{1f}')
                .collect::<Vec<_>>(),
            [
                STATIC_FLAGS[0],
                STATIC_FLAGS[1],
                STATIC_FLAGS[2],
                STATIC_FLAGS[3],
                "--remap-path-prefix=/home/ann/.cargo=/cargo",
                "--remap-path-prefix=/src=/source",
            ]
        );
        let c_flags = format!("CFLAGS_{}", Platform::of_this_build().triple().replace('-', "_"));
        assert_eq!(
            variable(&command, &c_flags),
            format!(
                "-ffile-prefix-map=/home/ann/.cargo=/cargo -ffile-prefix-map=/src=/source {}",
                C_FLAGS.join(" ")
            )
        );
    }

    #[test]
    fn build_command_that_cannot_start_is_an_error_that_names_it() {
        let environment: Environment = [("CARGO", "/no/such/cargo")].into_iter().collect();
        let error = build(&environment, Path::new("/"), Profile::Debug, PROVIDER)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("`/no/such/cargo build --locked"), "{error}");
    }
}
