//! Names of new tokens: configured, or generated from a prefix for each attempt.

use jiff::Timestamp;
use uuid::Uuid;

/// The prefix of an ephemeral token without a configured name or prefix.
const EPHEMERAL_PREFIX: &str = "terraform-ephemeral-";

/// The name of a token to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// A configured name. Other programs may use the same one.
    Fixed(String),
    /// A name is generated for each attempt. No other token has it.
    Generated(Prefix),
}

/// How names are generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// A configured prefix, then the time and four hexadecimal digits.
    Configured(String),
    /// [`EPHEMERAL_PREFIX`], then eight hexadecimal digits.
    Ephemeral,
}

impl Prefix {
    /// Generates a name for one attempt.
    pub(super) fn generate(&self) -> String {
        let random = Uuid::new_v4().simple().to_string();
        // The first twelve digits of such a UUID are all random.
        match self {
            Prefix::Configured(prefix) => {
                // Takes year to second from a text like 2026-01-31T23:59:59Z.
                let mut time = format!("{:.0}", Timestamp::now());
                time.retain(|c| c.is_ascii_digit());
                format!("{prefix}{time}-{}", &random[..4])
            }
            Prefix::Ephemeral => format!("{EPHEMERAL_PREFIX}{}", &random[..8]),
        }
    }

    /// Returns the beginning of all names.
    pub(crate) fn text(&self) -> &str {
        match self {
            Prefix::Configured(prefix) => prefix,
            Prefix::Ephemeral => EPHEMERAL_PREFIX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_hex(digits: &str) -> bool {
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    }

    #[test]
    fn configured_prefix_is_followed_by_time_and_four_digits() {
        let before = Timestamp::now().strftime("%Y%m%d%H%M%S").to_string();
        let name = Prefix::Configured("etl-".into()).generate();
        let after = Timestamp::now().strftime("%Y%m%d%H%M%S").to_string();
        let (time, digits) = name.strip_prefix("etl-").unwrap().split_once('-').unwrap();
        assert!(*before <= *time && *time <= *after, "{name}");
        assert!(digits.len() == 4 && is_hex(digits), "{name}");
    }

    #[test]
    fn ephemeral_name_has_eight_hex_digits() {
        let name = Prefix::Ephemeral.generate();
        let digits = name.strip_prefix("terraform-ephemeral-").unwrap();
        assert!(digits.len() == 8 && is_hex(digits), "{name}");
        assert_ne!(name, Prefix::Ephemeral.generate());
    }
}
