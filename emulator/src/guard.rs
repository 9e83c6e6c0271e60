//! Keeps web pages out. A browser on this machine can be talked into sending requests to loopback, by a page's script or by
//! a name that resolves there; both show in the `Host` or `Origin` header.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;

use crate::error::plain;

/// Refuses a request that was not meant for loopback, or that comes from a page from elsewhere.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter().map(authority_of_header).peekable();
    // HTTP/2 has the host in the request target, and so may HTTP/1.
    let target = request.uri().authority();
    if target.is_none() && hosts.peek().is_none() {
        return plain(StatusCode::FORBIDDEN, "Forbidden: the Host header is missing");
    }
    if !target.is_none_or(is_loopback) || !hosts.all(|host| host.as_ref().is_some_and(is_loopback)) {
        return plain(
            StatusCode::FORBIDDEN,
            "Forbidden: the Host header does not name a loopback address",
        );
    }
    if !headers.get_all(ORIGIN).iter().all(is_loopback_origin) {
        return plain(
            StatusCode::FORBIDDEN,
            "Forbidden: the Origin header does not name a loopback address",
        );
    }
    next.run(request).await
}

fn authority_of_header(value: &HeaderValue) -> Option<Authority> {
    Authority::try_from(value.as_bytes()).ok()
}

fn is_loopback_origin(value: &HeaderValue) -> bool {
    Uri::try_from(value.as_bytes()).is_ok_and(|uri| uri.authority().is_some_and(is_loopback))
}

/// `localhost`, 127.0.0.0/8 or `[::1]`, with any port. User information has no place here.
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
    fn hosts() {
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
    fn origins() {
        for origin in ["http://localhost", "https://127.0.0.1:8443"] {
            assert!(is_loopback_origin(&origin.parse().unwrap()), "{origin}");
        }
        for origin in ["null", "http://example.com", "https://localhost.example.com", ""] {
            assert!(!is_loopback_origin(&origin.parse().unwrap()), "{origin}");
        }
    }
}
