//! The proxy of the environment, and the hosts that do not use it.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::BaseUrl;

/// The default port of a proxy address, as in curl.
const DEFAULT_PORT: u16 = 1080;

/// An HTTP proxy for connections. `Display` and `Debug` do not show its credentials.
#[derive(Clone)]
pub struct Proxy {
    /// The address without credentials.
    url: Url,
    user: Option<(String, SecretString)>,
    /// The source of the address, such as the name of an environment variable.
    source: String,
}

/// Why a text is not a [`Proxy`]. The text is never repeated, because it may contain credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It is a SOCKS proxy.
    #[error("SOCKS proxies are not supported: use an HTTP proxy, such as http://proxy.example.com:3128")]
    Socks,
    /// The scheme is neither `http` nor `https`.
    #[error("the proxy's address must start with http:// or https://")]
    Scheme,
    /// The host is missing, the port is invalid, and the like.
    #[error("the proxy's address must be a URL with a host, such as http://proxy.example.com:3128")]
    Malformed,
}

impl Proxy {
    /// Parses an address as users write it: without a scheme it is plain HTTP.
    pub fn parse(text: &str, source: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let with_scheme = match text.split_once("://") {
            Some((scheme, _)) => {
                let scheme = scheme.to_ascii_lowercase();
                if scheme.starts_with("socks") {
                    return Err(ProxyError::Socks);
                }
                if !matches!(scheme.as_str(), "http" | "https") {
                    return Err(ProxyError::Scheme);
                }
                text.to_owned()
            }
            None => format!("http://{text}"),
        };
        if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(ProxyError::Malformed);
        }
        let mut url = Url::parse(&with_scheme).map_err(|_| ProxyError::Malformed)?;
        let authority = with_scheme.split("://").nth(1).unwrap_or_default();
        let authority = authority.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        if url.host().is_none() || authority.is_empty() {
            return Err(ProxyError::Malformed);
        }
        // The parser drops a port that is the scheme's default, so the text is checked first.
        let host_and_port = authority.rsplit('@').next().unwrap_or_default();
        let names_port = host_and_port
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
        if url.scheme() == "http" && !names_port {
            url.set_port(Some(DEFAULT_PORT))
                .map_err(|()| ProxyError::Malformed)?;
        }
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let user = (!url.username().is_empty() || url.password().is_some()).then(|| {
            let password = decoded(url.password().unwrap_or_default());
            (decoded(url.username()), SecretString::from(password))
        });
        url.set_username("").map_err(|()| ProxyError::Malformed)?;
        url.set_password(None).map_err(|()| ProxyError::Malformed)?;
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Proxy {
            url,
            user,
            source: source.to_owned(),
        })
    }

    /// Converts the proxy for the HTTP library.
    pub(super) fn to_reqwest(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        let proxy = reqwest::Proxy::all(self.url.clone())?;
        Ok(match &self.user {
            Some((user, password)) => proxy.basic_auth(user, password.expose_secret()),
            None => proxy,
        })
    }

    /// Returns the password, for texts in which it must not appear.
    pub(super) fn password(&self) -> Option<&SecretString> {
        self.user.as_ref().map(|(_, password)| password)
    }
}

/// Writes the address without credentials, and its source.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        write!(f, "{}://{host}", self.url.scheme())?;
        if let Some(port) = self.url.port_or_known_default() {
            write!(f, ":{port}")?;
        }
        write!(f, " ({})", self.source)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

/// Whether a list as in `NO_PROXY` excludes this address from the proxy. Its entries are separated by commas
/// or blanks: a name with or without `*.` or `.` before it, which includes the names below it; an IP address
/// or a CIDR range; any of these except a range with a `:port` after it; or `*` for every host.
pub fn no_proxy_includes(list: &str, address: &BaseUrl) -> bool {
    let (host, port) = (address.url().host(), address.url().port_or_known_default());
    list.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .any(|entry| host.as_ref().is_some_and(|host| entry_matches(entry, host, port)))
}

fn entry_matches(entry: &str, host: &Host<&str>, port: Option<u16>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Ok(range) = entry.parse::<IpNet>() {
        return match host {
            Host::Ipv4(address) => range.contains(&IpAddr::V4(*address)),
            Host::Ipv6(address) => range.contains(&IpAddr::V6(*address)),
            Host::Domain(_) => false,
        };
    }
    // A bare IPv6 address contains colons too.
    if host_matches(entry, host) {
        return true;
    }
    entry.rsplit_once(':').is_some_and(|(name, digits)| {
        digits.parse().is_ok_and(|number: u16| Some(number) == port) && host_matches(name, host)
    })
}

