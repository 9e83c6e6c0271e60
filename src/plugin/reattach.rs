//! The instructions for attaching a CLI to a running provider.

use std::fmt;

use serde_json::json;

use super::handshake::PROTOCOL_VERSION;

const VARIABLE: &str = "TF_REATTACH_PROVIDERS";

/// The address of a running provider. It is formatted as instructions with a line to paste.
#[derive(Debug)]
pub(super) struct Reattach<'a> {
    /// The source address without its host, which is valid for Terraform and OpenTofu.
    pub(super) provider: &'a str,
    pub(super) pid: u32,
    pub(super) address: &'a str,
}

impl fmt::Display for Reattach<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let providers = json!({ self.provider: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": self.pid,
            // The CLI does not stop the provider after a run, and uses protocol 6.
            "Test": true,
            "Addr": { "Network": "unix", "String": self.address },
        } });
        writeln!(
            f,
            "Provider started. To use it, set the {VARIABLE} environment variable\n\
             in the shell where you run terraform or tofu, and unset it when this process has ended.\n\
             All other variables the provider reads are those of this process.\n\n\
             \t{VARIABLE}='{}'\n",
            providers.to_string().replace('\'', r"'\''")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_contains_json_in_the_format_of_reattach_providers() {
        let text = Reattach {
            provider: "motherduck-rs/motherduck",
            pid: 12345,
            address: "/tmp/x/plugin",
        }
        .to_string();
        let (_, json) = text.split_once("='").unwrap();
        assert_eq!(
            json.trim_end(),
            r#"{"motherduck-rs/motherduck":{"Addr":{"Network":"unix","String":"/tmp/x/plugin"},"Pid":12345,"Protocol":"grpc","ProtocolVersion":6,"Test":true}}'"#
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
