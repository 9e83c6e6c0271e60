//! Compares a model with its schema.

use super::super::value::Type;

/// Returns the differences between the object types of a model and its schema.
pub(super) fn differences(model: &Type, schema: &Type) -> Vec<String> {
    let (Type::Object(model), Type::Object(schema)) = (model, schema) else {
        return vec!["the model is not an object".to_owned()];
    };
    let mut found = Vec::new();
    for (name, of) in model {
        match schema.get(name) {
            None => found.push(format!("the schema lacks the attribute `{name}` of the model")),
            Some(declared) if !fits(of, declared) => {
                found.push(format!(
                    "`{name}` has another type in the model than in the schema"
                ));
            }
            Some(_) => {}
        }
    }
    let missing = schema.keys().filter(|name| !model.contains_key(*name));
    found.extend(missing.map(|name| format!("the model lacks the attribute `{name}` of the schema")));
    found
}

/// Whether a field of the model's type can hold every value of the schema's type. A list of the model stands
/// for a set too.
fn fits(model: &Type, schema: &Type) -> bool {
    match (model, schema) {
        (Type::List(model), Type::List(schema) | Type::Set(schema))
        | (Type::Map(model), Type::Map(schema)) => fits(model, schema),
        (Type::Object(_), Type::Object(_)) => differences(model, schema).is_empty(),
        (model, schema) => model == schema,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attribute_that_differs_is_named() {
        let pool = |size| Type::object([("size", size)]);
        let model = Type::object([
            ("name", Type::String),
            ("ids", Type::list(Type::String)),
            ("pools", Type::list(pool(Type::String))),
            ("age", Type::Number),
            ("wings", Type::Number),
        ]);
        let schema = |pools, age| {
            let attributes = [
                ("name", Type::String),
                ("ids", Type::set(Type::String)),
                ("pools", pools),
            ];
            Type::object(attributes.into_iter().chain(age))
        };
        let pools = |size| Type::list(pool(size));
        let same = [("age", Type::Number), ("wings", Type::Number)];
        assert!(differences(&model, &schema(pools(Type::String), same.to_vec())).is_empty());
        let other = vec![("age", Type::String), ("beak", Type::Bool)];
        assert_eq!(
            differences(&model, &schema(pools(Type::Number), other)),
            [
                "`age` has another type in the model than in the schema",
                "`pools` has another type in the model than in the schema",
                "the schema lacks the attribute `wings` of the model",
                "the model lacks the attribute `beak` of the schema",
            ]
        );
    }
}