fn host_matches(entry: &str, host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let entry = entry.strip_prefix('*').unwrap_or(entry);
            let entry = entry.strip_prefix('.').unwrap_or(entry);
            let entry = entry.strip_suffix('.').unwrap_or(entry).to_lowercase();
            !entry.is_empty()
                && name
                    .to_lowercase()
                    .strip_suffix(&entry)
                    .is_some_and(|front| front.is_empty() || front.ends_with('.'))
        }
        Host::Ipv4(address) => entry.parse() == Ok(*address),
        Host::Ipv6(address) => {
            let bare = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']'));
            bare.unwrap_or(entry).parse() == Ok(*address)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_reads_addresses_like_curl() {
        for (text, shown) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("proxy.example.com:3128", "http://proxy.example.com:3128"),
            (
                " http://proxy.example.com:3128/ ",
                "http://proxy.example.com:3128",
            ),
            ("http://proxy.example.com", "http://proxy.example.com:1080"),
            ("http://proxy.example.com:80", "http://proxy.example.com:80"),
            ("proxy", "http://proxy:1080"),
            ("https://proxy.example.com", "https://proxy.example.com:443"),
            (
                "HTTPS://proxy.example.com:8443/x?y",
                "https://proxy.example.com:8443",
            ),
            ("http://[::1]:3128", "http://[::1]:3128"),
            ("http://[::1]", "http://[::1]:1080"),
            ("http://us%40er:pa%3Ass@proxy:1", "http://proxy:1"),
            ("user:word@proxy:1", "http://proxy:1"),
        ] {
            let proxy = Proxy::parse(text, "HTTPS_PROXY").unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(proxy.to_string(), format!("{shown} (HTTPS_PROXY)"), "{text}");
            assert!(proxy.to_reqwest().is_ok(), "{text}");
        }
        let proxy = Proxy::parse("http://us%40er:pa%3Ass@proxy:1", "HTTPS_PROXY").unwrap();
        let (user, password) = proxy.user.as_ref().unwrap();
        assert_eq!((user.as_str(), password.expose_secret()), ("us@er", "pa:ss"));
        assert!(!format!("{proxy} {proxy:?}").contains("pa"), "{proxy:?}");
    }

    #[test]
    fn parse_of_an_unusable_address_is_an_error_without_credentials() {
        for (text, expected) in [
            ("socks5://user:hunter2@proxy:1080", ProxyError::Socks),
            ("SOCKS5h://proxy", ProxyError::Socks),
            ("socks4a://proxy", ProxyError::Socks),
            ("ftp://hunter2@proxy", ProxyError::Scheme),
            ("http://", ProxyError::Malformed),
            ("http://hunter2@", ProxyError::Malformed),
            ("http://proxy:hunter2", ProxyError::Malformed),
            ("http://proxy:99999", ProxyError::Malformed),
            ("pro xy:1", ProxyError::Malformed),
            ("http:///x", ProxyError::Malformed),
        ] {
            let error = Proxy::parse(text, "HTTPS_PROXY").unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn no_proxy_list_is_read_like_curl() {
        for (list, address, expected) in [
            ("", "https://api.example.com", false),
            ("*", "https://api.example.com", true),
            ("other.example, *", "https://api.example.com", true),
            ("api.example.com", "https://api.example.com", true),
            ("API.Example.COM.", "https://api.example.com", true),
            ("example.com", "https://api.example.com", true),
            (".example.com", "https://api.example.com", true),
            (".example.com", "https://example.com", true),
            ("*.example.com", "https://api.example.com", true),
            ("*.example.com", "https://example.com", true),
            ("ample.com", "https://api.example.com", false),
            ("api.example.com.evil", "https://api.example.com", false),
            ("api", "https://api.example.com", false),
            ("api.example.com:443", "https://api.example.com", true),
            ("api.example.com:8443", "https://api.example.com", false),
            ("api.example.com:8443", "https://api.example.com:8443", true),
            (".example.com:8443", "https://api.example.com:8443", true),
            (
                "one.example ,, two.example\tapi.example.com",
                "https://api.example.com",
                true,
            ),
            ("one.example,two.example", "https://api.example.com", false),
            (".", "https://api.example.com", false),
            ("*.", "https://api.example.com", false),
            ("10.1.2.3", "https://10.1.2.3", true),
            ("10.1.2.3:443", "https://10.1.2.3", true),
            ("10.1.2.3:444", "https://10.1.2.3", false),
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.2.0.0/16", "https://10.1.2.3", false),
            (".2.3", "https://10.1.2.3", false),
            ("fd00::/8", "https://[fd00::1]", true),
            ("fd00::1", "https://[fd00::1]", true),
            ("[fd00::1]", "https://[fd00::1]:8443", true),
            ("[fd00::1]:8443", "https://[fd00::1]:8443", true),
            ("[fd00::1]:443", "https://[fd00::1]:8443", false),
            ("10.0.0.0/8", "https://api.example.com", false),
        ] {
            let base = BaseUrl::parse(address).unwrap();
            assert_eq!(no_proxy_includes(list, &base), expected, "{list:?} {address}");
        }
    }
}
