//! The options of the command, which choose the target.

use clap::Args;
use motherduck_conformity::{Target, Time};

use crate::cli::Environment;

/// The variable with the token of an Admin. The provider's own variables are ignored, so that none is used by
/// accident.
const TOKEN_VARIABLE: &str = "MOTHERDUCK_LIVE_ADMIN_TOKEN";

pub(super) const SERVICE: &str = "https://api.motherduck.com";

/// The flags of `cargo live`.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Check a real organization, with the Admin token in `MOTHERDUCK_LIVE_ADMIN_TOKEN`. Accounts named
    /// `tfprobe_<random>` are created there and removed; nothing else is changed. Without this flag, the emulator is checked
    #[arg(long)]
    pub against_a_real_organization: bool,

    /// The address of the API
    #[arg(long, value_name = "URL", default_value = SERVICE, requires = "against_a_real_organization")]
    pub api_base_url: String,

    /// A human member other than the owner of the token, to probe what an Admin may do there; nothing is changed
    #[arg(long, value_name = "USERNAME", requires = "against_a_real_organization")]
    pub person: Option<String>,

    /// Also wait until a token has expired, which takes more than five minutes
    #[arg(long, requires = "against_a_real_organization")]
    pub wait_for_expiry: bool,
}

impl Options {
    /// Returns the requested real organization; `None` if none was requested. The error says what is missing.
    pub(super) fn organization(&self, environment: &Environment) -> Result<Option<Target>, String> {
        if !self.against_a_real_organization {
            return Ok(None);
        }
        let token = environment.get(TOKEN_VARIABLE).and_then(|token| token.to_str());
        let token = token.map(str::trim).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| format!("set {TOKEN_VARIABLE} to a read/write token of an Admin"))?;
        let base_url = self.api_base_url.trim_end_matches('/');
        if !base_url.starts_with("https://") && !base_url.starts_with("http://127.0.0.1:") {
            return Err("--api-base-url has to begin with https://".to_owned());
        }
        Ok(Some(Target {
            base_url: base_url.to_owned(),
            token: token.into(),
            time: if self.wait_for_expiry {
                Time::Wait
            } else {
                Time::Skip
            },
            person: self.person.clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        variables.iter().copied().collect()
    }

    #[test]
    fn organization_requires_both_flag_and_token() {
        let token = environment(&[(TOKEN_VARIABLE, " secret ")]);
        let options = Options {
            against_a_real_organization: true,
            api_base_url: SERVICE.to_owned(),
            ..Options::default()
        };
        assert!(Options::default().organization(&token).unwrap().is_none());
        let others = environment(&[("MOTHERDUCK_TOKEN", "x"), ("MOTHERDUCK_ADMIN_TOKEN", "x")]);
        for without in [others, environment(&[(TOKEN_VARIABLE, " ")])] {
            let error = options.organization(&without).unwrap_err();
            assert!(error.contains(TOKEN_VARIABLE), "{error}");
        }
        let target = options.organization(&token).unwrap().unwrap();
        assert_eq!((target.base_url.as_str(), target.time), (SERVICE, Time::Skip));

        let plain = Options {
            api_base_url: "http://example.com".to_owned(),
            ..options
        };
        assert!(plain.organization(&token).is_err());
    }
}
