//! Parses JSON one level at a time.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::super::ValueError;

/// A JSON value whose parts are still text.
///
/// This keeps every digit of numbers, builds no tree of parts that the type lacks, and uses a stack only as
/// deep as the type. Of several members with the same name the last one is used.
///
/// `serde_json::Value` does not replace it: with all digits kept, it parses an object whose only member is
/// `$serde_json::private::Number` as a number.
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(String),
    Array(Vec<&'a RawValue>),
    Object(BTreeMap<String, &'a RawValue>),
}

impl<'a> Node<'a> {
    /// Parses a whole text as JSON.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, ValueError> {
        serde_json::from_slice(text)
            .map_err(|error| invalid(&error))
            .and_then(Node::open)
    }

    /// Parses the outermost level of a scanned text.
    pub(super) fn open(raw: &'a RawValue) -> Result<Self, ValueError> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'n') => Ok(Node::Null),
            Some(b't') => Ok(Node::Bool(true)),
            Some(b'f') => Ok(Node::Bool(false)),
            Some(b'"') => serde_json::from_str(text).map(Node::String),
            Some(b'[') => serde_json::from_str(text).map(Node::Array),
            Some(b'{') => serde_json::from_str(text).map(Node::Object),
            _ => Ok(Node::Number(text)),
        }
        .map_err(|error| invalid(&error))
    }
}

/// Returns an error without the parser's own message, which could repeat a part of the text that may be
/// secret.
fn invalid(error: &serde_json::Error) -> ValueError {
    ValueError::new(format!(
        "not valid JSON at line {}, column {}",
        error.line(),
        error.column()
    ))
}
