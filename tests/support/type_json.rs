//! Parses the types in schemas.

use motherduck_provider::framework::Type;
use serde_json::Value as Json;

/// Returns the type with this JSON, such as `["list","string"]`, if it is the JSON of a type.
pub(crate) fn parse_type(json: &[u8]) -> Option<Type> {
    read(&serde_json::from_slice(json).ok()?)
}

fn read(json: &Json) -> Option<Type> {
    if let Some(name) = json.as_str() {
        return match name {
            "bool" => Some(Type::Bool),
            "number" => Some(Type::Number),
            "string" => Some(Type::String),
            _ => None,
        };
    }
    let [kind, element] = json.as_array()?.as_slice() else {
        return None;
    };
    match kind.as_str()? {
        "list" => read(element).map(Type::list),
        "set" => read(element).map(Type::set),
        "map" => read(element).map(Type::map),
        "object" => {
            let attributes = element.as_object()?.iter();
            let attributes = attributes.map(|(name, ty)| Some((name.clone(), read(ty)?)));
            attributes.collect::<Option<Vec<_>>>().map(Type::object)
        }
        _ => None,
    }
}
