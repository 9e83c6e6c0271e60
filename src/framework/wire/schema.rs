//! Converts schemas to protocol messages.

use super::super::schema::{Attribute, Kind, Nesting, Presence, Schema};
use crate::proto::tfplugin6 as proto;
use proto::StringKind;
use proto::schema::object::NestingMode;

pub(in super::super) fn schema(schema: &Schema) -> proto::Schema {
    proto::Schema {
        version: schema.version,
        block: Some(proto::schema::Block {
            attributes: schema.attributes.iter().map(attribute).collect(),
            description: markdown(schema.description),
            description_kind: StringKind::Markdown.into(),
            ..Default::default()
        }),
    }
}

/// A description with one line for each paragraph, as the registry's documentation needs it.
pub(super) fn markdown(description: &str) -> String {
    let paragraphs = description.split("\n\n").map(|paragraph| {
        let lines = paragraph.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join(" ")
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let (plain, nested) = match &attribute.kind {
        Kind::Plain(ty) => (ty.to_json().into_bytes(), None),
        Kind::Nested(nesting, attributes) => (Vec::new(), Some(object(*nesting, attributes))),
    };
    proto::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: plain,
        nested_type: nested,
        description: markdown(attribute.description),
        description_kind: StringKind::Markdown.into(),
        required: attribute.presence == Presence::Required,
        optional: matches!(
            attribute.presence,
            Presence::Optional | Presence::OptionalComputed
        ),
        computed: attribute.presence.is_computed(),
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
        ..Default::default()
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..Default::default()
    }
}
