//! `Debug` of values, which prints their kind and never their content.

use std::fmt;

use super::Value;

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("Null"),
            Value::Unknown => f.write_str("Unknown"),
            Value::Bool(_) => f.write_str("Bool"),
            Value::Number(_) => f.write_str("Number"),
            Value::String(_) => f.write_str("String"),
            Value::List(items) => elements(f, "List", items),
            Value::Set(items) => elements(f, "Set", items),
            // Keys of a map come from the user, and names of attributes from the schema.
            Value::Map(members) => {
                f.write_str("Map ")?;
                f.debug_list().entries(members.values()).finish()
            }
            Value::Object(members) => {
                f.write_str("Object ")?;
                f.debug_map().entries(members).finish()
            }
        }
    }
}

fn elements(f: &mut fmt::Formatter<'_>, kind: &str, items: &[Value]) -> fmt::Result {
    write!(f, "{kind} ")?;
    f.debug_list().entries(items).finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::framework::Members;

    #[test]
    fn debug_shows_kinds_and_attribute_names_only() {
        let secret = || Value::string("s3cret");
        let number = Value::Number("20260101".parse().unwrap());
        let value = Value::Object(Members::from([
            ("token", secret()),
            ("list", Value::List(vec![secret(), number])),
            (
                "map",
                Value::Map(BTreeMap::from([("s3cret".to_owned(), Value::Bool(true))])),
            ),
            ("unknown", Value::Unknown),
        ]));

        assert_eq!(
            format!("{value:?}"),
            r#"Object {"list": List [String, Number], "map": Map [Bool], "token": String, "unknown": Unknown}"#
        );
    }
}
