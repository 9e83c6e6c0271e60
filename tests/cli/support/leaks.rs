//! Searches every story at its end for secrets in places that must not contain them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Shorter secrets, and halves of secrets, are not searched for, because they could occur by chance.
const SHORTEST: usize = 8;

/// The characters that must be escaped in a query; others may be.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'&')
    .add(b'%')
    .add(b'+')
    .add(b'=');

/// A search for secrets in all encodings that a program could write.
pub(super) struct Leaks {
    search: AhoCorasick,
}

impl Leaks {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let encodings: BTreeSet<String> = secrets.into_iter().flat_map(encodings_with_halves).collect();
        Self {
            search: AhoCorasick::new(encodings).expect("a search"),
        }
    }

    /// Returns the number and text of the first line that contains a secret, with stars in its place.
    pub(super) fn first_in(&self, text: &[u8]) -> Option<String> {
        let found = self.search.find(text)?;
        let start = text[..found.start()]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |before| before + 1);
        let number = String::from_utf8_lossy(&text[..start]).lines().count() + 1;
        let before = String::from_utf8_lossy(&text[start..found.start()]);
        let tail: String = before.chars().rev().take(200).collect();
        let tail: String = tail.chars().rev().collect();
        Some(format!("line {number}: {tail}***"))
    }
}

/// Returns the encodings of a secret and of its halves.
fn encodings_with_halves(secret: &str) -> Vec<String> {
    let middle = secret.len() / 2;
    let halves = secret.split_at_checked(middle).map(<[&str; 2]>::from);
    let halves = halves.into_iter().flatten().filter(|half| half.len() >= SHORTEST);
    let texts = [secret].into_iter().chain(halves);
    texts
        .flat_map(encodings)
        .filter(|encoding| encoding.len() >= SHORTEST)
        .collect()
}

/// Returns a text in each encoding.
fn encodings(text: &str) -> Vec<String> {
    let json = Value::from(text).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let mut encodings = vec![
        text.to_owned(),
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(text, QUERY).to_string(),
        // Other programs escape these three characters in JSON, because HTML uses them.
        json.replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
        // JSON inside JSON.
        Value::from(json.as_str())
            .to_string()
            .trim_matches('"')
            .to_owned(),
        json,
    ];
    // In a longer text, base64 of the secret has one of three forms, depending on its offset.
    for skipped in 0..3 {
        let whole = text.as_bytes().get(skipped..).unwrap_or_default();
        let whole = &whole[..whole.len() / 3 * 3];
        encodings.push(STANDARD_NO_PAD.encode(whole));
        encodings.push(URL_SAFE_NO_PAD.encode(whole));
    }
    encodings
}

/// Returns the output of `show -json` without the values that it marks as sensitive; programs may read those.
/// The configuration and the variables are removed too, because the story wrote them.
pub(super) fn without_sensitive_values(shown: &str) -> String {
    let Ok(mut shown) = serde_json::from_str(shown) else {
        return shown.to_owned();
    };
    if let Value::Object(members) = &mut shown {
        members.remove("configuration");
        members.remove("variables");
    }
    remove_sensitive(&mut shown);
    shown.to_string()
}

/// The members with values, and the members that mark them as sensitive.
const MARKED: [(&str, &str); 4] = [
    ("values", "sensitive_values"),
    ("before", "before_sensitive"),
    ("after", "after_sensitive"),
    ("value", "sensitive"),
];

fn remove_sensitive(shown: &mut Value) {
    match shown {
        Value::Object(members) => {
            for (values, marks) in MARKED {
                if let Some(marks) = members.get(marks).cloned()
                    && let Some(values) = members.get_mut(values)
                {
                    remove_marked(values, &marks);
                }
            }
            members.values_mut().for_each(remove_sensitive);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_sensitive),
        _ => {}
    }
}

