//! The functions that the provider's process runs up to its handshake line.
//!
//! `build.rs` makes the linker place them next to each other in the static program, so that a start reads few
//! pages of its file. A list that is out of date makes the start slower, and has no other effect.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::start::{as_host, certificate};
use crate::cli::Environment;
use crate::file_error::FileError;
use crate::programs::Failure;
use crate::{package, workspace};

/// The list, in the workspace.
const LIST: &str = "src/start_functions.txt";

/// Builds the static provider with its symbols, runs its start with callgrind, and writes the list of functions.
/// Returns its path.
pub fn start_functions(environment: &Environment) -> Result<PathBuf, Failure> {
    let action = "list the functions of a start";
    let failed = |reason: String| Failure::new(action, reason);
    let [valgrind, control] = ["valgrind", "callgrind_control"].map(|program| {
        environment.find_program(program).ok_or_else(|| {
            failed(format!(
                "{program} is not installed (Debian: apt install valgrind)"
            ))
        })
    });
    let (valgrind, control) = (valgrind?, control?);
    let workspace = workspace::root();
    let program = package::provider_with_symbols(environment, &workspace)?;
    let folder = TempDir::new().map_err(Failure::io("create a folder"))?;
    let file = folder.path().join("callgrind");
    let mut out = OsString::from("--callgrind-out-file=");
    out.push(&file);
    let mut child = as_host(&valgrind, &certificate()?)
        .args(["--quiet", "--tool=callgrind", "--demangle=no"])
        .arg(out)
        .arg(program)
        .spawn()
        .map_err(Failure::io(action))?;
    let mut line = String::new();
    let read = child
        .stdout
        .take()
        .map(|stdout| BufReader::new(stdout).read_line(&mut line));
    // Callgrind writes the functions that have run until now to a file with a number.
    let written = Command::new(control)
        .args(["--dump", &child.id().to_string()])
        .output();
    // No call is in flight, so nothing is lost.
    let _ = child.kill();
    child.wait().map_err(Failure::io(action))?;
    if !matches!(read, Some(Ok(_))) || !line.starts_with("1|") {
        return Err(failed(format!(
            "the provider printed {line:?} instead of a handshake line"
        )));
    }
    let written = written.map_err(Failure::io(action))?;
    let file = file.with_extension("1");
    let functions = fs::read_to_string(&file).map_err(|_| {
        let output = String::from_utf8_lossy(&written.stdout).into_owned();
        failed(format!("callgrind wrote nothing to {}: {output}", file.display()))
    })?;
    let list = workspace.join(LIST);
    fs::write(&list, text(&functions)).map_err(FileError::io("write", &list))?;
    Ok(list)
}

/// Returns the text of the list.
fn text(callgrind: &str) -> String {
    let mut text = String::from(
        "# The functions that the process runs up to its handshake line. `cargo xtask start-functions` writes this list,\n\
         # and `build.rs` reads it. A function of Rust is given by the identifiers in its symbol, another one by its symbol.\n",
    );
    for function in functions(callgrind) {
        text.push_str(&function);
        text.push('\n');
    }
    text
}

/// Returns the functions in a file of callgrind.
fn functions(callgrind: &str) -> BTreeSet<String> {
    callgrind
        .lines()
        .filter_map(|line| {
            let function = line.strip_prefix("fn=(").or_else(|| line.strip_prefix("cfn=("))?;
            // A number stands for a name that was given before.
            let (_, symbol) = function.split_once(") ")?;
            // The level of a recursion follows an apostrophe.
            let symbol = symbol.split('\'').next()?;
            // Code without a symbol has its address as name, or a name in parentheses.
            (!symbol.starts_with("0x") && !symbol.starts_with('(')).then(|| entry(symbol))
        })
        .collect()
}

/// Returns the entry of the list for a symbol.
fn entry(symbol: &str) -> String {
    match symbol.strip_prefix("_R") {
        Some(mangled) => identifiers(mangled).join("::"),
        None => symbol.to_owned(),
    }
}

/// Returns the identifiers in a symbol of Rust's mangling, version 0. Hashes of crates, numbers and references to
/// other parts of the symbol change with versions of compilers and libraries, and are left out. So is the crate that
/// compiled a generic function, because the linker merges the functions of several crates.
///
/// The syntax is specified in <https://doc.rust-lang.org/rustc/symbol-mangling/v0.html>.
fn identifiers(mut symbol: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut names_crate = false;
    while let Some(first) = symbol.chars().next() {
        let digits = symbol.len()
            - symbol
                .trim_start_matches(|byte: char| byte.is_ascii_digit())
                .len();
        if matches!(first, 's' | 'B')
            && let Some((number, rest)) = symbol[1..].split_once('_')
            && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            symbol = rest;
        } else if first != '0'
            && let Ok(length) = symbol[..digits].parse::<usize>()
            // A character separates the length from an identifier that begins with a digit or with this character.
            && let text = symbol[digits..].strip_prefix('_').unwrap_or(&symbol[digits..])
            && let Some((identifier, rest)) = text.split_at_checked(length)
        {
            symbol = rest;
            if names_crate && symbol.is_empty() {
                break;
            }
            found.push(identifier);
            names_crate = false;
        } else {
            names_crate = first == 'C';
            symbol = &symbol[first.len_utf8()..];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_rust_are_listed_without_hashes_and_compiling_crates() {
        let callgrind = "\
events: Ir
fl=(1) ???
fn=(1) (below main)
fn=(2) _RNvMs0_NtNtNtCsdkeYvpsJEMQ_5tokio7runtime6driverNtB5_8IoHandle6unpark
1 2
cfn=(3) _RNvCsfLfy6EI15iL_7___rustc14___rust_realloc
fn=(8) _RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeNtNtNtCsdkeYvpsJEMQ_5tokio4time5sleep5SleepECsdR0aKWI4SVz_7reqwest
cfn=(4) aws_lc_0_47_0_EVP_PKEY_new
cfn=(5) malloc
cfn=(5)
fn=(6) 0x0000000000463730
fn=(7) _int_free'2
";
        assert_eq!(
            text(callgrind).lines().skip(2).collect::<Vec<_>>(),
            [
                "__rustc::__rust_realloc",
                "_int_free",
                "aws_lc_0_47_0_EVP_PKEY_new",
                "core::ptr::drop_in_place::tokio::time::sleep::Sleep",
                "malloc",
                "tokio::runtime::driver::IoHandle::unpark",
            ]
        );
    }
}
