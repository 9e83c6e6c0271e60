//! Parses JSON bodies, and describes why one cannot be parsed, because the parser's own errors quote their
//! input.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::text;

/// The error for numbers, used by deserializers in the parent module.
pub(super) const NOT_A_WHOLE_NUMBER: &str = "not a whole number from 0 to 4294967295";

/// Why a body is not what the API documents. The text is the end of a sentence. Of the body it contains only
/// names of members and the title of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    Empty,
    /// A page of HTML or XML, with this title.
    Page(Option<String>),
    NotJson,
    Incomplete,
    Mismatch(String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Empty => f.write_str("its body is empty"),
            Unreadable::Page(title) => {
                f.write_str("its body is an HTML page")?;
                if let Some(title) = title {
                    write!(f, " titled \"{title}\"")?;
                }
                f.write_str(", perhaps a sign-in page, and not JSON")
            }
            Unreadable::NotJson => f.write_str("its body is not JSON"),
            Unreadable::Incomplete => f.write_str("its body ends in the middle of its JSON"),
            Unreadable::Mismatch(what) => write!(f, "its body is not what the API documents: {what}"),
        }
    }
}

/// Parses a body. A byte order mark before it is ignored.
pub(super) fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, Unreadable> {
    let json = text::trimmed(body);
    let error = match serde_json::from_slice(json) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    Err(if json.is_empty() {
        Unreadable::Empty
    } else if text::is_page(json) {
        Unreadable::Page(text::page_title(json))
    } else {
        match error.classify() {
            Category::Eof => Unreadable::Incomplete,
            Category::Syntax | Category::Io => Unreadable::NotJson,
            Category::Data => Unreadable::Mismatch(describe_mismatch::<T>(json)),
        }
    })
}

/// Describes what is wrong with well-formed JSON. It is parsed again to find the position.
fn describe_mismatch<'de, T: Deserialize<'de>>(json: &'de [u8]) -> String {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut reader) else {
        return "it cannot be read".to_owned();
    };
    let path = error.path().to_string();
    let place = match path.as_str() {
        "." => "it".to_owned(),
        path => format!("`{path}`"),
    };
    let message = error.inner().to_string();
    match missing_member(&message) {
        Some(name) => format!("{place} has no `{name}`"),
        None => format!("{place} is {}", expected_type(&message)),
    }
}

/// Returns the name in a message about a missing member. It is one of the deserializer's own names.
fn missing_member(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// Returns the expected type of a value. The end of the message is the deserializer's own text; the text
/// before it can quote the body.
fn expected_type(message: &str) -> String {
    if message.starts_with(NOT_A_WHOLE_NUMBER) {
        return NOT_A_WHOLE_NUMBER.to_owned();
    }
    let end = message
        .rsplit_once(", expected ")
        .map(|(_, end)| end.split(" at line ").next().unwrap_or(end));
    match end {
        Some("a string") => "not a string",
        Some("a boolean") => "not true or false",
        Some("a sequence") => "not a list",
        Some("a map") => "not an object",
        Some(end) if end.starts_with("struct ") => "not an object",
        Some("a JSON number") => "not a number",
        _ => "not of the type that the API documents",
    }
    .to_owned()
}

/// Returns the text of a member that is a string.
pub(super) fn string(member: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(member?.get()).ok()
}

/// Any JSON object, whose content is ignored.
pub(super) struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut members: A) -> Result<Object, A::Error> {
                while members.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
                Ok(Object)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Parses a list of at most `LIMIT` elements, so that short elements cannot take many times the memory of the
/// body.
pub(super) fn limited_list<'de, D, T, const LIMIT: usize>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Visitor<T, const LIMIT: usize>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>, const LIMIT: usize> de::Visitor<'de> for Visitor<T, LIMIT> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = elements.next_element()? {
                if list.len() == LIMIT {
                    return Err(de::Error::custom("too long"));
                }
                list.push(element);
            }
            Ok(list)
        }

        fn visit_unit<E: de::Error>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_none<E: de::Error>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
            deserializer.deserialize_seq(self)
        }
    }
    deserializer.deserialize_option(Visitor::<T, LIMIT>(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only whether it can be read matters")]
    struct Page {
        users: Vec<User>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only whether it can be read matters")]
    struct User {
        id: String,
        active: bool,
        #[serde(default, deserialize_with = "limited_list::<_, _, 3>")]
        roles: Vec<String>,
    }

    #[test]
    fn read_error_names_the_field_without_quoting_the_body() {
        let user = r#"{"id":"1","active":true}"#;
        for (body, expected) in [
            (String::new(), "its body is empty"),
            (" \n".to_owned(), "its body is empty"),
            ("hello".to_owned(), "its body is not JSON"),
            ("{\"users\":[nonsense".to_owned(), "its body is not JSON"),
            (
                "{\"users\":[".to_owned(),
                "its body ends in the middle of its JSON",
            ),
            (
                "\u{feff}<html>".to_owned(),
                "its body is an HTML page, perhaps a sign-in page, and not JSON",
            ),
            (
                "<title>Sign in</title>".to_owned(),
                "its body is an HTML page titled \"Sign in\", perhaps a sign-in page, and not JSON",
            ),
            (
                "{}".to_owned(),
                "its body is not what the API documents: it has no `users`",
            ),
            (
                "[]".to_owned(),
                "its body is not what the API documents: it is not an object",
            ),
            (
                "\"secret, expected a string\"".to_owned(),
                "its body is not what the API documents: it is not an object",
            ),
            (
                r#"{"users":"secret"}"#.to_owned(),
                "its body is not what the API documents: `users` is not a list",
            ),
            (
                format!(r#"{{"users":[{user},{{"id":"2"}}]}}"#),
                "its body is not what the API documents: `users[1]` has no `active`",
            ),
            (
                r#"{"users":[{"id":"1","active":"secret, expected a string"}]}"#.to_owned(),
                "its body is not what the API documents: `users[0].active` is not true or false",
            ),
            (
                r#"{"users":[{"id":{"secret":1},"active":true}]}"#.to_owned(),
                "its body is not what the API documents: `users[0].id` is not a string",
            ),
            (
                r#"{"users":[{"id":"1","active":true,"roles":["","","",""]}]}"#.to_owned(),
                "its body is not what the API documents: `users[0].roles` is not of the type that the API documents",
            ),
        ] {
            let error = read::<Page>(body.as_bytes()).unwrap_err().to_string();
            assert_eq!(error, expected, "{body}");
        }
    }

    #[test]
    fn read_ignores_a_byte_order_mark_and_unknown_members() {
        let body =
            "\u{feff} {\"users\":[{\"id\":\"1\",\"active\":true,\"roles\":null,\"new\":{\"x\":1e400}}]}\n";
        assert!(read::<Page>(body.as_bytes()).unwrap().users[0].roles.is_empty());
    }

    #[test]
    fn object_reads_any_json_object_and_nothing_else() {
        assert!(read::<Object>(br#"{"a":[{"b":1}],"c":null}"#).is_ok());
        for body in ["[]", "1", "null", "\"x\"", "{\"a\":}"] {
            assert!(read::<Object>(body.as_bytes()).is_err(), "{body}");
        }
    }
}
