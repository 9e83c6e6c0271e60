//! Keeping secrets out of errors and logs.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// What stands in a secret's place.
const STARS: &str = "***";

/// Members of the API's JSON whose values are secrets.
const SECRET_MEMBERS: [&str; 2] = ["token", "session"];

/// Replaces known secrets in text from outside: an error body can echo the request it answers.
#[derive(Debug, Clone, Default)]
pub(super) struct Masker {
    /// Every spelling to look for, longest first, so that none leaves the tail of another behind.
    spellings: Vec<SecretString>,
}

impl Masker {
    /// A masker that knows one secret.
    pub(super) fn new(secret: &SecretString) -> Self {
        Masker::default().and(secret)
    }

    /// The same masker with one more secret: as it is, as JSON escapes it and as a URL encodes it.
    pub(super) fn and(mut self, secret: &SecretString) -> Self {
        let plain = secret.expose_secret();
        if plain.is_empty() {
            return self;
        }
        let quoted = Value::from(plain).to_string();
        let encoded = utf8_percent_encode(plain, NON_ALPHANUMERIC).to_string();
        let escaped = &quoted[1..quoted.len() - 1];
        for spelling in [plain, escaped, &encoded] {
            if !self
                .spellings
                .iter()
                .any(|known| known.expose_secret() == spelling)
            {
                self.spellings.push(spelling.into());
            }
        }
        self.spellings
            .sort_by_key(|spelling| std::cmp::Reverse(spelling.expose_secret().len()));
        self
    }

    /// The text with stars for every known secret.
    pub(super) fn mask(&self, text: &str) -> String {
        self.spellings.iter().fold(text.to_owned(), |text, spelling| {
            text.replace(spelling.expose_secret(), STARS)
        })
    }

    /// Foreign text made fit for an error: on one line, without secrets, cut to size. In this order, since a
    /// secret with a control character inside or cut in half would no longer be recognised.
    pub(super) fn foreign(&self, text: &str) -> String {
        super::text::shortened(self.mask(&super::text::printable(text)))
    }

    /// A body for the log. Only JSON is shown, without its secret members; of anything else, which might hide
    /// a secret in a place nobody expects, only the size.
    pub(super) fn body(&self, body: &[u8]) -> String {
        match serde_json::from_slice::<Value>(body) {
            Ok(mut json) => {
                star_out(&mut json);
                self.mask(&json.to_string())
            }
            Err(_) => format!("({} bytes, not JSON)", body.len()),
        }
    }
}

/// Replaces the values of secret members, however deep.
fn star_out(json: &mut Value) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                if SECRET_MEMBERS
                    .iter()
                    .any(|secret| name.eq_ignore_ascii_case(secret))
                {
                    *value = STARS.into();
                } else {
                    star_out(value);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(star_out),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masker(secrets: &[&str]) -> Masker {
        secrets
            .iter()
            .fold(Masker::default(), |masker, secret| masker.and(&(*secret).into()))
    }

    #[test]
    fn masks_every_occurrence_of_every_secret() {
        let masker = masker(&["s3cret", "other"]);
        assert_eq!(
            masker.mask("s3cret and s3crets3cret, other"),
            "*** and ******, ***"
        );
        assert_eq!(masker.mask("nothing here"), "nothing here");
    }

    #[test]
    fn masks_escaped_and_encoded_spellings() {
        let masker = masker(&[r#"a"b/c"#]);
        assert_eq!(masker.mask(r#"{"echo":"a\"b/c"}"#), r#"{"echo":"***"}"#);
        assert_eq!(masker.mask("?t=a%22b%2Fc"), "?t=***");
    }

    #[test]
    fn a_secret_inside_another_leaves_no_rest() {
        assert_eq!(masker(&["abc", "abcdef"]).mask("abcdef abc"), "*** ***");
    }

    #[test]
    fn an_empty_secret_masks_nothing() {
        assert_eq!(masker(&[""]).mask("text"), "text");
    }

    #[test]
    fn a_secret_broken_by_control_characters_or_by_the_cut_is_still_masked() {
        let masker = masker(&["s3cret"]);
        assert_eq!(masker.foreign("x s3\0cret"), "x ***");
        let long = format!("{}s3cret", "x".repeat(super::super::text::TEXT_LIMIT - 6));
        assert!(!masker.foreign(&long).contains("s3"));
    }

    #[test]
    fn logged_bodies_lose_their_secret_members() {
        let body = br#"{"token":"eyJ1","id":"1","tokens":[{"id":"2","Token":{"a":1}}],"x":{"session":"eyJ2"},"n":4.0}"#;
        let shown: Value = serde_json::from_str(&Masker::default().body(body)).unwrap();
        let expected =
            r#"{"token":"***","id":"1","tokens":[{"id":"2","Token":"***"}],"x":{"session":"***"},"n":4.0}"#;
        assert_eq!(shown, serde_json::from_str::<Value>(expected).unwrap());
        assert_eq!(
            masker(&["s3cret"]).body(br#"{"message":"bad s3cret"}"#),
            r#"{"message":"bad ***"}"#
        );
        assert_eq!(
            Masker::default().body(br#"{"token":"eyJ1"#),
            "(14 bytes, not JSON)"
        );
    }

    #[test]
    fn debug_hides_the_secrets() {
        assert!(!format!("{:?}", masker(&["s3cret"])).contains("s3cret"));
    }
}
