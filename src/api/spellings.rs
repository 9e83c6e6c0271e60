//! The forms in which a secret can occur in a text.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::api_request::ENCODED;

/// Shorter encoded forms would occur by chance.
const SHORTEST_ENCODED: usize = 6;

/// Returns a secret unchanged, as JSON escapes it once and twice, as URLs encode it, and in hexadecimal
/// digits and base64.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    if secret.is_empty() {
        return Vec::new();
    }
    let once = json_escaped(secret);
    let mut forms = vec![
        secret.to_owned(),
        secret.replace('/', r"\/"),
        once.replace('/', r"\/"),
        json_escaped(&once),
        once,
    ];
    for set in [NON_ALPHANUMERIC, ENCODED] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        forms.push(encoded.replace("%20", "+"));
        forms.push(lower_case_escapes(&encoded));
        forms.push(encoded);
    }
    let mut hex = String::new();
    for byte in secret.bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    let mut encoded = vec![hex.to_uppercase(), hex];
    for offset in 0..3 {
        encoded.extend(base64_at(secret, offset));
    }
    forms.extend(encoded.into_iter().filter(|form| form.len() >= SHORTEST_ENCODED));
    forms
}

fn json_escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Converts `%2F` to `%2f`.
fn lower_case_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push('%');
        let (digits, rest) = part.split_at(part.len().min(2));
        text += &digits.to_lowercase();
        text += rest;
    }
    text
}

/// Returns the base64 of a secret within a longer text, if it begins `offset` bytes after a group of three:
/// the characters that only depend on the secret.
fn base64_at(secret: &str, offset: usize) -> [String; 2] {
    let bytes = [vec![0; offset], secret.as_bytes().to_vec()].concat();
    // A character encodes six bits.
    let (first, last) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
    let cut = |text: String| text.get(first..last).unwrap_or_default().to_owned();
    [
        cut(STANDARD_NO_PAD.encode(&bytes)),
        cut(URL_SAFE_NO_PAD.encode(&bytes)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn forms_match_base64_at_any_offset() {
        let forms = spellings("s3cret/admin+token");
        for before in ["", "a", "ab", "abc", "user:"] {
            for after in ["", "x", "xy", "xyz"] {
                let text = format!("{before}s3cret/admin+token{after}");
                for encoded in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    assert!(
                        forms.iter().any(|form| encoded.contains(form.as_str())),
                        "{text} {encoded}"
                    );
                }
            }
        }
    }

    #[test]
    fn forms_include_url_and_json_escapes() {
        let forms = spellings("a\"b/c d");
        for form in [
            r#"a"b/c d"#,
            r#"a\"b/c d"#,
            r#"a\"b\/c d"#,
            r#"a\\\"b/c d"#,
            "a%22b%2Fc%20d",
            "a%22b%2fc%20d",
            "a%22b%2Fc+d",
        ] {
            assert!(forms.iter().any(|known| known == form), "{form}");
        }
        assert!(spellings("").is_empty());
    }
}
