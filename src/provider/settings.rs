//! The settings of the API: the values of the `provider` block, else of the environment, else the defaults.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{Config, Environment, check_token};
use crate::api::{BaseUrl, Proxy, Settings, excepts};
use crate::framework::{Diagnostic, Field};
use crate::motherduck::errors::capitalized;

const DEFAULT_BASE_URL: &str = "https://api.motherduck.com";
/// The environment variables of the token. The first one that is not blank is used.
const TOKEN_VARIABLES: [&str; 2] = ["MOTHERDUCK_ADMIN_TOKEN", "MOTHERDUCK_TOKEN"];
const BASE_URL_VARIABLE: &str = "MOTHERDUCK_API_BASE_URL";
/// A convention of the CLIs: a text that providers append to their user agent.
const USER_AGENT_VARIABLE: &str = "TF_APPEND_USER_AGENT";

/// The environment variables of a proxy and of the hosts without one, in the order in which curl reads them.
const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const NO_PROXY_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Returns the settings of a known configuration and the environment, or the error in them.
pub(super) fn of(environment: &Environment, config: &Config, program: &str) -> Result<Settings, Diagnostic> {
    let number = |field: &Field<i64>, default: u32| {
        field
            .known()
            .and_then(|number| u32::try_from(*number).ok())
            .unwrap_or(default)
    };
    let base_url = base_url(environment, config)?;
    let (token, token_source) = token(environment, config)?;
    Ok(Settings {
        proxy: proxy(environment, &base_url)?,
        base_url,
        token,
        token_source,
        request_timeout: Duration::from_secs(number(&config.request_timeout_seconds, 30).into()),
        max_retries: number(&config.max_retries, 4),
        max_concurrent_requests: number(&config.max_concurrent_requests, 64) as usize,
        ca_certificate_file: config.ca_certificate_file.text().map(PathBuf::from),
        user_agent: user_agent(environment, config, program)?,
    })
}

/// Returns the token and its source.
fn token(environment: &Environment, config: &Config) -> Result<(SecretString, String), Diagnostic> {
    if let Some(token) = config.admin_token.known() {
        let token = SecretString::from(token.expose_secret().trim().to_owned());
        return Ok((token, "the attribute `admin_token`".to_owned()));
    }
    let Some((name, token)) = first_set(environment, &TOKEN_VARIABLES)? else {
        return Err(no_token());
    };
    check_token(&token).map_err(|broken| {
        Diagnostic::error(
            format!("The environment variable {name} does not contain a valid token"),
            format!("The token {broken}."),
        )
    })?;
    let token = SecretString::from(token.trim().to_owned());
    Ok((token, format!("the environment variable {name}")))
}

/// Returns the proxy of the environment for this address, if there is one. Requests to loopback never use
/// one.
fn proxy(environment: &Environment, base_url: &BaseUrl) -> Result<Option<Proxy>, Diagnostic> {
    if base_url.is_loopback() {
        return Ok(None);
    }
    let Some((name, address)) = first_set(environment, &PROXY_VARIABLES)? else {
        return Ok(None);
    };
    if let Some((_, list)) = first_set(environment, &NO_PROXY_VARIABLES)?
        && excepts(&list, base_url)
    {
        return Ok(None);
    }
    Proxy::parse(&address, name).map(Some).map_err(|error| {
        Diagnostic::error(
            format!("The environment variable {name} does not contain a valid proxy address"),
            format!(
                "{}.\n\nCorrect the variable, unset it, or name the API's host in NO_PROXY to call it directly.",
                capitalized(&error.to_string())
            ),
        )
    })
}

