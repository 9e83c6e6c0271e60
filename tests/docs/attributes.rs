//! Lists of attributes, in the registry's way of writing them.

use std::fmt::Write as _;

use motherduck_provider::framework::Type;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::schema::Attribute;
use proto::schema::object::NestingMode;

/// The name of a type.
pub(crate) fn type_name(of: &[u8]) -> String {
    fn plain(of: &Type) -> String {
        match of {
            Type::Bool => "Boolean".into(),
            Type::Number => "Number".into(),
            Type::String => "String".into(),
            Type::Dynamic => "Dynamic".into(),
            Type::List(of) => format!("List of {}", plain(of)),
            Type::Set(of) => format!("Set of {}", plain(of)),
            Type::Map(of) => format!("Map of {}", plain(of)),
            Type::Tuple(_) => "Tuple".into(),
            Type::Object(_) => "Object".into(),
        }
    }
    plain(&Type::parse(of).expect("a type"))
}

fn kind(attribute: &Attribute) -> String {
    let Some(nested) = &attribute.nested_type else {
        return type_name(&attribute.r#type);
    };
    let kind = match nested.nesting() {
        NestingMode::Invalid => panic!("{}: invalid nesting mode", attribute.name),
        NestingMode::Single => "Attributes",
        NestingMode::List => "Attributes List",
        NestingMode::Set => "Attributes Set",
        NestingMode::Map => "Attributes Map",
    };
    kind.into()
}

/// What is said of an attribute in brackets.
fn marks(attribute: &Attribute) -> String {
    let mut marks = vec![kind(attribute)];
    for (mark, holds) in [
        ("Sensitive", attribute.sensitive),
        ("Write-only", attribute.write_only),
        ("Deprecated", attribute.deprecated),
    ] {
        if holds {
            marks.push(mark.into());
        }
    }
    marks.join(", ")
}

fn line(attribute: &Attribute, prefix: &str) -> String {
    let name = &attribute.name;
    let mut line = format!("- `{name}` ({}) {}", marks(attribute), attribute.description);
    if attribute.deprecated {
        write!(line, " **Deprecated:** {}", attribute.deprecation_message).unwrap();
    }
    if attribute.nested_type.is_some() {
        let anchor = anchor(prefix, name);
        write!(line, " (see [below for nested schema](#{anchor}))").unwrap();
    }
    line
}

fn anchor(prefix: &str, name: &str) -> String {
    format!("nestedatt--{prefix}{name}").replace('.', "--")
}

/// Who sets an attribute.
fn group_of(attribute: &Attribute) -> &'static str {
    match attribute {
        Attribute { required: true, .. } => "Required",
        Attribute { optional: true, .. } => "Optional",
        _ => "Read-Only",
    }
}

/// The attributes by who sets them, each group in the order of the alphabet, and then those inside them.
/// `prefix` is the path to them, with a dot at its end; `heading` makes a group's heading of its name.
pub(crate) fn list(attributes: &[Attribute], prefix: &str, heading: fn(&str) -> String) -> String {
    let mut text = String::new();
    for group in ["Required", "Optional", "Read-Only"] {
        let mut lines: Vec<String> = attributes
            .iter()
            .filter(|attribute| group_of(attribute) == group)
            .map(|attribute| line(attribute, prefix))
            .collect();
        lines.sort();
        if !lines.is_empty() {
            write!(text, "\n{}\n\n{}\n", heading(group), lines.join("\n")).unwrap();
        }
    }
    for attribute in attributes {
        if let Some(nested) = &attribute.nested_type {
            let path = format!("{prefix}{}", attribute.name);
            let anchor = anchor(prefix, &attribute.name);
            write!(
                text,
                "\n<a id=\"{anchor}\"></a>\n### Nested Schema for `{path}`\n"
            )
            .unwrap();
            text += &list(&nested.attributes, &format!("{path}."), |group| {
                format!("{group}:")
            });
        }
    }
    text
}
