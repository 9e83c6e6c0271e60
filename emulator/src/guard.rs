//! Refuses requests from web pages. A browser on this machine can be made to send requests to loopback, by a
//! page's script or by a host name that resolves to it; the `Host` or `Origin` header shows both. Pages of
//! other servers on loopback are refused too. Browsers send the origin with everything except a plain GET,
//! which changes nothing here and whose response the page cannot read. Therefore the content type need not be
//! checked.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;

use crate::error::plain;

/// Refuses a request with a host other than loopback or with the origin of another page. `scheme` is the
/// served one.
pub(crate) async fn guard(State(scheme): State<Scheme>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    // HTTP/2 has the host in the request target, and HTTP/1 may have it there.
    let target = request.uri().authority().cloned().map(Some);
    let hosts = headers.get_all(HOST).iter().map(authority_of_header);
    let hosts: Option<Vec<Authority>> = target.into_iter().chain(hosts).collect();
    let hosts = match hosts {
        Some(hosts) if hosts.is_empty() => {
            return plain(StatusCode::FORBIDDEN, "Forbidden: the Host header is missing");
        }
        Some(hosts) if hosts.iter().all(is_loopback) => hosts,
        _ => {
            return plain(
                StatusCode::FORBIDDEN,
                "Forbidden: the Host header does not name a loopback address",
            );
        }
    };
    let mut origins = headers.get_all(ORIGIN).iter();
    if !origins.all(|origin| hosts.iter().all(|host| is_own_origin(origin, &scheme, host))) {
        return plain(
            StatusCode::FORBIDDEN,
            "Forbidden: the Origin header names another server than the Host header",
        );
    }
    next.run(request).await
}

fn authority_of_header(value: &HeaderValue) -> Option<Authority> {
    Authority::try_from(value.as_bytes()).ok()
}

/// Whether the origin is the emulator's own. An origin with the scheme's default port contains no port.
fn is_own_origin(origin: &HeaderValue, scheme: &Scheme, host: &Authority) -> bool {
    let usual_port = if *scheme == Scheme::HTTPS { 443 } else { 80 };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(usual_port);
    Uri::try_from(origin.as_bytes()).is_ok_and(|uri| {
        uri.scheme() == Some(scheme)
            && uri.authority().is_some_and(|authority| {
                authority.host().eq_ignore_ascii_case(host.host())
                    && port(authority) == port(host)
                    && is_loopback(authority)
            })
    })
}

/// Whether the host is `localhost`, in 127.0.0.0/8 or `[::1]`, with any port. User information is refused.
fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    if authority.as_str().contains('@') {
        return false;
    }
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address
            .parse()
            .is_ok_and(|address: Ipv6Addr| address.is_loopback());
    }
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_loopback_accepts_only_loopback_hosts() {
        for host in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1",
            "127.8.9.10:1234",
            "[::1]",
            "[::1]:80",
        ] {
            assert!(is_loopback(&host.parse().unwrap()), "{host}");
        }
        for host in [
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "128.0.0.1",
            "0.0.0.0",
            "[::2]",
            "user@localhost",
            "localhost@example.com",
        ] {
            assert!(!is_loopback(&host.parse().unwrap()), "{host}");
        }
    }

    #[test]
    fn is_own_origin_accepts_only_the_same_origin() {
        let is_own = |origin: &str, scheme: &Scheme, host: &str| {
            is_own_origin(&origin.parse().unwrap(), scheme, &host.parse().unwrap())
        };
        for (origin, scheme, host) in [
            ("http://localhost", Scheme::HTTP, "localhost"),
            ("http://localhost", Scheme::HTTP, "LOCALHOST:80"),
            ("http://127.0.0.1:8080", Scheme::HTTP, "127.0.0.1:8080"),
            ("https://127.0.0.1:8443", Scheme::HTTPS, "127.0.0.1:8443"),
            ("https://[::1]", Scheme::HTTPS, "[::1]:443"),
        ] {
            assert!(is_own(origin, &scheme, host), "{origin} at {host}");
        }
        for (origin, host) in [
            ("null", "localhost"),
            ("", "localhost"),
            ("localhost:8080", "localhost:8080"),
            ("http://example.com", "localhost"),
            ("http://localhost.example.com", "localhost"),
            ("http://localhost:3000", "localhost:8080"),
            ("http://localhost:8080", "127.0.0.1:8080"),
            ("https://localhost:8080", "localhost:8080"),
            ("http://user@localhost:8080", "localhost:8080"),
        ] {
            assert!(!is_own(origin, &Scheme::HTTP, host), "{origin} at {host}");
        }
    }
}
