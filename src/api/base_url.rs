//! The address of the API, which must be safe to send the admin token to.

use std::fmt;

use url::{Host, Url};

/// The beginning of the URL of every request, for example `https://api.motherduck.com`.
///
/// A path prefix is allowed and a trailing slash makes no difference. Plain `http` is accepted only for
/// loopback hosts, because every request contains an admin token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a text is not a [`BaseUrl`]. The text is never repeated, because it may contain credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// The text lacks a scheme followed by `//` and a host.
    #[error(
        "the API's base URL must begin with https:// and a host name, such as https://api.motherduck.com, or with \
         http:// for the emulator, such as http://127.0.0.1:8080"
    )]
    NotAbsolute,
    /// The scheme is neither `http` nor `https`.
    #[error("the API's base URL must begin with https://")]
    Scheme,
    /// The scheme is plain `http`, and the host is not this machine.
    #[error(
        "the API's base URL must begin with https://: plain http would send the admin token unencrypted, \
         so it is allowed for loopback hosts only (localhost, 127.0.0.1, [::1])"
    )]
    Unencrypted,
    /// A user name or a password precedes the host.
    #[error("the API's base URL must not contain credentials: leave out everything up to the `@`")]
    Credentials,
    /// The URL has a query.
    #[error("the API's base URL must not have a query: leave out the `?` and what follows")]
    Query,
    /// The URL has a fragment.
    #[error("the API's base URL must not have a fragment: leave out the `#` and what follows")]
    Fragment,
    /// The text contains a blank, a line break or another control character.
    #[error("the API's base URL must not contain blanks or control characters")]
    Blank,
    /// The URL parser refuses it: an invalid host, a port out of range, and the like.
    #[error("the API's base URL is not valid: {0}")]
    Malformed(&'static str),
}

