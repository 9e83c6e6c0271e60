//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use motherduck_emulator::{Behaviour, Emulator, EmulatorBuilder, Faults, RateLimit};
use secrecy::SecretString;

use crate::Failure;
use crate::authority::AuthorityFile;
use crate::files::{self, Named};

/// The MotherDuck REST admin API on loopback, for tests and demos without an organization.
///
/// The first line of standard output is `listening on URL`. Requests are reported on standard error. A page
/// at `/_emulator/` shows the organization.
#[derive(Debug, Parser)]
#[command(name = "motherduck-emulator", version)]
pub(crate) struct Options {
    /// Listen on this loopback address and port; port 0 chooses a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", value_parser = loopback)]
    listen: SocketAddr,

    /// Secret of the admin's token; the default is the variable `MOTHERDUCK_EMULATOR_ADMIN_TOKEN` unless it
    /// is blank, then motherduck-emulator-admin
    #[arg(long, value_name = "TOKEN")]
    admin_token: Option<SecretString>,

    /// Store everything in this file for the next run; it is created if it does not exist
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Delay every API request by this many milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    latency: u64,

    /// Make chosen API requests fail: rules as JSON, or a file with them
    #[arg(long, value_name = "FILE|JSON")]
    faults: Option<String>,

    /// Respond with 429 to more than N API requests in S seconds
    #[arg(long, value_name = "N/S")]
    rate_limit: Option<RateLimit>,

    /// Append each API request to this file, as a line of JSON
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// Serve HTTPS, with a certificate created for this run; the second line of output names the file with
    /// its authority
    #[arg(long)]
    tls: bool,

    /// Write the certificate authority to this file and keep the file at the end
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) tls_certificate_out: Option<PathBuf>,

    /// Do not report requests
    #[arg(long)]
    quiet: bool,

    #[command(flatten)]
    behaviour: Behaviour,
}

impl Options {
    /// Checks that no two flags name the same file. The emulator checks everything else itself.
    pub(crate) fn check_files(&self) -> Result<(), Failure> {
        let faults = self.faults.as_deref().filter(|text| !is_json(text));
        let files: Vec<Named<'_>> = [
            ("--state", self.state.as_deref()),
            ("--log", self.log.as_deref()),
            ("--tls-certificate-out", self.tls_certificate_out.as_deref()),
            ("--faults", faults.map(Path::new)),
        ]
        .into_iter()
        .filter_map(|(flag, path)| Some((flag, path?)))
        .collect();
        files::all_distinct(&files)?;
        if let Some(path) = &self.tls_certificate_out {
            AuthorityFile::check_replaceable(path)?;
        }
        Ok(())
    }

    pub(crate) fn emulator(&self) -> Result<EmulatorBuilder, Failure> {
        let mut emulator = Emulator::builder();
        if let Some(path) = &self.state {
            emulator = emulator.state_file(path);
        }
        if let Some(limit) = self.rate_limit {
            emulator = emulator.rate_limit(limit);
        }
        if let Some(path) = &self.log {
            emulator = emulator.request_log_file(path);
        }
        if let Some(token) = self.admin_token.clone().or_else(admin_token_of_environment) {
            emulator = emulator.admin_token(token);
        }
        if let Some(text) = &self.faults {
            emulator = emulator.faults(faults(text)?);
        }
        Ok(emulator
            .listen(self.listen)
            .latency(Duration::from_millis(self.latency))
            .tls(self.tls)
            .print_requests(!self.quiet)
            .behaviour(|behaviour| *behaviour = self.behaviour))
    }
}

/// Parses an address and port, or `localhost` and a port. Addresses that other machines could reach are
/// refused.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = match text.strip_prefix("localhost:").map(str::parse) {
        Some(Ok(port)) => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        _ => text
            .parse()
            .map_err(|_| "expected an IP address and a port, such as 127.0.0.1:0".to_owned())?,
    };
    if !address.ip().is_loopback() {
        return Err("not a loopback address: the emulator listens on 127.0.0.0/8 or [::1] only".to_owned());
    }
    Ok(address)
}

/// Returns the admin token of the environment; a blank one is ignored.
fn admin_token_of_environment() -> Option<SecretString> {
    let value = std::env::var_os("MOTHERDUCK_EMULATOR_ADMIN_TOKEN")?;
    // A value that is not Unicode gets a replacement character, which the emulator refuses.
    let token = value.to_string_lossy();
    (!token.trim().is_empty()).then(|| token.into_owned().into())
}

/// Parses fault rules: JSON, or the name of a file with JSON. A path that begins like JSON can be written as
/// `./{…`.
fn faults(text: &str) -> Result<Faults, Failure> {
    if is_json(text) {
        return Ok(text.parse()?);
    }
    let path = || text.to_owned();
    let json =
        std::fs::read_to_string(text).map_err(|source| Failure::FaultsFile { path: path(), source })?;
    json.parse()
        .map_err(|source| Failure::FaultsInFile { path: path(), source })
}

fn is_json(faults: &str) -> bool {
    faults.trim_start().starts_with(['[', '{'])
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn command_definition_is_valid() {
        Options::command().debug_assert();
    }

    #[test]
    fn listen_accepts_only_loopback_addresses() {
        for address in ["127.0.0.1:0", "127.1.2.3:80", "[::1]:8080", "localhost:8080"] {
            assert!(loopback(address).is_ok(), "{address}");
        }
        for address in [
            "0.0.0.0:0",
            "192.168.1.1:80",
            "[::]:0",
            "example.com:80",
            "127.0.0.1",
            "localhost",
        ] {
            assert!(loopback(address).is_err(), "{address}");
        }
    }

    #[test]
    fn debug_omits_the_admin_token() {
        let options = Options::try_parse_from(["e", "--admin-token", "hush-hush"]).unwrap();
        assert!(!format!("{options:?}").contains("hush-hush"));
    }
}
