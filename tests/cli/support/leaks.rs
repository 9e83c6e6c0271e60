//! Where secrets must not be, and the search for them there: each story is searched at its end.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// A secret or a half of one is searched for only if it is long enough to be unlike other words.
const SHORTEST: usize = 8;

/// What has to be escaped in a query; more is allowed.
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

/// A search for secrets, in all forms that a program could write them in.
pub(super) struct Leaks {
    forms: AhoCorasick,
}

impl Leaks {
    pub(super) fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let forms: BTreeSet<String> = secrets.into_iter().flat_map(forms).collect();
        Self {
            forms: AhoCorasick::new(forms).expect("a search"),
        }
    }

    /// The first line with a secret in it, by its number, with stars for the secret.
    pub(super) fn first_in(&self, text: &[u8]) -> Option<String> {
        let found = self.forms.find(text)?;
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

/// A secret and its halves, in each form.
fn forms(secret: &str) -> Vec<String> {
    let middle = secret.len() / 2;
    let halves = secret.split_at_checked(middle).map(<[&str; 2]>::from);
    let halves = halves.into_iter().flatten().filter(|half| half.len() >= SHORTEST);
    let texts = [secret].into_iter().chain(halves);
    texts
        .flat_map(written)
        .filter(|form| form.len() >= SHORTEST)
        .collect()
}

fn written(text: &str) -> Vec<String> {
    let json = Value::from(text).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let mut forms = vec![
        text.to_owned(),
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(text, QUERY).to_string(),
        // As other programs write JSON: these three could mean something in a page.
        json.replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
        // JSON in JSON.
        Value::from(json.as_str())
            .to_string()
            .trim_matches('"')
            .to_owned(),
        json,
    ];
    // In the middle of a longer text, base64 begins at one of three places.
    for skipped in 0..3 {
        let whole = text.as_bytes().get(skipped..).unwrap_or_default();
        let whole = &whole[..whole.len() / 3 * 3];
        forms.push(STANDARD_NO_PAD.encode(whole));
        forms.push(URL_SAFE_NO_PAD.encode(whole));
    }
    forms
}

/// What `show -json` says, without the values that it marks as sensitive: it is there to give them to programs. The
/// configuration and the variables are the story's own words.
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

/// The members that are marked as sensitive, and the marks.
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

/// The part of a command's standard output that must not hold a secret: all of it, but for commands that are there to
/// give secrets to programs.
pub(super) fn public_output<'a>(arguments: &str, stdout: &'a str) -> std::borrow::Cow<'a, str> {
    let words: Vec<&str> = arguments.split(' ').collect();
    match words[..] {
        ["show", ..] if words.contains(&"-json") => without_sensitive_values(stdout).into(),
        // `output NAME`, `-raw` and `-json`.
        ["output", _, ..] | ["state", "pull", ..] => "".into(),
        _ => stdout.into(),
    }
}

/// The logs of a folder, and the configurations that a command has written.
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
    fn a_secret_is_found_in_every_form() {
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
    fn the_line_is_named_without_the_secret() {
        let text = format!("first\ntoken = {SECRET}\n");

        let found = Leaks::of([SECRET]).first_in(text.as_bytes());

        assert_eq!(found.as_deref(), Some("line 2: token = ***"));
    }

    #[test]
    fn only_sensitive_values_may_be_shown_as_json() {
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
    fn commands_that_hand_secrets_on_are_the_only_exceptions() {
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
