//! The section of a schema: its attributes, grouped by who sets them, and then the nested attributes.

use std::fmt::Write as _;

use motherduck_provider::framework::Type;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::schema::Attribute;
use proto::schema::object::NestingMode;

use super::type_json::parse_type;

const WRITE_ONLY: &str = "[Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)";

/// Returns the name of a type in a list of attributes, such as `Map of String`.
pub(crate) fn type_name(of: &[u8]) -> String {
    fn plain(of: &Type) -> String {
        match of {
            Type::Bool => "Boolean".into(),
            Type::Number => "Number".into(),
            Type::String => "String".into(),
            Type::List(of) => format!("List of {}", plain(of)),
            Type::Set(of) => format!("Set of {}", plain(of)),
            Type::Map(of) => format!("Map of {}", plain(of)),
            Type::Object(_) => "Object".into(),
        }
    }
    plain(&parse_type(of).expect("a type"))
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

/// Returns the text in brackets after the name of an attribute.
fn marks(attribute: &Attribute) -> String {
    let mut marks = vec![kind(attribute)];
    for (mark, holds) in [
        ("Sensitive", attribute.sensitive),
        ("Deprecated", attribute.deprecated),
        (WRITE_ONLY, attribute.write_only),
    ] {
        if holds {
            marks.push(mark.into());
        }
    }
    marks.join(", ")
}

fn line(attribute: &Attribute, parents: &[&str]) -> String {
    let name = &attribute.name;
    let mut line = format!("- `{name}` ({}) {}", marks(attribute), attribute.description);
    if attribute.nested_type.is_some() {
        let anchor = anchor(parents, name);
        write!(line, " (see [below for nested schema](#{anchor}))").unwrap();
    }
    line
}

fn anchor(parents: &[&str], name: &str) -> String {
    let path: Vec<&str> = parents.iter().copied().chain([name]).collect();
    format!("nestedatt--{}", path.join("--"))
}

/// Returns the heading of the group: required, optional or read-only.
fn group_of(attribute: &Attribute) -> &'static str {
    match attribute {
        Attribute { required: true, .. } => "Required",
        Attribute { optional: true, .. } => "Optional",
        _ => "Read-Only",
    }
}

/// Lists the attributes in three groups, each in alphabetical order, and then the nested ones in the order of
/// their parents.
fn list(attributes: &[Attribute], parents: &[&str]) -> String {
    let mut text = String::new();
    let mut with_nested = Vec::new();
    for group in ["Required", "Optional", "Read-Only"] {
        let mut members: Vec<&Attribute> = attributes
            .iter()
            .filter(|attribute| group_of(attribute) == group)
            .collect();
        members.sort_by(|one, other| one.name.cmp(&other.name));
        if members.is_empty() {
            continue;
        }
        let heading = if parents.is_empty() {
            format!("### {group}")
        } else {
            format!("{group}:")
        };
        let lines: Vec<String> = members.iter().map(|attribute| line(attribute, parents)).collect();
        write!(text, "{heading}\n\n{}\n\n", lines.join("\n")).unwrap();
        with_nested.extend(members.into_iter().filter(|member| member.nested_type.is_some()));
    }
    for attribute in with_nested {
        let anchor = anchor(parents, &attribute.name);
        let path: Vec<&str> = parents.iter().copied().chain([&*attribute.name]).collect();
        let nested = attribute.nested_type.as_ref().expect("filtered above");
        write!(
            text,
            "<a id=\"{anchor}\"></a>\n### Nested Schema for `{}`\n\n{}\n",
            path.join("."),
            list(&nested.attributes, &path)
        )
        .unwrap();
    }
    text
}

/// Returns the section of a schema, with this comment before it.
pub(crate) fn section(comment: &str, attributes: &[Attribute]) -> String {
    let text = format!("<!-- {comment} -->\n## Schema\n\n{}", list(attributes, &[]));
    text.trim_end().to_owned()
}

/// Returns the section of an identity.
pub(crate) fn identity_section(comment: &str, identity: &proto::ResourceIdentitySchema) -> String {
    let mut text = format!("<!-- {comment} -->\n### Identity Schema\n\n");
    for (heading, required) in [("Required", true), ("Optional", false)] {
        let mut members: Vec<_> = identity
            .identity_attributes
            .iter()
            .filter(|attribute| attribute.required_for_import == required)
            .collect();
        members.sort_by(|one, other| one.name.cmp(&other.name));
        if members.is_empty() {
            continue;
        }
        write!(text, "#### {heading}\n\n").unwrap();
        for attribute in members {
            let of = type_name(&attribute.r#type);
            writeln!(text, "- `{}` ({of}) {}", attribute.name, attribute.description).unwrap();
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}
