//! The settings of the API: the values of the `provider` block, else of the environment, else the defaults.

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{Config, Environment, check_token};
use crate::api::{BaseUrl, Proxy, Settings, no_proxy_includes};
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
pub(super) fn from_config(
    environment: &Environment,
    config: &Config,
    program: &str,
) -> Result<Settings, Diagnostic> {
    let number = |field: &Field<i64>, default: u32| {
        let known = field.known().and_then(|number| u32::try_from(*number).ok());
        known.unwrap_or(default)
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
        && no_proxy_includes(&list, base_url)
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
        let source = "The environment variable MOTHERDUCK_API_BASE_URL";
        (source, url.trim().to_owned())
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
    let configured = config.custom_user_agent.text();
    for more in configured.into_iter().chain(appended.as_deref()) {
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