impl BaseUrl {
    /// Parses a base URL from a configuration or the environment.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        // The URL standard accepts many typing errors: it drops line breaks, replaces backslashes and accepts
        // any number of slashes. Therefore the raw text is checked first.
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(BaseUrlError::Blank);
        }
        let (scheme, rest) = text.split_once("://").ok_or(BaseUrlError::NotAbsolute)?;
        let encrypted = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(BaseUrlError::Scheme),
        };
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(BaseUrlError::Credentials);
        }
        if authority.is_empty() || rest.contains('\\') {
            return Err(BaseUrlError::NotAbsolute);
        }
        if let Some(end) = rest.find(['?', '#']) {
            let query = rest[end..].starts_with('?');
            return Err(if query {
                BaseUrlError::Query
            } else {
                BaseUrlError::Fragment
            });
        }
        let base =
            BaseUrl(Url::parse(text).map_err(|error| BaseUrlError::Malformed(describe_parse_error(error)))?);
        if !encrypted && !base.is_loopback() {
            return Err(BaseUrlError::Unencrypted);
        }
        Ok(base)
    }

    /// Whether the host is this machine: `localhost` and the names below it, `127.0.0.0/8`, `[::1]`.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => is_localhost(name),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
            None => false,
        }
    }

    /// Returns the host's name if it is `localhost` or below it, which never needs a name server.
    pub(super) fn localhost_name(&self) -> Option<&str> {
        self.0.domain().filter(|name| is_localhost(name))
    }

    /// Returns the parsed URL.
    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// Returns host and port as in messages.
    pub(super) fn address(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        match self.0.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Returns the URL of an encoded absolute path below the base.
    pub(super) fn join(&self, path: &str, query: &[(&str, String)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// Describes what is wrong with a URL, for the user.
fn describe_parse_error(error: url::ParseError) -> &'static str {
    match error {
        url::ParseError::InvalidPort => "its port must be a number up to 65535",
        url::ParseError::InvalidIpv4Address | url::ParseError::InvalidIpv6Address => {
            "its host looks like an IP address and is none"
        }
        _ => "its host is not a valid name",
    }
}

/// Writes the base without a trailing slash.
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_localhost(name: &str) -> bool {
    // The parser has converted it to lower case; a trailing dot only marks the name as complete.
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_accepts_https_and_http_on_loopback() {
        for (text, shown, loopback) in [
            ("https://api.motherduck.com", "https://api.motherduck.com", false),
            ("https://api.motherduck.com/", "https://api.motherduck.com", false),
            (
                "HTTPS://API.motherduck.com:443",
                "https://api.motherduck.com",
                false,
            ),
            (
                "https://gateway.example/duck/",
                "https://gateway.example/duck",
                false,
            ),
            ("http://localhost:8080", "http://localhost:8080", true),
            ("http://LOCALHOST.", "http://localhost.", true),
            (
                "http://emulator.localhost:1/x",
                "http://emulator.localhost:1/x",
                true,
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("http://127.9.9.9", "http://127.9.9.9", true),
            ("http://[::1]:8080", "http://[::1]:8080", true),
            ("https://localhost", "https://localhost", true),
            ("https://10.0.0.1:8443", "https://10.0.0.1:8443", false),
        ] {
            let base = BaseUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(base.to_string(), shown, "{text}");
            assert_eq!(base.is_loopback(), loopback, "{text}");
        }
    }

    #[test]
    fn parse_of_other_urls_returns_the_reason() {
        use BaseUrlError as E;
        for (text, expected) in [
            ("", E::NotAbsolute),
            ("api.motherduck.com", E::NotAbsolute),
            ("/v1", E::NotAbsolute),
            ("https:api.motherduck.com", E::NotAbsolute),
            ("https:///api.motherduck.com", E::NotAbsolute),
            ("https://", E::NotAbsolute),
            (r"https:\\api.motherduck.com", E::NotAbsolute),
            (r"https://api.motherduck.com\evil", E::NotAbsolute),
            ("ftp://api.motherduck.com", E::Scheme),
            ("http://api.motherduck.com", E::Unencrypted),
            ("http://localhost.example.com", E::Unencrypted),
            ("http://notlocalhost", E::Unencrypted),
            ("http://128.0.0.1", E::Unencrypted),
            ("http://0.0.0.0", E::Unencrypted),
            ("http://[::2]", E::Unencrypted),
            ("https://user@api.motherduck.com", E::Credentials),
            ("https://user:word@api.motherduck.com", E::Credentials),
            ("http://127.0.0.1@evil.example", E::Credentials),
            ("https://@api.motherduck.com", E::Credentials),
            ("https://api.motherduck.com?x=1", E::Query),
            ("https://api.motherduck.com/?", E::Query),
            ("https://api.motherduck.com/#a", E::Fragment),
            ("https://api.motherduck.com#", E::Fragment),
            (" https://api.motherduck.com", E::Blank),
            ("https://api.motherduck.com/a b", E::Blank),
            ("https://api.mother\nduck.com", E::Blank),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(expected), "{text:?}");
        }
        assert!(matches!(BaseUrl::parse("https://h:99999"), Err(E::Malformed(_))));
        assert!(matches!(BaseUrl::parse("https://[::1"), Err(E::Malformed(_))));
    }

    #[test]
    fn parse_error_omits_credentials() {
        for text in [
            "https://user:hunter2@host",
            "ftp://user:hunter2@host",
            "https://user:hunter2/x@host",
        ] {
            let error = BaseUrl::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn join_appends_path_and_query_to_the_prefix() {
        let base = BaseUrl::parse("https://gateway.example/duck/").unwrap();
        assert_eq!(
            base.join("/v1/users", &[]).as_str(),
            "https://gateway.example/duck/v1/users"
        );
        let query = [("limit", "10".to_owned()), ("page_token", "a&b=/".to_owned())];
        assert_eq!(
            base.join("/v1/users", &query).as_str(),
            "https://gateway.example/duck/v1/users?limit=10&page_token=a%26b%3D%2F"
        );
    }

    #[test]
    fn address_includes_the_port() {
        assert_eq!(
            BaseUrl::parse("https://api.motherduck.com").unwrap().address(),
            "api.motherduck.com:443"
        );
        assert_eq!(
            BaseUrl::parse("http://[::1]:8080").unwrap().address(),
            "[::1]:8080"
        );
    }
}
