//! The `provider "motherduck"` block: its attributes, the environment, and the settings of the API that
//! result from both.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};

use crate::api::{BaseUrl, Proxy, Settings, excepts};
use crate::framework::{
    Block, Configure, Configured, Diagnostic, Diagnostics, Field, Provider, Registry, Validator, model,
};
use crate::motherduck::{Connection, Transports, Unusable, create_token};
use crate::{actions, data_sources, ephemeral_resources, functions, list_resources, resources};

/// The address of this provider in a registry: namespace and type.
pub const ADDRESS: &str = "motherduck-rs/motherduck";

const DEFAULT_BASE_URL: &str = "https://api.motherduck.com";
/// The environment variables of the token. The first one that is not blank is used.
const TOKEN_VARIABLES: [&str; 2] = ["MOTHERDUCK_ADMIN_TOKEN", "MOTHERDUCK_TOKEN"];
const BASE_URL_VARIABLE: &str = "MOTHERDUCK_API_BASE_URL";
/// A convention of the CLIs: a text that providers append to their user agent.
const USER_AGENT_VARIABLE: &str = "TF_APPEND_USER_AGENT";

/// The environment variables of a proxy and of the hosts without one, in the order in which curl reads them.
const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const NO_PROXY_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Returns the value of an environment variable. Tests pass a closure over their own variables.
pub type Environment = Box<dyn Fn(&str) -> Option<OsString> + Send + Sync>;

model! {
    /// Manages the service accounts, access tokens and Ducklings of a MotherDuck organization through
    /// MotherDuck's REST API.
    pub struct Config {
        /// Read/write access token of an organization Admin. Defaults to the environment variable
        /// `MOTHERDUCK_ADMIN_TOKEN`, then `MOTHERDUCK_TOKEN`; a blank variable counts as unset. Required only
        /// for calls of the API: a first plan of new resources succeeds without it.
        #[attribute(sensitive, validator(Validator::text(check_token)))]
        admin_token: SecretString,
        /// Address of the API. Defaults to the environment variable `MOTHERDUCK_API_BASE_URL`, then to
        /// `https://api.motherduck.com`. It may have a path prefix; `http` is allowed only for loopback
        /// hosts. The provider uses the proxy of the variables `HTTPS_PROXY` and `NO_PROXY`, with the rules
        /// of curl, but never for requests to loopback hosts.
        #[attribute(validator(Validator::text(check_base_url)))]
        api_base_url: String,
        /// Timeout of one attempt of a request in seconds, 1 to 600. Defaults to 30. All attempts and pages
        /// of one operation together have a limit of 10 minutes.
        #[attribute(validator(Validator::seconds(1, 600)))]
        request_timeout_seconds: i64,
        /// Maximum number of retries of a request that is safe to repeat, 0 to 20. Defaults to 4. The
        /// provider waits for a `Retry-After` of up to 60 seconds; with a longer one the operation fails with
        /// an error that contains it.
        #[attribute(validator(Validator::whole_number(0, 20)))]
        max_retries: i64,
        /// Maximum number of parallel requests, 1 to 256. Defaults to 64.
        #[attribute(validator(Validator::whole_number(1, 256)))]
        max_concurrent_requests: i64,
        /// PEM file with certificates to trust in addition to those of the system: of authorities, or of the
        /// server itself. If the system has no certificates, the provider uses Mozilla's root certificates,
        /// which it contains.
        #[attribute(validator(Validator::text(check_file_name)))]
        ca_certificate_file: String,
        /// Text that is appended to the `User-Agent` header of requests, like the value of the environment
        /// variable `TF_APPEND_USER_AGENT`.
        #[attribute(validator(Validator::text(no_control_characters)))]
        custom_user_agent: String,
    }
}

/// The MotherDuck provider.
pub struct MotherDuck {
    environment: Environment,
    connection: Connection,
}

impl MotherDuck {
    /// Creates the provider with this environment.
    pub fn new(environment: Environment) -> Self {
        MotherDuck {
            environment,
            connection: Connection::default(),
        }
    }

    /// Creates the provider with another transport than HTTP over the network, for tests that pause the
    /// clock.
    pub fn with_transports(environment: Environment, transports: Transports) -> Self {
        MotherDuck {
            environment,
            connection: Connection::with_transports(transports),
        }
    }

