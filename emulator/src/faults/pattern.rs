//! Patterns of paths, which select the requests of a rule.

use percent_encoding::percent_decode_str;

use crate::segments::{has_whole_escapes, is_control};

/// A path in which `*` matches any characters within one segment, and `**` as the last segment matches
/// everything below. Segments are compared decoded, because clients may escape more than necessary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    segments: Vec<Segment>,
    below: bool,
}

/// A segment, split at its stars and decoded. An escaped star is ordinary text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    Star,
}

impl Pattern {
    /// Parses a pattern. The error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if is_control(text) {
            return Err("The control endpoints have no faults");
        }
        let path = text
            .strip_prefix('/')
            .ok_or("Expected a path that starts with '/'")?;
        if path.contains(['?', '#']) {
            return Err("Expected a path without a query");
        }
        if path.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("Expected a path without blanks; a blank in a name is '%20'");
        }
        if !has_whole_escapes(path) {
            return Err("Expected two hexadecimal digits after each '%'; a '%' in a name is '%25'");
        }
        let mut segments: Vec<&str> = path.split('/').collect();
        let below = segments.last().is_some_and(|last| *last == "**");
        if below {
            segments.pop();
        }
        if segments.iter().any(|segment| segment.contains("**")) {
            return Err("'**' can only be the last segment");
        }
        Ok(Self {
            segments: segments.into_iter().map(Segment::new).collect(),
            below,
        })
    }

    /// Whether the pattern matches a path as it was sent.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let has_length = if self.below {
            path.len() > self.segments.len()
        } else {
            path.len() == self.segments.len()
        };
        has_length
            && self
                .segments
                .iter()
                .zip(path)
                .all(|(pattern, segment)| pattern.matches(segment))
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        for (index, part) in text.split('*').enumerate() {
            if index > 0 {
                pieces.push(Piece::Star);
            }
            pieces.extend(percent_decode_str(part).map(Piece::Byte));
        }
        Self(pieces)
    }

    /// Whether the pattern matches one segment of a path as it was sent. A star does not match an empty
    /// segment.
    fn matches(&self, sent: &str) -> bool {
        let decoded: Vec<u8> = percent_decode_str(sent).collect();
        self.0.is_empty() == decoded.is_empty() && glob_matches(&self.0, &decoded)
    }
}

/// Only the last star is tried again, one byte further on, because it can match everything that an earlier
/// star could. The bytes of one character never match inside another one.
fn glob_matches(pattern: &[Piece], text: &[u8]) -> bool {
    let (mut in_pattern, mut in_text) = (0, 0);
    // The position after the last star, and the end of the match if that star takes no more.
    let mut again: Option<(usize, usize)> = None;
    while in_text < text.len() {
        match pattern.get(in_pattern) {
            Some(Piece::Star) => {
                in_pattern += 1;
                again = Some((in_pattern, in_text));
            }
            Some(Piece::Byte(byte)) if *byte == text[in_text] => {
                in_pattern += 1;
                in_text += 1;
            }
            _ => {
                let Some((behind_star, taken)) = again else {
                    return false;
                };
                again = Some((behind_star, taken + 1));
                (in_pattern, in_text) = (behind_star, taken + 1);
            }
        }
    }
    pattern[in_pattern..].iter().all(|piece| *piece == Piece::Star)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(path)
    }

    #[test]
    fn star_matches_within_one_segment() {
        assert!(matches("/v1/users", "/v1/users"));
        assert!(matches("/v1/users/*/tokens", "/v1/users/svc/tokens"));
        assert!(matches("/v1/users/svc_*/tokens", "/v1/users/svc_a/tokens"));
        assert!(matches("/v1/users/svc_*/tokens", "/v1/users/svc_/tokens"));
        assert!(matches("/v1/users/*_svc_*", "/v1/users/a_svc_b_svc_c"));
        assert!(matches("/v1/*é*", "/v1/été"));
        assert!(matches("/*ab*abc", "/abababc"));
        assert!(matches("/a*a", "/aa"));
        assert!(!matches("/a*a", "/a"));
        assert!(!matches("/*a*b", "/ba"));
        assert!(!matches("/*é", "/è"));
        for path in [
            "/v1/users",
            "/v1/users/",
            "/v1/users/svc/more",
            "/v2/users/svc",
            "/v1/users/svc/",
        ] {
            assert!(!matches("/v1/users/*", path), "{path}");
        }
        assert!(!matches("/v1/users/svc_*", "/v1/users/other"));
        assert!(!matches("/v1/users/*_a", "/v1/users/svc_b"));
    }

    #[test]
    fn pattern_with_1000_stars_matches_only_its_paths() {
        let pattern = format!("/{}b", "*a".repeat(1000));
        assert!(matches(&pattern, &format!("/{}b", "a".repeat(1000))));
        assert!(!matches(&pattern, &format!("/{}", "a".repeat(2000))));
    }

    #[test]
    fn escapes_are_decoded_before_matching() {
        assert!(matches("/v1/users/a%2fb", "/v1/users/a%2Fb"));
        assert!(matches("/v1/users/svc_a", "/v1/users/svc%5Fa"));
        assert!(matches("/v1/users/%73vc", "/v1/users/svc"));
        assert!(matches("/v1/users/été_*", "/v1/users/%C3%A9t%C3%A9_1"));
        assert!(matches("/v1/users/%2A", "/v1/users/*"));
        assert!(!matches("/v1/users/%2A", "/v1/users/svc"));
        assert!(!matches("/v1/users/a%2Fb", "/v1/users/a/b"));
    }

    #[test]
    fn two_stars_match_all_paths_below() {
        for path in ["/v1/users", "/v1/users/svc/tokens", "/v1/"] {
            assert!(matches("/v1/**", path), "{path}");
        }
        assert!(!matches("/v1/**", "/v1"));
        assert!(matches("/**", "/"));
        assert!(matches("/**", "/anything/at/all"));
    }

    #[test]
    fn parse_of_a_pattern_that_matches_no_request_is_an_error() {
        for (text, complaint) in [
            ("v1/users", "starts with '/'"),
            ("", "starts with '/'"),
            ("/v1/**/tokens", "last segment"),
            ("/v1/a**", "last segment"),
            ("/v1/users?limit=1", "without a query"),
            ("/v1/users/a b", "'%20'"),
            ("/v1/users/\n", "'%20'"),
            ("/v1/users/50%", "'%25'"),
            ("/v1/users/%2", "'%25'"),
            ("/v1/users/%zz", "'%25'"),
            ("/_emulator", "control endpoints"),
            ("/_emulator/state", "control endpoints"),
        ] {
            let error = Pattern::parse(text).unwrap_err();
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
