//! JSON, one level at a time.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::super::CodecError;

/// A JSON value whose parts are still text.
///
/// Numbers keep every digit that way, no tree is built of parts that the type does not have, and the stack grows
/// only as deep as the type does. Of members of the same name, the last one counts.
///
/// `serde_json::Value` does not replace it: where it keeps every digit, it reads an object whose only member is
/// `$serde_json::private::Number` as a number.
pub(in super::super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    String(String),
    Array(Vec<&'a RawValue>),
    Object(BTreeMap<String, &'a RawValue>),
}

impl<'a> Node<'a> {
    /// Reads a whole text, of which all must be JSON.
    pub(in super::super) fn parse(text: &'a [u8]) -> Result<Self, CodecError> {
        serde_json::from_slice(text)
            .map_err(|error| invalid(&error))
            .and_then(Node::open)
    }

    /// Reads the outermost level of what has been scanned already.
    pub(in super::super) fn open(raw: &'a RawValue) -> Result<Self, CodecError> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'n') => Ok(Node::Null),
            Some(b't') => Ok(Node::Bool(true)),
            Some(b'f') => Ok(Node::Bool(false)),
            Some(b'"') => serde_json::from_str(text)
                .map(Node::String)
                .map_err(|error| invalid(&error)),
            Some(b'[') => serde_json::from_str(text)
                .map(Node::Array)
                .map_err(|error| invalid(&error)),
            Some(b'{') => serde_json::from_str(text)
                .map(Node::Object)
                .map_err(|error| invalid(&error)),
            _ => Ok(Node::Number(text)),
        }
    }
}

/// The parser's own message could repeat a part of the text, which may be secret.
fn invalid(error: &serde_json::Error) -> CodecError {
    CodecError::new(format!(
        "not valid JSON at line {}, column {}",
        error.line(),
        error.column()
    ))
}
