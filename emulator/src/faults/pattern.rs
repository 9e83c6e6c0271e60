//! Which paths a rule is about.

use crate::log::is_control;

/// A path in which `*` stands for any run of characters within one segment, and `**` as the last segment for everything
/// below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    segments: Vec<String>,
    below: bool,
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
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
        let mut segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        let below = segments.last().is_some_and(|last| last == "**");
        if below {
            segments.pop();
        }
        if segments.iter().any(|segment| segment.contains("**")) {
            return Err("'**' can only be the last segment");
        }
        Ok(Self { segments, below })
    }

    /// Whether a path, as it was sent, is one of those.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        let enough = if self.below {
            path.len() > self.segments.len()
        } else {
            path.len() == self.segments.len()
        };
        enough
            && self
                .segments
                .iter()
                .zip(path)
                // No segment that a star is about is empty.
                .all(|(pattern, segment)| {
                    pattern.is_empty() == segment.is_empty() && glob_matches(pattern, segment)
                })
    }
}

/// Only the last star met is ever tried again, a byte further on: what an earlier one could take, it can take as well. The
/// bytes of a character never match in the middle of another one.
fn glob_matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut in_pattern, mut in_text) = (0, 0);
    // Behind the last star, and how far the text is matched if that star takes no more.
    let mut again: Option<(usize, usize)> = None;
    while in_text < text.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                in_pattern += 1;
                again = Some((in_pattern, in_text));
            }
            Some(byte) if *byte == text[in_text] => {
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
    pattern[in_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(path)
    }

    #[test]
    fn stars_stay_within_their_segment() {
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
    fn many_stars_take_no_longer_than_a_few() {
        let pattern = format!("/{}b", "*a".repeat(1000));
        assert!(matches(&pattern, &format!("/{}b", "a".repeat(1000))));
        assert!(!matches(&pattern, &format!("/{}", "a".repeat(2000))));
    }

    #[test]
    fn two_stars_are_everything_below() {
        for path in ["/v1/users", "/v1/users/svc/tokens", "/v1/"] {
            assert!(matches("/v1/**", path), "{path}");
        }
        assert!(!matches("/v1/**", "/v1"));
        assert!(matches("/**", "/"));
        assert!(matches("/**", "/anything/at/all"));
    }

    #[test]
    fn what_no_request_could_match_is_refused() {
        for (text, complaint) in [
            ("v1/users", "starts with '/'"),
            ("", "starts with '/'"),
            ("/v1/**/tokens", "last segment"),
            ("/v1/a**", "last segment"),
            ("/v1/users?limit=1", "without a query"),
            ("/_emulator/state", "control endpoints"),
        ] {
            let error = Pattern::parse(text).unwrap_err();
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
