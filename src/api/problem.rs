//! Parses error bodies of every form.

use serde::Deserialize;
use serde_json::Number;
use serde_json::value::RawValue;

use super::json;
use super::mask::Masker;
use super::text::{self, TEXT_LIMIT};

/// The number of bytes of a foreign body that are searched.
const DESCRIBED_LIMIT: usize = 64 << 10;

/// The maximum number of steps of an issue's path.
const PATH_LIMIT: usize = 32;

/// One issue of the API about a request, as in the `issues` of an error body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The message for the user.
    pub message: String,
    /// The path in the request's body, outermost step first; a list index is a decimal number.
    pub path: Vec<String>,
}

/// An error body, parsed as far as possible and safe to print.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problem {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) issues: Vec<Issue>,
    /// The number of further issues.
    pub(super) omitted: usize,
}

/// The relevant members of an error body. Each stays raw text until it is read, so that a body of many small
/// values takes little more memory than its own size.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    issues: Option<&'a RawValue>,
}

/// The members of one issue.
#[derive(Deserialize)]
struct IssueMembers<'a> {
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    path: Option<&'a RawValue>,
}

impl Problem {
    /// Parses a body. If it is not the API's JSON, it becomes the message: text unchanged, and only the title
    /// of a page.
    pub(super) fn read(body: &[u8], masker: &Masker) -> Self {
        match json::read::<Members<'_>>(body) {
            Ok(members) if members.message.is_some() || members.code.is_some() => {
                let (issues, omitted) = read_issues(members.issues, masker);
                Problem {
                    code: string(members.code, masker),
                    message: string(members.message, masker),
                    issues,
                    omitted,
                }
            }
            _ => Problem {
                message: describe(body, masker),
                ..Problem::default()
            },
        }
    }

    /// Returns the texts with the secrets of this masker replaced.
    pub(super) fn masked(&self, masker: &Masker) -> Self {
        let mask = |text: &String| masker.mask_known(text).into_owned();
        Problem {
            code: self.code.as_ref().map(mask),
            message: self.message.as_ref().map(mask),
            issues: self
                .issues
                .iter()
                .map(|issue| Issue {
                    message: mask(&issue.message),
                    path: issue.path.iter().map(mask).collect(),
                })
                .collect(),
            omitted: self.omitted,
        }
    }

    /// Describes a body that cannot be read, for instance because of its encoding.
    pub(super) fn unreadable(why: String) -> Self {
        Problem {
            message: Some(why),
            ..Problem::default()
        }
    }
}

/// Returns the text of a member that is a string, safe to print.
fn string(raw: Option<&RawValue>, masker: &Masker) -> Option<String> {
    json::string(raw).map(|text| masker.sanitize(&text))
}

/// Returns the elements of a member that is a list, and otherwise none.
fn elements(raw: Option<&RawValue>) -> Vec<&RawValue> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// Parses the issues that have a message, as many as fit into the limit for text; the first one is always
/// included.
fn read_issues(issues: Option<&RawValue>, masker: &Masker) -> (Vec<Issue>, usize) {
    let mut kept: Vec<Issue> = Vec::new();
    let (mut size, mut omitted) = (0, 0);
    for raw in elements(issues) {
        let Ok(members) = serde_json::from_str::<IssueMembers<'_>>(raw.get()) else {
            continue;
        };
        if size > TEXT_LIMIT {
            omitted += usize::from(members.message.is_some_and(|raw| raw.get().starts_with('"')));
            continue;
        }
        let Some(message) = string(members.message, masker) else {
            continue;
        };
        let path = read_path(members.path, masker);
        size += message.len() + path.iter().map(String::len).sum::<usize>();
        if size > TEXT_LIMIT && !kept.is_empty() {
            omitted += 1;
            continue;
        }
        kept.push(Issue { message, path });
    }
    (kept, omitted)
}

/// Parses a path of names and list indices. Other steps are skipped.
fn read_path(path: Option<&RawValue>, masker: &Masker) -> Vec<String> {
    elements(path)
        .into_iter()
        .take(PATH_LIMIT)
        .filter_map(|step| {
            let position = || {
                serde_json::from_str::<Number>(step.get())
                    .ok()
                    .map(|number| number.to_string())
            };
            string(Some(step), masker).or_else(position)
        })
        .collect()
}

