//! The host's settings from the environment, and the handshake line that the plugin prints.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::variable::{UnreadableVariable, variable_text};

/// The version of go-plugin's own handshake.
const CORE_PROTOCOL_VERSION: u32 = 1;
/// The only version of Terraform's protocol that is served. Minor versions are not negotiated.
pub(super) const PROTOCOL_VERSION: u32 = 6;

const MAGIC_COOKIE: &str = "TF_PLUGIN_MAGIC_COOKIE";
const MAGIC_COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const PROTOCOL_VERSIONS: &str = "PLUGIN_PROTOCOL_VERSIONS";
const CLIENT_CERT: &str = "PLUGIN_CLIENT_CERT";
const UNIX_SOCKET_DIR: &str = "PLUGIN_UNIX_SOCKET_DIR";
const UNIX_SOCKET_GROUP: &str = "PLUGIN_UNIX_SOCKET_GROUP";
const MULTIPLEX_GRPC: &str = "PLUGIN_MULTIPLEX_GRPC";
const TEMP_DIR: &str = "TMPDIR";

/// Whether a go-plugin host for providers, and not a user, started this process.
///
/// The cookie is not a secret; it only distinguishes the two.
pub fn started_by_host(lookup: impl Fn(&str) -> Option<OsString>) -> Result<bool, UnreadableVariable> {
    let cookie = variable_text(lookup, MAGIC_COOKIE)?;
    Ok(cookie.is_some_and(|value| value == MAGIC_COOKIE_VALUE))
}

/// The host's settings, read once from the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostSettings {
    /// Major versions of the protocol that the host accepts, in no particular order. Empty if the variable is
    /// unset.
    pub(super) protocol_versions: Vec<u32>,
    /// The host's certificate for this run, in PEM form. Without it the connection is not encrypted.
    pub(super) client_certificate: Option<String>,
    /// The directory for the socket, which the host sets.
    pub(super) socket_dir: Option<PathBuf>,
    /// The name or number of the group that may use the socket.
    pub(super) socket_group: Option<String>,
    /// The user's own directory for temporary files.
    pub(super) temp_dir: Option<PathBuf>,
    /// Whether the host requests multiplexing of several services over one connection.
    pub(super) requests_multiplexing: bool,
}

impl HostSettings {
    /// Reads the settings through `lookup`, which returns the value of an environment variable.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, UnreadableVariable> {
        let set = |name: &str| variable_text(&lookup, name);
        Ok(Self {
            protocol_versions: set(PROTOCOL_VERSIONS)?
                .map(|list| {
                    list.split(',')
                        .filter_map(|item| item.trim().parse().ok())
                        .collect()
                })
                .unwrap_or_default(),
            client_certificate: set(CLIENT_CERT)?,
            socket_dir: set(UNIX_SOCKET_DIR)?.map(PathBuf::from),
            socket_group: set(UNIX_SOCKET_GROUP)?,
            temp_dir: set(TEMP_DIR)?.map(PathBuf::from),
            requests_multiplexing: set(MULTIPLEX_GRPC)?.is_some(),
        })
    }

    /// Whether the host accepts protocol 6. A host that sends no versions is assumed to accept it.
    pub(super) fn accepts_our_protocol(&self) -> bool {
        self.protocol_versions.is_empty() || self.protocol_versions.contains(&PROTOCOL_VERSION)
    }
}

/// The handshake line with the address and the certificate of the plugin. It is formatted without its line
/// feed.
#[derive(Debug)]
pub(super) struct HandshakeLine<'a> {
    pub(super) address: &'a str,
    /// The certificate in DER form; `None` if the connection is not encrypted.
    pub(super) server_certificate: Option<&'a [u8]>,
    /// The field is omitted for hosts that did not request it: older ones split the line into at most six
    /// parts, so a seventh would become a part of the certificate.
    pub(super) supports_multiplexing: bool,
}