/// Returns the first of these variables that is set and not blank.
fn first_set(
    environment: &Environment,
    names: &[&'static str],
) -> Result<Option<(&'static str, String)>, Diagnostic> {
    for name in names {
        if let Some(value) = variable(environment, name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

fn base_url(environment: &Environment, config: &Config) -> Result<BaseUrl, Diagnostic> {
    let (source, url) = if let Some(url) = config.api_base_url.text() {
        ("The attribute `api_base_url`", url.to_owned())
    } else if let Some(url) = variable(environment, BASE_URL_VARIABLE)? {
        (
            "The environment variable MOTHERDUCK_API_BASE_URL",
            url.trim().to_owned(),
        )
    } else {
        ("The default", DEFAULT_BASE_URL.to_owned())
    };
    BaseUrl::parse(&url).map_err(|error| {
        Diagnostic::error(
            format!("{source} does not contain a valid address"),
            format!("{}.", capitalized(&error.to_string())),
        )
    })
}

fn user_agent(environment: &Environment, config: &Config, program: &str) -> Result<String, Diagnostic> {
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let mut agent = format!(
        "terraform-provider-motherduck/{} (+{}) {}",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_REPOSITORY"),
        clean(program)
    );
    let appended = variable(environment, USER_AGENT_VARIABLE)?;
    for more in config
        .custom_user_agent
        .text()
        .into_iter()
        .chain(appended.as_deref())
    {
        let more = clean(more);
        if !more.trim().is_empty() {
            agent.push(' ');
            agent.push_str(more.trim());
        }
    }
    Ok(agent)
}

/// Returns the value of a variable. A blank one counts as unset. One that is not UTF-8 is an error,
/// because without its value the request might reach another organization.
fn variable(environment: &Environment, name: &str) -> Result<Option<String>, Diagnostic> {
    let Some(value) = environment(name) else {
        return Ok(None);
    };
    match value.into_string() {
        Ok(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Err(_) => Err(Diagnostic::error(
            format!("The environment variable {name} is not valid UTF-8"),
            "Its value cannot be read, and leaving it out could call another address or organization. \
             Set the variable again, or unset it.",
        )),
    }
}

fn no_token() -> Diagnostic {
    Diagnostic::error(
        "No access token for the MotherDuck API",
        "This operation calls the API, and there is no access token for it. Set `admin_token` in the \
         provider block, or one of the environment variables MOTHERDUCK_ADMIN_TOKEN and MOTHERDUCK_TOKEN, to \
         a read/write token of an organization Admin.",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsString;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Box::new(move |name| variables.get(name).map(OsString::from))
    }

    fn settings(variables: &[(&str, &str)], config: &Config) -> Result<Settings, Diagnostic> {
        of(&environment(variables), config, "Terraform/1.11.4")
    }

    fn token_of(environment: &[(&str, &str)], config: &Config) -> Option<String> {
        settings(environment, config)
            .ok()
            .map(|settings| settings.token.expose_secret().to_owned())
    }

    fn known(text: &str) -> Field<SecretString> {
        Field::Known(SecretString::from(text.to_owned()))
    }

    #[test]
    fn token_attribute_precedes_non_blank_variables() {
        let both = [
            ("MOTHERDUCK_ADMIN_TOKEN", " admin "),
            ("MOTHERDUCK_TOKEN", "other"),
        ];
        let set = Config {
            admin_token: known("attribute\n"),
            ..Config::default()
        };
        assert_eq!(token_of(&both, &set).as_deref(), Some("attribute"));
        assert_eq!(token_of(&both, &Config::default()).as_deref(), Some("admin"));
        let blank = [("MOTHERDUCK_ADMIN_TOKEN", " \n"), ("MOTHERDUCK_TOKEN", "other")];
        assert_eq!(token_of(&blank, &Config::default()).as_deref(), Some("other"));
    }

    #[test]
    fn arguments_precede_variables_and_defaults() {
        let environment = [("MOTHERDUCK_TOKEN", "t")];
        let default = settings(&environment, &Config::default()).unwrap();
        assert_eq!(default.base_url.to_string(), "https://api.motherduck.com");
        assert_eq!(default.request_timeout, Duration::from_secs(30));
        assert_eq!((default.max_retries, default.max_concurrent_requests), (4, 64));
        assert_eq!(default.ca_certificate_file, None);

        let configured = Config {
            api_base_url: Field::Known("https://eu.example.com/md/".into()),
            request_timeout_seconds: Field::Known(600),
            max_retries: Field::Known(0),
            max_concurrent_requests: Field::Known(256),
            ca_certificate_file: Field::Known("ca.pem".into()),
            ..Config::default()
        };
        let configured = settings(
            &[environment[0], (BASE_URL_VARIABLE, "https://other.example.com")],
            &configured,
        )
        .unwrap();
        assert_eq!(configured.base_url.to_string(), "https://eu.example.com/md");
        assert_eq!(configured.request_timeout, Duration::from_secs(600));
        assert_eq!(
            (configured.max_retries, configured.max_concurrent_requests),
            (0, 256)
        );
        assert_eq!(configured.ca_certificate_file, Some(PathBuf::from("ca.pem")));
    }

    /// Returns the proxy for this address in this environment, or the summary of the error.
    fn proxy_for(environment: &[(&str, &str)], address: &str) -> Result<Option<String>, String> {
        let config = Config {
            admin_token: known("token"),
            api_base_url: Field::Known(address.into()),
            ..Config::default()
        };
        let settings = settings(environment, &config);
        settings
            .map(|settings| settings.proxy.map(|proxy| proxy.to_string()))
            .map_err(|error| error.summary)
    }

    #[test]
    fn proxy_is_read_from_the_environment_like_curl() {
        const API: &str = "https://api.example.com";
        for (environment, expected) in [
            (&[][..], None),
            (&[("HTTPS_PROXY", "http://a:1")], Some("http://a:1 (HTTPS_PROXY)")),
            (
                &[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:1")],
                Some("http://b:1 (https_proxy)"),
            ),
            (
                &[("https_proxy", ""), ("HTTPS_PROXY", "http://a:1")],
                Some("http://a:1 (HTTPS_PROXY)"),
            ),
            (&[("HTTPS_PROXY", "")], None),
            (&[("HTTPS_PROXY", " ")], None),
            (&[("ALL_PROXY", "http://a:1")], Some("http://a:1 (ALL_PROXY)")),
            (
                &[("ALL_PROXY", "http://a:1"), ("HTTPS_PROXY", "http://b:1")],
                Some("http://b:1 (HTTPS_PROXY)"),
            ),
            // The variable for plain HTTP has no effect on HTTPS.
            (
                &[("HTTP_PROXY", "http://a:1"), ("http_proxy", "http://a:1")],
                None,
            ),
            (
                &[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "")],
                Some("http://a:1 (HTTPS_PROXY)"),
            ),
            (
                &[
                    ("HTTPS_PROXY", "http://a:1"),
                    ("NO_PROXY", "one.example, *.example.com"),
                ],
                None,
            ),
            (
                &[("HTTPS_PROXY", "http://a:1"), ("no_proxy", "api.example.com:443")],
                None,
            ),
            (
                &[
                    ("HTTPS_PROXY", "http://a:1"),
                    ("no_proxy", "one.example"),
                    ("NO_PROXY", "*"),
                ],
                Some("http://a:1 (HTTPS_PROXY)"),
            ),
            (
                &[
                    ("HTTPS_PROXY", "http://a:1"),
                    ("no_proxy", " "),
                    ("NO_PROXY", "*"),
                ],
                None,
            ),
            // An unused proxy is not validated.
            (&[("HTTPS_PROXY", "socks5://a:1"), ("NO_PROXY", "*")], None),
        ] {
            assert_eq!(
                proxy_for(environment, API),
                Ok(expected.map(str::to_owned)),
                "{environment:?}"
            );
        }
        for environment in [
            &[("HTTPS_PROXY", "http://a:1")],
            &[("HTTPS_PROXY", "socks5://a:1")],
        ] {
            for loopback in ["https://localhost", "https://127.0.0.1", "http://[::1]:8080"] {
                assert_eq!(proxy_for(environment, loopback), Ok(None), "{loopback}");
            }
        }
    }

    #[test]
    fn unusable_proxy_is_an_error_without_its_value() {
        for (name, value, reason) in [
            (
                "HTTPS_PROXY",
                "socks5://user:hunter2@proxy:1080",
                "SOCKS proxies are not supported",
            ),
            (
                "https_proxy",
                "ftp://user:hunter2@proxy",
                "must start with http:// or https://",
            ),
            ("ALL_PROXY", "http://user:hunter2@", "must be a URL with a host"),
        ] {
            let config = Config {
                admin_token: known("token"),
                ..Config::default()
            };
            let error = settings(&[(name, value)], &config).unwrap_err();
            assert!(
                error.summary.contains(name) && error.detail.contains(reason),
                "{error:?}"
            );
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn missing_token_error_names_attribute_and_variables() {
        let error = settings(&[], &Config::default()).unwrap_err();
        for name in ["admin_token", "MOTHERDUCK_ADMIN_TOKEN", "MOTHERDUCK_TOKEN"] {
            assert!(error.detail.contains(name), "{}", error.detail);
        }
    }

    #[test]
    fn invalid_variable_is_an_error_without_its_value() {
        let error = settings(&[("MOTHERDUCK_TOKEN", "sec\nret")], &Config::default()).unwrap_err();
        assert!(error.summary.contains("MOTHERDUCK_TOKEN"));
        assert!(!format!("{error:?}").contains("ret\""));
        let error = settings(
            &[
                ("MOTHERDUCK_TOKEN", "t"),
                (BASE_URL_VARIABLE, "http://example.com"),
            ],
            &Config::default(),
        )
        .unwrap_err();
        assert!(error.summary.contains(BASE_URL_VARIABLE));
    }

    #[test]
    fn non_utf_8_variable_is_an_error_without_its_value() {
        use std::os::unix::ffi::OsStringExt as _;
        for broken in [
            TOKEN_VARIABLES[0],
            TOKEN_VARIABLES[1],
            BASE_URL_VARIABLE,
            USER_AGENT_VARIABLE,
            "HTTPS_PROXY",
            "no_proxy",
        ] {
            let environment: Environment = Box::new(move |name| match name {
                name if name == broken => Some(OsString::from_vec(b"sec\xff".to_vec())),
                "MOTHERDUCK_TOKEN" => Some("token".into()),
                "https_proxy" if broken == "no_proxy" => Some("http://proxy:1".into()),
                _ => None,
            });
            let error = of(&environment, &Config::default(), "1.11.4").unwrap_err();
            assert!(error.summary.contains(broken), "{error:?}");
            assert!(!format!("{error:?}").contains("sec"), "{error:?}");
        }
    }

    #[test]
    fn user_agent_has_provider_cli_and_custom_parts() {
        let config = Config {
            custom_user_agent: Field::Known("team-a".into()),
            ..Config::default()
        };
        let environment = environment(&[(USER_AGENT_VARIABLE, "ci/1\r\nX: y")]);
        let agent = user_agent(&environment, &config, "Terraform/1.11.4").unwrap();
        assert!(agent.starts_with("terraform-provider-motherduck/"), "{agent}");
        assert!(agent.ends_with("Terraform/1.11.4 team-a ci/1X: y"), "{agent}");
    }
}
