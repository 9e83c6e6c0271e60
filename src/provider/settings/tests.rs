//! Settings from the configuration and the environment.

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
    from_config(&environment(variables), config, "Terraform/1.11.4")
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
        let error = from_config(&environment, &Config::default(), "1.11.4").unwrap_err();
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
