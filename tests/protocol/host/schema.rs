//! The provider's schemas as core reads them.

use motherduck_provider::framework::{Type, Value, msgpack};
use motherduck_provider::proto::tfplugin6 as proto;
use proto::schema::object::NestingMode;
use serde_json::Value as Json;

use super::value::{is_refined, to_json, to_value};
use crate::support::type_json::parse_type;

/// The attributes of an object and its type.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) object_type: Type,
}

/// An attribute of a schema.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) optional: bool,
    pub(crate) computed: bool,
    /// The attributes of a nested object, or of a list of objects.
    pub(crate) nested: Option<Block>,
}

impl Block {
    pub(super) fn of_schema(schema: &proto::Schema) -> Self {
        let block = schema
            .block
            .as_ref()
            .expect("a schema without a block crashes core");
        assert!(
            block.block_types.is_empty(),
            "nested attributes are used, not blocks"
        );
        Block::of(&block.attributes)
    }

    fn of(attributes: &[proto::schema::Attribute]) -> Self {
        let attributes: Vec<(Attribute, Type)> = attributes.iter().map(read).collect();
        let types = attributes
            .iter()
            .map(|(attribute, of)| (attribute.name.clone(), of.clone()));
        let object_type = Type::object(types);
        let attributes = attributes.into_iter().map(|(attribute, _)| attribute).collect();
        Block {
            attributes,
            object_type,
        }
    }

    pub(super) fn value(&self, json: &Json) -> Value {
        to_value(json, &self.object_type)
    }

    pub(crate) fn encode(&self, json: &Json) -> proto::DynamicValue {
        encode_json(json, &self.object_type)
    }

    /// Decodes a value of a response. Core reads a missing value as null, which this provider never intends.
    pub(crate) fn decode(&self, response: Option<&proto::DynamicValue>) -> Value {
        let response = response.expect("core reads a missing value as null, and removes the object");
        assert!(response.json.is_empty(), "responses are msgpack");
        msgpack::decode(&response.msgpack, &self.object_type).expect("a value of the schema's type")
    }

    pub(crate) fn decode_json(&self, response: Option<&proto::DynamicValue>) -> Json {
        to_json(&self.decode(response))
    }

    /// Returns the paths of all attributes that a configuration may set, nested ones included.
    pub(crate) fn configurable(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for attribute in self
            .attributes
            .iter()
            .filter(|attribute| attribute.required || attribute.optional)
        {
            paths.push(attribute.name.clone());
            let inner = attribute.nested.iter().flat_map(Block::configurable);
            paths.extend(inner.map(|path| format!("{}.{path}", attribute.name)));
        }
        paths
    }
}

fn read(attribute: &proto::schema::Attribute) -> (Attribute, Type) {
    let (nested, of) = match &attribute.nested_type {
        Some(nested) => {
            assert!(
                attribute.r#type.is_empty(),
                "Type and NestedType cannot both be set"
            );
            let block = Block::of(&nested.attributes);
            let object = block.object_type.clone();
            let of = match nested.nesting() {
                NestingMode::Single => object,
                NestingMode::List => Type::list(object),
                other => panic!("{}: nothing here is nested as {other:?}", attribute.name),
            };
            (Some(block), of)
        }
        None => (
            None,
            parse_type(&attribute.r#type).expect("the type of an attribute"),
        ),
    };
    let read = Attribute {
        name: attribute.name.clone(),
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        nested,
    };
    (read, of)
}

/// Encodes JSON. If it contains a value of `refined`, all its unknown values get that refinement.
pub(super) fn encode_json(json: &Json, of: &Type) -> proto::DynamicValue {
    const UNKNOWN: &[u8] = b"\xd4\x00\x00";
    /// A msgpack extension of code 12 with a map; key 1 says that the value will not be null.
    const NOT_NULL: &[u8] = b"\xc7\x03\x0c\x81\x01\xc2";
    let mut encoded = encode(&to_value(json, of), of);
    if is_refined(json) {
        let mut at = 0;
        while let Some(found) = encoded.msgpack[at..]
            .windows(3)
            .position(|bytes| bytes == UNKNOWN)
        {
            at += found;
            encoded
                .msgpack
                .splice(at..at + UNKNOWN.len(), NOT_NULL.iter().copied());
            at += NOT_NULL.len();
        }
    }
    encoded
}

pub(super) fn encode(value: &Value, of: &Type) -> proto::DynamicValue {
    proto::DynamicValue {
        msgpack: msgpack::encode(value, of).expect("a value of this type"),
        json: Vec::new(),
    }
}
