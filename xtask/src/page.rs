//! `cargo xtask page`: runs the tests of the emulator's page in a browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::geteuid;

use crate::cli::{Environment, step};
use crate::programs::cargo;
use crate::workspace;

/// Program names of Chromium; the first one found is used.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The variable that passes the browser's path to the tests.
const VARIABLE: &str = "PAGE_BROWSER";

/// The error if no browser is on `PATH`, and it cannot be installed here.
const MISSING: &str = "the page is tested in a browser, and there is no chromium, chromium-browser or google-chrome on PATH. \
                       Install one of them, on Debian with `apt-get install chromium`, and run the command again.";

/// Runs the tests in a Chromium: the one on `PATH`, or one that is installed if this process has the
/// permission. Returns whether they passed.
pub fn run(environment: &Environment, filter: &[String]) -> Result<bool, String> {
    let browser = browser(environment, geteuid().is_root());
    let passed = browser.and_then(|browser| test(environment, &browser, filter));
    passed.map_err(|error| format!("page: {error}"))
}

/// Returns the browser on `PATH`. If it is missing and the user is root, installs it with `apt-get`.
fn browser(environment: &Environment, is_root: bool) -> Result<PathBuf, String> {
    let find = || NAMES.iter().find_map(|name| environment.find_program(name));
    if let Some(browser) = find() {
        return Ok(browser);
    }
    let manager = environment.find_program("apt-get").filter(|_| is_root);
    let manager = manager.ok_or(MISSING)?;
    eprintln!("Installing chromium with apt-get (once).");
    let mut environment = environment.clone();
    environment.set("DEBIAN_FRONTEND", "noninteractive");
    for arguments in [
        &["update", "--quiet=2"][..],
        &["install", "--quiet=2", "--no-install-recommends", NAMES[0]],
    ] {
        step(&environment, Command::new(&manager).args(arguments)).map_err(|error| {
            format!("chromium could not be installed: {error}\nInstall it, and run the command again.")
        })?;
    }
    find().ok_or_else(|| MISSING.to_owned())
}

fn test(environment: &Environment, browser: &Path, filter: &[String]) -> Result<bool, String> {
    let status = cargo(environment, &workspace::root())
        .args(["test", "--locked", "--package", "motherduck-emulator"])
        .args(["--test", "page", "--"])
        .args(filter)
        .env(VARIABLE, browser)
        .status()
        .map_err(|error| format!("could not start cargo: {error}"))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::testing::fake;

    /// Replaces `apt-get`: adds its arguments to `log`, and installs a browser unless `no-network` exists.
    const APT_GET: &str = r#"
        PATH=/usr/bin:/bin
        here=$(dirname "$0")
        echo "$@" >> "$here/log"
        [ ! -e "$here/no-network" ] || { echo 'no network' >&2; exit 1; }
        [ "$1" != install ] || cp "$0" "$here/chromium""#;

    #[test]
    fn browser_on_path_is_used() {
        let bin = TempDir::new().unwrap();
        let chrome = fake(bin.path(), "google-chrome", "");
        let environment = Environment::of_path([bin.path()]);
        assert_eq!(browser(&environment, true).unwrap(), chrome);
    }

    #[test]
    fn root_installs_a_missing_browser() {
        let bin = TempDir::new().unwrap();
        fake(bin.path(), "apt-get", APT_GET);
        let environment = Environment::of_path([bin.path()]);
        assert_eq!(browser(&environment, true).unwrap(), bin.path().join("chromium"));
        let log = std::fs::read_to_string(bin.path().join("log")).unwrap();
        assert_eq!(
            log,
            "update --quiet=2\ninstall --quiet=2 --no-install-recommends chromium\n"
        );
    }

    #[test]
    fn missing_browser_is_an_error_with_instructions() {
        let bin = TempDir::new().unwrap();
        let environment = Environment::of_path([bin.path()]);
        let missing = browser(&environment, true).unwrap_err();
        assert!(missing.contains("`apt-get install chromium`"), "{missing}");

        fake(bin.path(), "apt-get", APT_GET);
        std::fs::write(bin.path().join("no-network"), "").unwrap();
        let failed = browser(&environment, true).unwrap_err();
        assert!(failed.contains("no network"), "{failed}");
        // Only root can install.
        let refused = browser(&environment, false).unwrap_err();
        assert_eq!(refused, missing);
    }
}