fn remove_marked(value: &mut Value, marks: &Value) {
    match (value, marks) {
        (value, Value::Bool(true)) => *value = Value::Null,
        (Value::Object(members), Value::Object(marks)) => {
            for (name, mark) in marks {
                if let Some(value) = members.get_mut(name) {
                    remove_marked(value, mark);
                }
            }
        }
        (Value::Array(items), Value::Array(marks)) => {
            for (value, mark) in items.iter_mut().zip(marks) {
                remove_marked(value, mark);
            }
        }
        _ => {}
    }
}

/// Returns the part of a command's standard output that must not contain a secret. Commands that print
/// secrets for programs are excluded.
pub(super) fn public_output<'a>(arguments: &str, stdout: &'a str) -> std::borrow::Cow<'a, str> {
    let words: Vec<&str> = arguments.split(' ').collect();
    match words[..] {
        ["show", ..] if words.contains(&"-json") => without_sensitive_values(stdout).into(),
        // `output NAME`, also with `-raw` or `-json`.
        ["output", _, ..] | ["state", "pull", ..] => "".into(),
        _ => stdout.into(),
    }
}

/// Returns the logs in a folder, and the configurations that a command has written.
pub(super) fn logs_and_generated(folder: &Path, written: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is = |kind: &str| path.extension().is_some_and(|extension| extension == kind);
        if path.is_dir() && entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
            if entry.file_name() != ".terraform" {
                found.extend(logs_and_generated(&path, written));
            }
        } else if is("log") || is("tf") && !written.contains(&path) {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = r#"kT9/w+Q2v"xL&5Zr=7<Hd>8s"#;

    fn finds(text: &str) -> bool {
        Leaks::of([SECRET]).first_in(text.as_bytes()).is_some()
    }

    #[test]
    fn secret_is_found_in_every_encoding() {
        let half = &SECRET[12..];
        for found in [
            SECRET.to_owned(),
            format!("…{half}…"),
            format!("?token={}", utf8_percent_encode(SECRET, NON_ALPHANUMERIC)),
            format!("?token={}", utf8_percent_encode(half, QUERY)),
            Value::from(SECRET).to_string(),
            Value::from(Value::from(SECRET).to_string()).to_string(),
            r#"kT9/w+Q2v\"xL\u00265Zr=7\u003cHd\u003e8s"#.to_owned(),
            STANDARD_NO_PAD.encode(format!("Bearer {SECRET}")),
            URL_SAFE_NO_PAD.encode(format!("user:{SECRET}\n")),
        ] {
            assert!(finds(&found), "{found}");
        }
        assert!(!finds("kT9/ … 8s, and no other word of it"));
    }

    #[test]
    fn found_line_is_reported_without_the_secret() {
        let text = format!("first\ntoken = {SECRET}\n");

        let found = Leaks::of([SECRET]).first_in(text.as_bytes());

        assert_eq!(found.as_deref(), Some("line 2: token = ***"));
    }

    #[test]
    fn secret_in_json_is_accepted_only_as_a_sensitive_value() {
        let shown = |marks: &str| {
            let shown = format!(
                r#"{{"resource_changes":[{{"change":{{"after":{{"token":{},"name":"n"}},"after_sensitive":{marks}}}}}]}}"#,
                Value::from(SECRET)
            );
            without_sensitive_values(&shown)
        };

        assert!(!finds(&shown(r#"{"token":true}"#)));
        assert!(shown(r#"{"token":true}"#).contains(r#""name":"n""#));
        assert!(finds(&shown("{}")));
    }

    #[test]
    fn only_named_outputs_and_state_pull_may_print_secrets() {
        for (arguments, is_public) in [
            ("output -raw secret", false),
            ("output", true),
            ("state pull", false),
            ("state show motherduck_token.t", true),
            ("show", true),
            ("plan -json", true),
        ] {
            assert_eq!(
                public_output(arguments, SECRET) == SECRET,
                is_public,
                "{arguments}"
            );
        }
    }
}