impl fmt::Display for HandshakeLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // go-plugin decodes base64 without padding, and fails on padding.
        let certificate = STANDARD_NO_PAD.encode(self.server_certificate.unwrap_or_default());
        write!(
            f,
            "{CORE_PROTOCOL_VERSION}|{PROTOCOL_VERSION}|unix|{}|grpc|{certificate}",
            self.address
        )?;
        if self.supports_multiplexing {
            f.write_str("|false")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        let variables: Vec<(String, String)> = variables
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        move |name| {
            variables
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.into())
        }
    }

    #[test]
    fn started_by_host_requires_the_exact_cookie() {
        assert_eq!(
            started_by_host(environment(&[(MAGIC_COOKIE, MAGIC_COOKIE_VALUE)])),
            Ok(true)
        );
        let with_space = format!("{MAGIC_COOKIE_VALUE} ");
        for variables in [
            &[][..],
            &[(MAGIC_COOKIE, "")],
            &[(MAGIC_COOKIE, "1")],
            &[(MAGIC_COOKIE, &with_space)],
        ] {
            assert_eq!(
                started_by_host(environment(variables)),
                Ok(false),
                "{variables:?}"
            );
        }
    }

    #[test]
    fn host_read_from_an_empty_environment_is_default() {
        assert_eq!(HostSettings::read(|_| None), Ok(HostSettings::default()));
        assert_eq!(
            HostSettings::read(|_| Some(OsString::new())),
            Ok(HostSettings::default()),
            "empty variables count as unset"
        );
    }

    #[test]
    fn host_read_returns_every_variable() {
        let host = HostSettings::read(environment(&[
            (PROTOCOL_VERSIONS, "6,5"),
            (
                CLIENT_CERT,
                "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
            ),
            (UNIX_SOCKET_DIR, "/run/host"),
            (UNIX_SOCKET_GROUP, "1000"),
            (MULTIPLEX_GRPC, "0"),
            (TEMP_DIR, "/var/tmp"),
        ]))
        .unwrap();
        assert_eq!(host.protocol_versions, [6, 5]);
        assert!(
            host.client_certificate
                .is_some_and(|pem| pem.lines().count() == 3),
            "all lines are kept"
        );
        assert_eq!(host.socket_dir, Some("/run/host".into()));
        assert_eq!(host.socket_group.as_deref(), Some("1000"));
        assert_eq!(host.temp_dir, Some("/var/tmp".into()));
        assert!(host.requests_multiplexing, "any non-empty text requests it");
    }

    #[test]
    fn accepts_our_protocol_finds_6_in_any_list() {
        for (list, accepted) in [
            ("5,6", true),
            ("6,5", true),
            ("6", true),
            (" 6 ,x", true),
            ("5", false),
            ("5,x,,60", false),
            ("", true),
        ] {
            let host = HostSettings::read(environment(&[(PROTOCOL_VERSIONS, list)])).unwrap();
            assert_eq!(host.accepts_our_protocol(), accepted, "{list:?}");
        }
    }

    #[test]
    fn handshake_line_has_six_fields_and_an_optional_seventh() {
        let line = |server_certificate, supports_multiplexing| {
            HandshakeLine {
                address: "/tmp/x/plugin",
                server_certificate,
                supports_multiplexing,
            }
            .to_string()
        };
        // With padding, this byte would be `+w==`; the alphabet is the standard one.
        assert_eq!(line(Some(&[0xfb]), false), "1|6|unix|/tmp/x/plugin|grpc|+w");
        assert_eq!(line(None, false), "1|6|unix|/tmp/x/plugin|grpc|");
        assert_eq!(
            line(Some(&[0xff, 0xff]), true),
            "1|6|unix|/tmp/x/plugin|grpc|//8|false"
        );
        assert_eq!(line(None, true), "1|6|unix|/tmp/x/plugin|grpc||false");
    }
}
