//! Values in tests: JSON with a marker for unknown values.

use motherduck_provider::framework::{Name, Type, Value};
use motherduck_provider::proto::tfplugin6::DynamicValue;
use serde_json::{Value as Json, json};

/// The only member of an object that stands for an unknown value.
const MARK: &str = "(known after apply)";

/// An unknown value without refinements.
pub(crate) fn unknown() -> Json {
    json!({ MARK: false })
}

/// An unknown value with the refinement that it will not be null.
pub(crate) fn refined() -> Json {
    json!({ MARK: true })
}

/// Returns the protocol's message for a value in msgpack.
pub(crate) fn dynamic_value(msgpack: Vec<u8>) -> DynamicValue {
    DynamicValue {
        msgpack,
        json: Vec::new(),
    }
}

/// Whether the JSON contains a value of [`refined`].
pub(super) fn is_refined(json: &Json) -> bool {
    match json {
        Json::Object(members) => members.get(MARK) == Some(&json!(true)) || members.values().any(is_refined),
        Json::Array(items) => items.iter().any(is_refined),
        _ => false,
    }
}

/// Returns the object with one changed attribute, for instance `read_write.instance_size`.
pub(crate) fn edited(object: &Json, path: &str, value: Json) -> Json {
    let mut object = object.clone();
    let target = path.split('.').fold(&mut object, |inner, name| &mut inner[name]);
    *target = value;
    object
}

/// Returns the object with the attributes of another one added or replaced.
pub(crate) fn merged(object: &Json, other: &Json) -> Json {
    let mut object = object.clone();
    for (name, value) in other.as_object().expect("an object") {
        object[name] = value.clone();
    }
    object
}

/// Converts JSON to a value of a type. Missing attributes are null; an attribute that the type lacks panics.
pub(super) fn to_value(json: &Json, ty: &Type) -> Value {
    match (json, ty) {
        (Json::Null, _) => Value::Null,
        (Json::Object(members), _) if members.contains_key(MARK) => Value::Unknown,
        (Json::Bool(value), Type::Bool) => Value::Bool(*value),
        (Json::Number(number), Type::Number) => {
            Value::Number(number.to_string().parse().expect("a JSON number"))
        }
        (Json::String(text), Type::String) => Value::string(text),
        (Json::Array(items), Type::List(of)) => Value::List(items.iter().map(|i| to_value(i, of)).collect()),
        (Json::Array(items), Type::Set(of)) => Value::Set(items.iter().map(|i| to_value(i, of)).collect()),
        (Json::Object(members), Type::Map(of)) => Value::Map(
            members
                .iter()
                .map(|(key, member)| (key.clone(), to_value(member, of)))
                .collect(),
        ),
        (Json::Object(members), Type::Object(attributes)) => {
            if let Some(odd) = members
                .keys()
                .find(|name| !attributes.contains_key(name.as_str()))
            {
                panic!("there is no attribute {odd:?}");
            }
            let attribute = |(name, of): (&Name, &Type)| {
                let value = members
                    .get(&**name)
                    .map_or(Value::Null, |member| to_value(member, of));
                (name.clone(), value)
            };
            Value::Object(attributes.iter().map(attribute).collect())
        }
        (json, ty) => panic!("{json} is no {ty:?}"),
    }
}

/// Converts a value to JSON. Every unknown value becomes [`unknown`], without refinements.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Unknown => unknown(),
        Value::Bool(value) => json!(value),
        Value::Number(number) => Json::Number(
            number
                .to_string()
                .parse()
                .expect("a number of a schema fits JSON"),
        ),
        Value::String(text) => json!(text),
        Value::List(items) | Value::Set(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Map(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), to_json(member)))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.to_string(), to_json(member)))
            .collect(),
    }
}