/// Describes a body that is not the API's.
fn describe(body: &[u8], masker: &Masker) -> Option<String> {
    let body = text::trimmed(body);
    if body.is_empty() {
        return None;
    }
    if text::is_page(body) {
        return Some(match text::page_title(body) {
            Some(title) => format!("an HTML page titled \"{}\"", masker.sanitize(&title)),
            None => format!("an HTML page of {} bytes", body.len()),
        });
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(DESCRIBED_LIMIT)]);
    // A secret that was cut in half might not be recognised, so the last word is removed.
    let end = if body.len() > DESCRIBED_LIMIT {
        text.rfind(char::is_whitespace).unwrap_or(0)
    } else {
        text.len()
    };
    let shown = masker.sanitize(&text[..end]);
    Some(if shown.is_empty() {
        format!("{} bytes that are not JSON", body.len())
    } else {
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Problem {
        Problem::read(body.as_bytes(), &Masker::new(&"s3cret".into()))
    }

    #[test]
    fn read_returns_code_message_and_issues() {
        let problem = read(
            r#"{ "message": "Bad", "code": "BAD_REQUEST", "data": { "httpStatus": 400 },
                 "issues": [ { "code": "too_big", "message": "Too big", "path": ["config", 3, "flock_size"] },
                             { "message": "minimum role org_admin is required" } ] }"#,
        );
        assert_eq!(problem.code.as_deref(), Some("BAD_REQUEST"));
        assert_eq!(problem.message.as_deref(), Some("Bad"));
        assert_eq!(
            problem.issues,
            [
                Issue {
                    message: "Too big".into(),
                    path: vec!["config".into(), "3".into(), "flock_size".into()],
                },
                Issue {
                    message: "minimum role org_admin is required".into(),
                    path: vec![]
                },
            ]
        );
    }

    #[test]
    fn read_ignores_members_of_a_wrong_type() {
        let problem = read(
            r#"{"message": "m", "code": 7, "issues": [1, {"path": []}, {"message": "i", "path": "x"}]}"#,
        );
        assert_eq!((problem.code, problem.message.as_deref()), (None, Some("m")));
        assert_eq!(
            problem.issues,
            [Issue {
                message: "i".into(),
                path: vec![]
            }]
        );
        assert_eq!(
            read(r#"{"message": "rate limited"}"#).message.as_deref(),
            Some("rate limited")
        );
    }

    #[test]
    fn read_describes_other_bodies() {
        for (body, expected) in [
            ("", None),
            (" \n ", None),
            ("Not Found", Some("Not Found")),
            (r#"{"error":"x"}"#, Some(r#"{"error":"x"}"#)),
            (r#""NOT_FOUND""#, Some(r#""NOT_FOUND""#)),
            (
                "<html>upstream unavailable</html>",
                Some("an HTML page of 33 bytes"),
            ),
            (
                "\u{feff}<!DOCTYPE html><html><head><TITLE lang=en> 502 Bad\nGateway </title></head>…",
                Some("an HTML page titled \"502 Bad Gateway\""),
            ),
            ("<title></title>", Some("an HTML page of 15 bytes")),
            ("<title>open", Some("an HTML page of 11 bytes")),
        ] {
            let problem = read(body);
            assert_eq!(problem.message.as_deref(), expected, "{body:?}");
            assert_eq!(problem.code, None, "{body:?}");
        }
        assert_eq!(
            Problem::read(b"\xff\xfeoops", &Masker::default())
                .message
                .as_deref(),
            Some("\u{fffd}\u{fffd}oops")
        );
    }

    #[test]
    fn read_limits_the_number_and_length_of_issues() {
        let issue = format!(r#"{{"message":"{}"}}"#, "x ".repeat(350));
        let problem = read(&format!(
            r#"{{"message":"m","issues":[{}]}}"#,
            vec![issue; 10].join(",")
        ));
        assert_eq!((problem.issues.len(), problem.omitted), (2, 8));
        let huge = read(&format!(
            r#"{{"message":"m","issues":[{{"message":"{}"}}]}}"#,
            "y ".repeat(4500)
        ));
        assert_eq!((huge.issues.len(), huge.omitted), (1, 0));
        assert!(huge.issues[0].message.len() <= TEXT_LIMIT);
    }
}
