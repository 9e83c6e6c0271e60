//! The `provider "motherduck"` block: its attributes, and the provider's methods.

mod settings;

use std::ffi::OsString;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::api::BaseUrl;
use crate::framework::{
    Block, ConfigureRequest, ConfigureResponse, Diagnostic, Diagnostics, Provider, Registry, Validator, model,
};
use crate::motherduck::{ProviderData, TransportFactory, create_token};
use crate::{actions, data_sources, ephemeral_resources, functions, list_resources, resources};

/// The address of this provider in a registry: namespace and type.
pub const ADDRESS: &str = "motherduck-rs/motherduck";

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
    provider_data: ProviderData,
}

impl MotherDuck {
    /// Creates the provider with this environment.
    pub fn new(environment: Environment) -> Self {
        MotherDuck {
            environment,
            provider_data: ProviderData::default(),
        }
    }

    /// Creates the provider with another transport than HTTP over the network, for tests that pause the
    /// clock.
    pub fn with_transport_factory(environment: Environment, factory: TransportFactory) -> Self {
        MotherDuck {
            environment,
            provider_data: ProviderData::with_transport_factory(factory),
        }
    }

    /// Returns the provider data of an empty `provider` block with this environment, for a program other than
    /// Terraform. The program's name is sent in the `User-Agent` header.
    pub fn provider_data_of(self, program: &str) -> ProviderData {
        let settings = settings::from_config(&self.environment, &Config::default(), program);
        self.provider_data.configure(settings);
        self.provider_data
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

    async fn configure(&self, request: ConfigureRequest<Config>) -> Result<ConfigureResponse, Diagnostics> {
        let config = request.config;
        // An unknown value may name another organization, so the environment does not replace it.
        let unknown = unknown_attributes(&config);
        if !unknown.is_empty() {
            self.provider_data.configure(Err(unknown_configuration(&unknown)));
            return Ok(ConfigureResponse::Deferred);
        }
        let program = format!("Terraform/{}", request.terraform_version);
        let settings = settings::from_config(&self.environment, &config, &program);
        self.provider_data.configure(settings);
        Ok(ConfigureResponse::Ready)
    }

    async fn finish(&self) {
        create_token::finish(&self.provider_data).await;
    }

    fn register(&self, registry: &mut Registry) {
        resources::register(registry, &self.provider_data);
        data_sources::register(registry, &self.provider_data);
        ephemeral_resources::register(registry, &self.provider_data);
        list_resources::register(registry, &self.provider_data);
        actions::register(registry, &self.provider_data);
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

fn unknown_configuration(unknown: &[&str]) -> Diagnostic {
    let names: Vec<String> = unknown.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::error(
        "The provider's configuration is not known yet",
        format!(
            "This operation calls the MotherDuck API, and the provider block has values that are known only \
             after apply: {}.\n\n\
             Apply what they depend on first, with `-target`, or take them from variables or the \
             environment.",
            names.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::{Field, Members, Model as _, Path, Value, validate};

    #[test]
    fn unknown_admin_token_is_an_unknown_attribute() {
        let unknown = Config {
            admin_token: Field::Unknown,
            max_retries: Field::Unknown,
            ..Config::default()
        };
        assert_eq!(unknown_attributes(&unknown), ["admin_token"]);
        assert!(
            unknown_configuration(&["admin_token"])
                .detail
                .contains("`admin_token`")
        );
    }

    #[test]
    fn invalid_argument_is_an_error_at_its_attribute() {
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