    /// Returns the connection of an empty `provider` block with this environment, for a program other than
    /// Terraform. The program's name is sent in the `User-Agent` header.
    pub fn connection_of(self, program: &str) -> Connection {
        let target = self.settings(&Config::default(), program);
        self.connection.configure(target);
        self.connection
    }

    /// Returns the value of a variable. A blank one counts as unset. One that is not UTF-8 is an error,
    /// because without its value the request might reach another organization.
    fn variable(&self, name: &str) -> Result<Option<String>, Unusable> {
        let Some(value) = (self.environment)(name) else {
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
}

fn check_token(token: &str) -> Result<(), String> {
    let token = token.trim();
    if token.is_empty() {
        return Err("must not be blank; leave it out to take the token from the environment".into());
    }
    if token.chars().any(char::is_control) {
        return Err(
            "must not contain line breaks or other control characters: copy the token again, in one line"
                .into(),
        );
    }
    Ok(())
}

fn no_control_characters(text: &str) -> Result<(), String> {
    if text.chars().any(char::is_control) {
        return Err("must not contain line breaks or other control characters".into());
    }
    Ok(())
}

fn check_base_url(url: &str) -> Result<(), String> {
    BaseUrl::parse(url)
        .map(drop)
        .map_err(|error| format!("cannot be used: {error}"))
}

fn check_file_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        Err("must not be blank".into())
    } else {
        Ok(())
    }
}

impl Block for MotherDuck {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "motherduck"
    }
}

#[async_trait]
impl Provider for MotherDuck {
    fn address(&self) -> &'static str {
        ADDRESS
    }

    async fn configure(&self, request: Configure<Config>) -> Result<Configured, Diagnostics> {
        let config = request.config;
        // An unknown value may name another organization, so the environment does not replace it.
        let unknown = unknown_attributes(&config);
        let target = if unknown.is_empty() {
            self.settings(&config, &format!("Terraform/{}", request.terraform_version))
        } else {
            Err(waiting_for(&unknown))
        };
        self.connection.configure(target);
        Ok(if unknown.is_empty() {
            Configured::Ready
        } else {
            Configured::Deferred
        })
    }

    async fn finish(&self) {
        create_token::finish(&self.connection).await;
    }

    fn register(&self, registry: &mut Registry) {
        resources::register(registry, &self.connection);
        data_sources::register(registry, &self.connection);
        ephemeral_resources::register(registry, &self.connection);
        list_resources::register(registry, &self.connection);
        actions::register(registry, &self.connection);
        functions::register(registry);
    }
}

/// Returns the unknown attributes whose values are necessary to call the API. Other unknown ones have their
/// defaults until they are known.
fn unknown_attributes(config: &Config) -> Vec<&'static str> {
    [
        ("admin_token", config.admin_token.is_unknown()),
        ("api_base_url", config.api_base_url.is_unknown()),
        ("ca_certificate_file", config.ca_certificate_file.is_unknown()),
    ]
    .into_iter()
    .filter_map(|(name, unknown)| unknown.then_some(name))
    .collect()
}

