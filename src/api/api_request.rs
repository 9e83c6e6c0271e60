//! A request of the API before it becomes an HTTP request: method, path, query and body.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::Value;

/// All characters except the unreserved ones of RFC 3986 are encoded in a path segment.
pub(super) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request of an operation of the API. The version prefix is added to the segments.
#[derive(Debug, Clone)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    segments: Vec<String>,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

impl ApiRequest {
    pub(super) fn get<const N: usize>(segments: [&str; N]) -> Self {
        ApiRequest::new(Method::GET, segments, None)
    }

    pub(super) fn post<const N: usize>(segments: [&str; N], body: Value) -> Self {
        ApiRequest::new(Method::POST, segments, Some(body))
    }

    pub(super) fn put<const N: usize>(segments: [&str; N], body: Value) -> Self {
        ApiRequest::new(Method::PUT, segments, Some(body))
    }

    pub(super) fn delete<const N: usize>(segments: [&str; N]) -> Self {
        ApiRequest::new(Method::DELETE, segments, None)
    }

    fn new<const N: usize>(method: Method, segments: [&str; N], body: Option<Value>) -> Self {
        ApiRequest {
            method,
            segments: segments.map(str::to_owned).to_vec(),
            query: Vec::new(),
            body,
        }
    }

    /// Returns the request with one more query parameter.
    pub(super) fn with_query(mut self, name: &'static str, value: String) -> Self {
        self.query.push((name, value));
        self
    }

    /// Returns the encoded path, beginning with `/v1`.
    pub(super) fn path(&self) -> String {
        self.segments.iter().fold("/v1".to_owned(), |path, segment| {
            format!("{path}/{}", utf8_percent_encode(segment, ENCODED))
        })
    }

    /// Returns the account that the request changes, if it changes one.
    pub(super) fn written_account(&self) -> Option<&str> {
        match self.segments.as_slice() {
            _ if self.method == Method::GET => None,
            [users, username, ..] if users == "users" => Some(username),
            _ => self.body.as_ref()?.get("username")?.as_str(),
        }
    }

    /// Returns the texts of this request that are not secret: its path, and some members of the body.
    pub(super) fn public_texts(&self) -> Vec<String> {
        let body = self.body.as_ref();
        let members = ["username", "name", "description", "session_name"]
            .into_iter()
            .filter_map(|member| body?.get(member)?.as_str().map(str::to_owned));
        let mut texts = self.segments.clone();
        texts.push(self.path());
        texts.extend(members);
        texts
    }

    /// Returns the first segment that a URL cannot contain. URL parsers remove dot segments, encoded or not,
    /// and a gateway may drop an empty one: the request would reach another object.
    pub(super) fn invalid_segment(&self) -> Option<&str> {
        self.segments
            .iter()
            .map(String::as_str)
            .find(|segment| matches!(*segment, "" | "." | ".."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::BaseUrl;

    #[test]
    fn path_percent_encodes_segments() {
        let base = BaseUrl::parse("https://api.motherduck.com/prefix").unwrap();
        for (username, encoded) in [
            ("analytics_account", "analytics_account"),
            ("svc.reader", "svc.reader"),
            ("a-b~c", "a-b~c"),
            ("a/b", "a%2Fb"),
            ("ä b", "%C3%A4%20b"),
            ("a?b#c&d=e", "a%3Fb%23c%26d%3De"),
            ("100%", "100%25"),
            ("%2e%2e", "%252e%252e"),
            ("...", "..."),
            (r"a\b", "a%5Cb"),
            ("a\tb\n", "a%09b%0A"),
            ("ada@example.com", "ada%40example.com"),
        ] {
            let request = ApiRequest::get(["users", username, "tokens"]);
            assert_eq!(request.path(), format!("/v1/users/{encoded}/tokens"));
            assert_eq!(request.invalid_segment(), None, "{username:?}");
            let url = base.join(&request.path(), &request.query);
            assert_eq!(url.path(), format!("/prefix/v1/users/{encoded}/tokens"));
        }
    }

    #[test]
    fn invalid_segment_returns_empty_and_dot_segments() {
        for invalid in ["", ".", ".."] {
            assert_eq!(
                ApiRequest::delete(["users", invalid, "tokens"]).invalid_segment(),
                Some(invalid)
            );
            assert_eq!(
                ApiRequest::delete(["users", "ada", "tokens", invalid]).invalid_segment(),
                Some(invalid)
            );
        }
    }
}
