//! Recognizes secrets that are not known, by the preceding name or by their shape.

use super::{REPLACEMENT, is_secret_name};

/// The length from which a run of base64url or hexadecimal characters counts as a secret. A UUID has 36.
const LONGEST_READABLE: usize = 39;

/// The length from which the beginning of a JWT is recognised without its other parts.
const SHORTEST_JWT_PART: usize = 10;

/// The length from which a word after `Bearer` counts as a token.
const SHORTEST_BEARER: usize = 16;

/// The maximum length of a searched name.
const NAME_LIMIT: usize = 64;

/// Returns the text with stars for the values of members and parameters with names of secrets: `"token": "…"`
/// at any depth of escaping, `token=…`, and `Bearer …`.
pub(super) fn mask_named_values(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = '\0';
    while let Some(c) = rest.chars().next() {
        let value = match c {
            '"' | '\'' => quoted_value(text, text.len() - rest.len()),
            c if is_name(c) && !is_name(before) => parameter_value(rest),
            _ => None,
        };
        if let Some((start, end)) = value {
            masked += &rest[..start];
            masked += REPLACEMENT;
            rest = &rest[end..];
            before = '\0';
        } else {
            masked.push(c);
            rest = &rest[c.len_utf8()..];
            before = c;
        }
    }
    masked
}

/// Returns the range of a quoted member's value, relative to `start`, where the member begins. The quotes of
/// JSON within JSON have backslashes before them.
fn quoted_value(text: &str, start: usize) -> Option<(usize, usize)> {
    let quote = text[start..].chars().next()?;
    let depth = text[..start].len() - text[..start].trim_end_matches('\\').len();
    let delimiter = format!("{}{quote}", "\\".repeat(depth));
    let rest = &text[start..];
    let name_length = rest[1..]
        .chars()
        .take_while(|c| is_name(*c))
        .take(NAME_LIMIT)
        .count();
    // The characters of names are ASCII.
    let (name, after) = rest[1..].split_at(name_length);
    let after = after.strip_prefix(&delimiter)?.trim_start().strip_prefix(':')?;
    let value = after.trim_start().strip_prefix(&delimiter)?;
    if !is_secret_name(name) {
        return None;
    }
    let begin = rest.len() - value.len();
    let end = end_of_quoted_value(value, quote, depth).unwrap_or(value.len());
    (end > 0).then_some((begin, begin + end))
}

/// Returns where a quoted value ends: at the first quote that has no more backslashes before it than its
/// opening one.
fn end_of_quoted_value(value: &str, quote: char, depth: usize) -> Option<usize> {
    value
        .char_indices()
        .filter(|(_, c)| *c == quote)
        .map(|(at, _)| {
            let before = value[..at].trim_end_matches('\\');
            (before.len(), at - before.len())
        })
        .find(|(_, backslashes)| *backslashes <= depth)
        .map(|(end, _)| end)
}

/// Returns the range of the value after `name=`, or of the token after `Bearer`, relative to the beginning of
/// the name.
fn parameter_value(rest: &str) -> Option<(usize, usize)> {
    let length = rest.chars().take_while(|c| is_name(*c)).take(NAME_LIMIT).count();
    let (name, after) = rest.split_at(length);
    let (value, shortest) = if name.eq_ignore_ascii_case("bearer") {
        (after.strip_prefix(' ')?, SHORTEST_BEARER)
    } else if is_secret_name(name) {
        (after.strip_prefix('=')?, 1)
    } else {
        return None;
    };
    let end = value
        .find(|c: char| c.is_whitespace() || matches!(c, '&' | '"' | '\'' | ';' | ',' | '<' | '>' | '\\'))
        .unwrap_or(value.len());
    let begin = rest.len() - value.len();
    (end >= shortest).then_some((begin, begin + end))
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// Returns the text with stars for JWTs and for long runs of base64url or hexadecimal characters, unless they
/// are part of one of the request's public texts.
pub(super) fn mask_by_shape(text: &str, public_texts: &[String]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if length == 0 {
            let other = rest.find(is_name).unwrap_or(rest.len());
            masked += &rest[..other];
            rest = &rest[other..];
            continue;
        }
        let run = &rest[..length];
        let is_public = || public_texts.iter().any(|text| text.contains(run));
        let (start, end) = match jwt(rest, run) {
            Some(found) if !is_public() => found,
            None if length > LONGEST_READABLE && !is_public() => (0, length),
            _ => (length, length),
        };
        masked += &rest[..start];
        if end > start {
            masked += REPLACEMENT;
        }
        rest = &rest[end..];
    }
    masked
}

/// Returns the range of a JWT that begins in the first run of `rest`. Its first part is JSON and therefore
/// begins with `eyJ`.
fn jwt(rest: &str, run: &str) -> Option<(usize, usize)> {
    let start = run.find("eyJ")?;
    let mut end = run.len();
    let mut parts = 1;
    while let Some(after) = rest[end..].strip_prefix('.') {
        let length = after.find(|c| !is_name(c)).unwrap_or(after.len());
        if length == 0 {
            break;
        }
        end += 1 + length;
        parts += 1;
    }
    let first = run.len() - start;
    // Words such as `keyJar` contain these letters too, but not at their beginning.
    let found = if start == 0 {
        parts >= 3 || first >= SHORTEST_JWT_PART
    } else {
        parts >= 3 && first >= SHORTEST_JWT_PART
    };
    found.then_some((start, end))
}
