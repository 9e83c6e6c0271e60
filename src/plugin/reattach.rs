//! The instructions for attaching a CLI to a running provider.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::handshake::PROTOCOL_VERSION;

const VARIABLE: &str = "TF_REATTACH_PROVIDERS";

/// The address of a running provider. It is formatted as instructions with a line to paste.
#[derive(Debug)]
pub(super) struct Reattach<'a> {
    /// The source address without its host, which is valid for Terraform and OpenTofu.
    pub(super) provider: &'a str,
    pub(super) pid: u32,
    /// The path of the socket.
    pub(super) address: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Config<'a> {
    protocol: &'a str,
    protocol_version: u32,
    pid: u32,
    /// If set, the CLI does not stop the provider after a run, and uses protocol 6.
    test: bool,
    addr: Addr<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Addr<'a> {
    network: &'a str,
    string: &'a str,
}

impl Reattach<'_> {
    fn json(&self) -> serde_json::Result<String> {
        let config = Config {
            protocol: "grpc",
            protocol_version: PROTOCOL_VERSION,
            pid: self.pid,
            test: true,
            addr: Addr {
                network: "unix",
                string: self.address,
            },
        };
        serde_json::to_string(&BTreeMap::from([(self.provider, config)]))
    }
}

impl fmt::Display for Reattach<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = self.json().map_err(|_| fmt::Error)?;
        writeln!(
            f,
            "Provider started. To use it, set the {VARIABLE} environment variable"
        )?;
        writeln!(
            f,
            "in the shell where you run terraform or tofu, and unset it when this process has ended."
        )?;
        writeln!(
            f,
            "All other variables the provider reads are those of this process.\n"
        )?;
        writeln!(f, "\t{VARIABLE}='{}'\n", json.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_format_of_reattach_providers() {
        let reattach = Reattach {
            provider: "motherduck-rs/motherduck",
            pid: 12345,
            address: "/tmp/x/plugin",
        };
        assert_eq!(
            reattach.json().unwrap(),
            r#"{"motherduck-rs/motherduck":{"Protocol":"grpc","ProtocolVersion":6,"Pid":12345,"Test":true,"Addr":{"Network":"unix","String":"/tmp/x/plugin"}}}"#
        );
    }

    #[test]
    fn display_quotes_the_line_for_a_shell() {
        let text = Reattach {
            provider: "a/b",
            pid: 1,
            address: "/tmp/it's/plugin",
        }
        .to_string();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix('\t'))
            .expect("a line to paste");
        assert!(
            line.starts_with("TF_REATTACH_PROVIDERS='{") && line.ends_with("}'"),
            "{line}"
        );
        assert!(line.contains(r#""/tmp/it'\''s/plugin""#), "{line}");
        assert!(text.ends_with("\n\n"), "an empty line ends the text");
    }
}
