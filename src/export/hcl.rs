//! Text in Terraform's language, formatted as by `terraform fmt`.

use std::fmt::{Display, Write as _};

use crate::framework::{Attribute, Kind, Members, Value};

/// Returns a text as a quoted string. Invisible and misleading characters are escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut hcl = String::from('"');
    let mut previous = None;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' => hcl.push_str("\\\""),
            '\\' => hcl.push_str("\\\\"),
            '\n' => hcl.push_str("\\n"),
            '\r' => hcl.push_str("\\r"),
            '\t' => hcl.push_str("\\t"),
            // A doubled sign before a brace is the escape for a single one. After another such sign it is ambiguous
            // which two belong together.
            '$' | '%' if letters.peek() == Some(&'{') => {
                if previous == Some(c) {
                    escape(&mut hcl, c);
                } else {
                    hcl.push(c);
                    hcl.push(c);
                }
            }
            c if is_deceptive(c) => escape(&mut hcl, c),
            c => hcl.push(c),
        }
        previous = Some(c);
    }
    hcl.push('"');
    hcl
}

fn escape(hcl: &mut String, c: char) {
    let code = u32::from(c);
    // Writing to a string cannot fail.
    let _ = if code > 0xffff {
        write!(hcl, "\\U{code:08x}")
    } else {
        write!(hcl, "\\u{code:04x}")
    };
}

/// Whether a character is invisible, moves the cursor, or changes the direction of writing.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || c.is_whitespace() && c != ' '
}

/// Returns a text as the rest of a comment, on one line.
pub(super) fn commented(text: &str) -> String {
    text.replace(is_deceptive, "\u{fffd}")
}

/// Returns the arguments to write, in the schema's order: those whose value differs from that of an unset
/// argument.
pub(super) fn arguments(attributes: &[Attribute], members: &Members) -> Vec<(&'static str, String)> {
    attributes
        .iter()
        .filter_map(|attribute| {
            let value = members.get(attribute.name)?;
            let is_default = attribute.default.as_ref() == Some(value);
            let nested = match &attribute.kind {
                Kind::Nested(_, attributes) => Some(attributes.as_slice()),
                Kind::Plain(_) => None,
            };
            (!value.is_null() && !is_default).then(|| (attribute.name, expression(value, nested)))
        })
        .collect()
}

/// Returns the expression of a known value. `nested` has the attributes of the objects in a nested attribute.
fn expression(value: &Value, nested: Option<&[Attribute]>) -> String {
    let inner = |value: &Value| expression(value, nested);
    match (value, nested) {
        (Value::Bool(value), _) => value.to_string(),
        (Value::Number(number), _) => number.to_string(),
        (Value::String(text), _) => quoted(text),
        (Value::List(items) | Value::Set(items), _) => {
            format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", "))
        }
        (Value::Map(members), _) => object(members.iter().map(|(key, value)| (quoted(key), inner(value)))),
        (Value::Object(members), Some(attributes)) => object(arguments(attributes, members)),
        (Value::Object(members), None) => {
            object(members.iter().map(|(name, value)| (quoted(name), inner(value))))
        }
        (Value::Null | Value::Unknown, _) => "null".to_owned(),
    }
}

fn object(members: impl IntoIterator<Item = (impl Display, String)>) -> String {
    let members: Vec<String> = members
        .into_iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    if members.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", members.join(", "))
    }
}

/// Returns a block of arguments, each with an expression of one line.
pub(super) fn block(head: &str, arguments: &[(&str, String)]) -> String {
    let width = arguments.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{head} {{\n");
    for (name, value) in arguments {
        let _ = writeln!(text, "  {name:width$} = {value}");
    }
    text.push_str("}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::{Nesting, Number};

    #[test]
    fn quoted_escapes_templates_and_control_characters() {
        let cases = [
            ("plain größe 🦆", r#""plain größe 🦆""#),
            ("a \"b\" \\ c", r#""a \"b\" \\ c""#),
            ("two\nlines\r\n\tend", r#""two\nlines\r\n\tend""#),
            ("${a} %{b} $c %d $", r#""$${a} %%{b} $c %d $""#),
            ("$${a} %%{b} $%{c}", r#""$\u0024{a} %\u0025{b} $%%{c}""#),
            ("\u{0}\u{1b}\u{7f}", r#""\u0000\u001b\u007f""#),
            ("a\u{202e}b\u{feff}\u{a0}", r#""a\u202eb\ufeff\u00a0""#),
            ("\u{e0041}", r#""\U000e0041""#),
            ("", r#""""#),
        ];
        for (text, hcl) in cases {
            assert_eq!(quoted(text), hcl, "{text:?}");
        }
    }

    #[test]
    fn commented_replaces_line_breaks() {
        assert_eq!(commented("a\nresource \u{2028}"), "a\u{fffd}resource \u{fffd}");
    }

    #[test]
    fn arguments_omits_defaults_and_uses_schema_order() {
        let attributes = [
            Attribute::new::<String>("name").required(),
            Attribute::new::<bool>("kept").default(Value::Bool(true)),
            Attribute::with_kind(
                "pool",
                Kind::Nested(
                    Nesting::Single,
                    vec![
                        Attribute::new::<String>("size").required(),
                        Attribute::new::<i64>("flock").required(),
                        Attribute::new::<i64>("cooldown"),
                    ],
                ),
            ),
            Attribute::new::<i64>("ttl"),
        ];
        let number = |n: i64| Value::Number(Number::from(n));
        let pool = [
            ("size", Value::string("mega")),
            ("flock", number(4)),
            ("cooldown", Value::Null),
        ];
        let members = Members::from([
            ("ttl", number(300)),
            ("name", Value::string("a")),
            ("kept", Value::Bool(true)),
            ("pool", Value::Object(pool.into())),
        ]);
        let written = arguments(&attributes, &members);
        assert_eq!(
            block("resource \"x\" \"y\"", &written),
            "resource \"x\" \"y\" {\n  name = \"a\"\n  pool = { size = \"mega\", flock = 4 }\n  ttl  = 300\n}\n"
        );
    }
}
