//! What an error body says, in whichever form it comes.

use serde_json::Value;

use super::{mask::Masker, text::TEXT_LIMIT};

/// One complaint of the API about a request, as in the `issues` of an error body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The kind of the complaint, such as `too_small`; an open set.
    pub code: Option<String>,
    /// The complaint for people.
    pub message: String,
    /// Where in the request's body, outermost first; a list position is a number's text.
    pub path: Vec<String>,
}

/// An error body, read as far as it can be and fit to print.
#[derive(Debug, Default)]
pub(super) struct Problem {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) issues: Vec<Issue>,
    /// How many issues there were beyond those kept.
    pub(super) omitted: usize,
}

impl Problem {
    /// Reads a body. What is not the API's JSON becomes the message: text as it is, a page only by its title.
    pub(super) fn read(body: &[u8], masker: &Masker) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(members)) if members.contains_key("message") || members.contains_key("code") => {
                let string = |name: &str| members.get(name)?.as_str().map(|text| masker.foreign(text));
                let (issues, omitted) = read_issues(members.get("issues"), masker);
                Problem {
                    code: string("code"),
                    message: string("message"),
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
}

/// Reads the issues that have a message, as many as fit the limit for text; the first one always does.
fn read_issues(issues: Option<&Value>, masker: &Masker) -> (Vec<Issue>, usize) {
    let mut all: Vec<Issue> = issues
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|issue| {
            Some(Issue {
                code: issue
                    .get("code")
                    .and_then(Value::as_str)
                    .map(|code| masker.foreign(code)),
                message: masker.foreign(issue.get("message")?.as_str()?),
                path: read_path(issue.get("path"), masker),
            })
        })
        .collect();
    let mut size = 0;
    let fitting = all
        .iter()
        .take_while(|issue| {
            size += issue.message.len() + issue.path.iter().map(String::len).sum::<usize>();
            size <= TEXT_LIMIT
        })
        .count()
        .max(1);
    let omitted = all.len().saturating_sub(fitting);
    all.truncate(fitting);
    (all, omitted)
}

/// Reads a path of names and list positions; anything else in it is left out.
fn read_path(path: Option<&Value>, masker: &Masker) -> Vec<String> {
    let steps = path.and_then(Value::as_array).into_iter().flatten();
    steps
        .filter_map(|step| match step {
            Value::String(name) => Some(masker.foreign(name)),
            Value::Number(position) => Some(position.to_string()),
            _ => None,
        })
        .collect()
}

/// A body that is not the API's, in a few words.
fn describe(body: &[u8], masker: &Masker) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return None;
    }
    if !text.starts_with('<') {
        return Some(masker.foreign(text));
    }
    Some(match page_title(text) {
        Some(title) => format!("an HTML page titled \"{}\"", masker.foreign(title)),
        None => format!("an HTML page of {} bytes", body.len()),
    })
}

/// What stands between the first `<title …>` and `</title>`.
fn page_title(page: &str) -> Option<&str> {
    // ASCII only, so that positions stay the same.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    Some(page[start..end].trim()).filter(|title| !title.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Problem {
        Problem::read(body.as_bytes(), &Masker::new(&"s3cret".into()))
    }

    #[test]
    fn reads_the_documented_shape() {
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
                    code: Some("too_big".into()),
                    message: "Too big".into(),
                    path: vec!["config".into(), "3".into(), "flock_size".into()],
                },
                Issue {
                    code: None,
                    message: "minimum role org_admin is required".into(),
                    path: vec![]
                },
            ]
        );
    }

    #[test]
    fn survives_members_of_the_wrong_type() {
        let problem = read(
            r#"{"message": "m", "code": 7, "issues": [1, {"path": []}, {"message": "i", "path": "x"}]}"#,
        );
        assert_eq!((problem.code, problem.message.as_deref()), (None, Some("m")));
        assert_eq!(
            problem.issues,
            [Issue {
                code: None,
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
    fn other_bodies_are_described() {
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
    fn secrets_are_masked_wherever_they_are_echoed() {
        for body in [
            "bad s3cret",
            r#"{"error":"s3cret"}"#,
            "<title>s3cret</title>",
            r#"{"message":"s3cret","code":"s3cret","issues":[{"code":"s3cret","message":"s3cret","path":["s3cret"]}]}"#,
        ] {
            let shown = format!("{:?}", read(body));
            assert!(!shown.contains("s3cret") && shown.contains("***"), "{shown}");
        }
    }

    #[test]
    fn a_flood_of_issues_is_cut() {
        let issue = format!(r#"{{"message":"{}"}}"#, "x".repeat(700));
        let problem = read(&format!(
            r#"{{"message":"m","issues":[{}]}}"#,
            vec![issue; 10].join(",")
        ));
        assert_eq!((problem.issues.len(), problem.omitted), (2, 8));
        let huge = read(&format!(
            r#"{{"message":"m","issues":[{{"message":"{}"}}]}}"#,
            "y".repeat(9000)
        ));
        assert_eq!((huge.issues.len(), huge.omitted), (1, 0));
        assert!(huge.issues[0].message.len() <= TEXT_LIMIT);
    }
}
