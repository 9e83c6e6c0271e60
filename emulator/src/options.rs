//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use motherduck_emulator::{Behaviour, DucklingsAtStart, DuplicateStatus, Emulator, Faults, Plan, RateLimit};
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
#[expect(clippy::struct_excessive_bools, reason = "a flag each")]
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

    /// Do not serve GET /v1/users, as in a region without it
    #[arg(long, help_heading = UNCERTAIN)]
    missing_users_endpoint: bool,

    /// Ignore descriptions of tokens
    #[arg(long, help_heading = UNCERTAIN)]
    unknown_description: bool,

    /// Status of the response to a name that is taken
    #[arg(long, value_name = "STATUS", default_value = "409", help_heading = UNCERTAIN)]
    duplicate_status: DuplicateStatus,

    /// Allow several live tokens of the same name for one user
    #[arg(long, help_heading = UNCERTAIN)]
    repeated_token_names: bool,

    /// Treat names of tokens that differ only in letter case as the same name
    #[arg(long, help_heading = UNCERTAIN)]
    caseless_token_names: bool,

    /// Let an expired token keep its name, so that no other token of the user can have it
    #[arg(long, help_heading = UNCERTAIN)]
    expired_tokens_keep_names: bool,

    /// Accept only ids, not names, in DELETE of a token
    #[arg(long, help_heading = UNCERTAIN)]
    token_ids_only: bool,

    /// Ducklings of a new account: read/write size, read scaling size, flock size; the default depends on the
    /// plan
    #[arg(long, value_name = "SIZE/SIZE/FLOCK", help_heading = UNCERTAIN)]
    new_account: Option<DucklingsAtStart>,

    /// Leave default cooldowns out of the response to a PUT
    #[arg(long, help_heading = UNCERTAIN)]
    put_without_default_cooldown: bool,

    /// Accept only ASCII letters, digits and underscores in usernames of service accounts
    #[arg(long, help_heading = UNCERTAIN)]
    ascii_usernames: bool,

    /// Plan of the organization
    #[arg(long, default_value = "business", help_heading = UNCERTAIN)]
    plan: Plan,
}

const UNCERTAIN: &str = "What is uncertain about the API";

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
            AuthorityFile::may_replace(path)?;
        }
        Ok(())
    }

    /// Returns the emulator with these options.
    pub(crate) fn emulator(&self) -> Result<Emulator, Failure> {
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
            .behaviour(Behaviour {
                missing_users_endpoint: self.missing_users_endpoint,
                unknown_description: self.unknown_description,
                duplicate_status: self.duplicate_status,
                repeated_token_names: self.repeated_token_names,
                caseless_token_names: self.caseless_token_names,
                expired_tokens_keep_names: self.expired_tokens_keep_names,
                token_ids_only: self.token_ids_only,
                new_account: self.new_account,
                put_without_default_cooldown: self.put_without_default_cooldown,
                ascii_usernames: self.ascii_usernames,
                plan: self.plan,
            }))
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
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn listens_on_loopback_only() {
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
    fn a_certificate_file_needs_tls() {
        assert!(Options::try_parse_from(["e", "--tls-certificate-out", "ca.pem"]).is_err());
        assert!(Options::try_parse_from(["e", "--tls", "--tls-certificate-out", "ca.pem"]).is_ok());
    }

    #[test]
    fn the_token_is_not_in_debug_output() {
        let options = Options::try_parse_from(["e", "--admin-token", "hush-hush"]).unwrap();
        assert!(!format!("{options:?}").contains("hush-hush"));
    }
}
