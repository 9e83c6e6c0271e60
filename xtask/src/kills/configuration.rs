//! The configuration of an interruption: many tokens, each of its own account.

use std::fmt::Write as _;

use super::kinds::Phase;
use crate::terraform::REQUIRED_PROVIDERS;

/// The number of tokens. Each belongs to its own account, so that the path of a request identifies the token.
pub(super) const TOKENS: usize = 20;

/// One in this many tokens has `name_prefix` instead of `name`.
const PREFIXED: usize = 4;

pub(super) fn username(number: usize) -> String {
    format!("svc_{number:02}")
}

/// Returns the configuration. With another generation, the tokens of a resource are replaced.
pub(super) fn configuration(phase: Phase, generation: usize) -> String {
    let mut text = format!("{REQUIRED_PROVIDERS}\n");
    let (kind, keepers) = match phase {
        Phase::Ephemeral => ("ephemeral", String::new()),
        _ => (
            "resource",
            format!("  keepers = {{ generation = \"{generation}\" }}\n"),
        ),
    };
    for number in 0..TOKENS {
        let name = match number % PREFIXED {
            0 => "name_prefix = \"run-\"",
            _ => "name = \"loader\"",
        };
        let _ = write!(
            text,
            "{kind} \"motherduck_token\" \"t{number:02}\" {{\n  username = \"{}\"\n  {name}\n  ttl = 3600\n{keepers}}}\n",
            username(number)
        );
    }
    if phase == Phase::Ephemeral {
        // Another resource uses the ephemeral tokens, so that they stay open for a while.
        let all: Vec<String> = (0..TOKENS)
            .map(|number| format!("ephemeral.motherduck_token.t{number:02}.token"))
            .collect();
        let _ = write!(
            text,
            "resource \"terraform_data\" \"use\" {{\n  provisioner \"local-exec\" {{\n    command     = \"sleep 1\"\n    \
             environment = {{ TOKENS = join(\",\", [{}]) }}\n  }}\n}}\n",
            all.join(", ")
        );
    }
    text
}