fn waiting_for(unknown: &[&str]) -> Unusable {
    Diagnostic::error(
        "The provider's configuration is not known yet",
        format!(
            "This operation calls the MotherDuck API, and the provider block has values that are known only \
             after apply: {}.\n\n\
             Apply what they depend on first, with `-target`, or take them from variables or the \
             environment.",
            unknown
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    )
}

fn no_token() -> Unusable {
    Diagnostic::error(
        "No access token for the MotherDuck API",
        "This operation calls the API, and there is no access token for it. Set `admin_token` in the \
         provider block, or one of the environment variables MOTHERDUCK_ADMIN_TOKEN and MOTHERDUCK_TOKEN, to \
         a read/write token of an organization Admin.",
    )
}

impl MotherDuck {
    /// Returns the settings of a known configuration and the environment, or the error in them.
    fn settings(&self, config: &Config, program: &str) -> Result<Settings, Unusable> {
        let number = |field: &Field<i64>, default: u32| {
            field
                .known()
                .and_then(|number| u32::try_from(*number).ok())
                .unwrap_or(default)
        };
        let base_url = self.base_url(config)?;
        let (token, token_source) = self.token(config)?;
        Ok(Settings {
            proxy: self.proxy(&base_url)?,
            base_url,
            token,
            token_source,
            request_timeout: Duration::from_secs(number(&config.request_timeout_seconds, 30).into()),
            max_retries: number(&config.max_retries, 4),
            max_concurrent_requests: number(&config.max_concurrent_requests, 64) as usize,
            ca_certificate_file: config.ca_certificate_file.text().map(PathBuf::from),
            user_agent: self.user_agent(config, program)?,
        })
    }

    /// Returns the token and its source.
    fn token(&self, config: &Config) -> Result<(SecretString, String), Unusable> {
        if let Some(token) = config.admin_token.known() {
            let token = SecretString::from(token.expose_secret().trim().to_owned());
            return Ok((token, "the attribute `admin_token`".to_owned()));
        }
        let Some((name, token)) = self.first_set(&TOKEN_VARIABLES)? else {
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
    fn proxy(&self, base_url: &BaseUrl) -> Result<Option<Proxy>, Unusable> {
        if base_url.is_loopback() {
            return Ok(None);
        }
        let Some((name, address)) = self.first_set(&PROXY_VARIABLES)? else {
            return Ok(None);
        };
        if let Some((_, list)) = self.first_set(&NO_PROXY_VARIABLES)?
            && excepts(&list, base_url)
        {
            return Ok(None);
        }
        Proxy::parse(&address, name).map(Some).map_err(|error| {
            Diagnostic::error(
                format!("The environment variable {name} does not contain a valid proxy address"),
                format!(
                    "It cannot be used: {error}.\n\nCorrect the variable, unset it, or name the API's host in NO_PROXY to call it \
                     directly."
                ),
            )
        })
    }

    /// Returns the first of these variables that is set and not blank.
    fn first_set(&self, names: &[&'static str]) -> Result<Option<(&'static str, String)>, Unusable> {
        for name in names {
            if let Some(value) = self.variable(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    }

    fn base_url(&self, config: &Config) -> Result<BaseUrl, Unusable> {
        let (source, url) = if let Some(url) = config.api_base_url.text() {
            ("The attribute `api_base_url`", url.to_owned())
        } else if let Some(url) = self.variable(BASE_URL_VARIABLE)? {
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
                format!("It cannot be used: {error}."),
            )
        })
    }

    fn user_agent(&self, config: &Config, program: &str) -> Result<String, Unusable> {
        let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
        let mut agent = format!(
            "terraform-provider-motherduck/{} (+{}) {}",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_REPOSITORY"),
            clean(program)
        );
        let appended = self.variable(USER_AGENT_VARIABLE)?;
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
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::framework::{Members, Model as _, Path, Value, validate};

    fn provider(environment: &[(&str, &str)]) -> MotherDuck {
        let environment: BTreeMap<String, String> = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        MotherDuck::new(Box::new(move |name| environment.get(name).map(OsString::from)))
    }

    fn settings(environment: &[(&str, &str)], config: &Config) -> Result<Settings, Unusable> {
        provider(environment).settings(config, "Terraform/1.11.4")
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
    fn the_attribute_beats_the_environment_and_blank_variables_count_as_unset() {
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
    fn unset_arguments_have_their_defaults() {
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
    fn proxy(environment: &[(&str, &str)], address: &str) -> Result<Option<String>, String> {
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
    fn a_proxy_is_taken_from_the_environment_as_curl_does() {
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
                proxy(environment, API),
                Ok(expected.map(str::to_owned)),
                "{environment:?}"
            );
        }
        for environment in [
            &[("HTTPS_PROXY", "http://a:1")],
            &[("HTTPS_PROXY", "socks5://a:1")],
        ] {
            for loopback in ["https://localhost", "https://127.0.0.1", "http://[::1]:8080"] {
                assert_eq!(proxy(environment, loopback), Ok(None), "{loopback}");
            }
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_that_names_the_variable_alone() {
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
    fn without_a_token_the_error_names_the_attribute_and_both_variables() {
        let error = settings(&[], &Config::default()).unwrap_err();
        for name in ["admin_token", "MOTHERDUCK_ADMIN_TOKEN", "MOTHERDUCK_TOKEN"] {
            assert!(error.detail.contains(name), "{}", error.detail);
        }
    }

    #[test]
    fn a_bad_variable_is_named_and_its_value_is_not_shown() {
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
    fn a_variable_that_is_not_utf_8_is_an_error_that_names_it() {
        use std::os::unix::ffi::OsStringExt as _;
        for broken in [
            TOKEN_VARIABLES[0],
            TOKEN_VARIABLES[1],
            BASE_URL_VARIABLE,
            USER_AGENT_VARIABLE,
            "HTTPS_PROXY",
            "no_proxy",
        ] {
            let provider = MotherDuck::new(Box::new(move |name| match name {
                name if name == broken => Some(OsString::from_vec(b"sec\xff".to_vec())),
                "MOTHERDUCK_TOKEN" => Some("token".into()),
                "https_proxy" if broken == "no_proxy" => Some("http://proxy:1".into()),
                _ => None,
            }));
            let error = provider.settings(&Config::default(), "1.11.4").unwrap_err();
            assert!(error.summary.contains(broken), "{error:?}");
            assert!(!format!("{error:?}").contains("sec"), "{error:?}");
        }
    }

    #[test]
    fn an_unknown_value_is_not_replaced_by_the_environment() {
        let unknown = Config {
            admin_token: Field::Unknown,
            max_retries: Field::Unknown,
            ..Config::default()
        };
        assert_eq!(unknown_attributes(&unknown), ["admin_token"]);
        assert!(waiting_for(&["admin_token"]).detail.contains("`admin_token`"));
    }

    #[test]
    fn the_user_agent_names_the_provider_and_takes_additions() {
        let config = Config {
            custom_user_agent: Field::Known("team-a".into()),
            ..Config::default()
        };
        let agent = provider(&[(USER_AGENT_VARIABLE, "ci/1\r\nX: y")])
            .user_agent(&config, "Terraform/1.11.4")
            .unwrap();
        assert!(agent.starts_with("terraform-provider-motherduck/"), "{agent}");
        assert!(agent.ends_with("Terraform/1.11.4 team-a ci/1X: y"), "{agent}");
    }

    #[test]
    fn bad_values_break_a_rule_that_names_the_attribute() {
        let long = "x".repeat(10);
        let cases: &[(&str, Value, bool)] = &[
            ("admin_token", Value::string(" token \n"), true),
            ("admin_token", Value::string(""), false),
            ("admin_token", Value::string(" \t"), false),
            ("admin_token", Value::string("a\nb"), false),
            (
                "api_base_url",
                Value::string("https://api.example.com/prefix"),
                true,
            ),
            ("api_base_url", Value::string("http://127.0.0.1:8080"), true),
            ("api_base_url", Value::string("http://api.example.com"), false),
            (
                "api_base_url",
                Value::string("https://user:secret@api.example.com"),
                false,
            ),
            ("api_base_url", Value::string("api.example.com"), false),
            ("api_base_url", Value::string(""), false),
            ("request_timeout_seconds", Value::Number(600.into()), true),
            ("request_timeout_seconds", Value::Number(601.into()), false),
            ("max_retries", Value::Number(0.into()), true),
            ("max_retries", Value::Number((-1).into()), false),
            ("max_concurrent_requests", Value::Number(0.into()), false),
            ("ca_certificate_file", Value::string(" "), false),
            ("custom_user_agent", Value::string("a\nb"), false),
            ("custom_user_agent", Value::string(long), true),
        ];
        let attributes = Config::attributes();
        for (name, value, good) in cases {
            let config = Members::from([(*name, value.clone())]);
            let found = validate(&attributes, &config);
            assert_eq!(found.is_empty(), *good, "{name} {value:?}");
            // With an attribute path the CLI prints the line, which must not be a token's.
            let blamed = value.as_str() != Some("a\nb") || *name != "admin_token";
            for error in found {
                assert_eq!(error.path, blamed.then(|| Path::attribute(*name)), "{value:?}");
                assert!(
                    error.detail.contains(name) && !error.detail.contains("secret"),
                    "{}",
                    error.detail
                );
            }
        }
    }
}
