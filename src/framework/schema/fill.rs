//! Defaults for attributes that an older state lacks.

use std::collections::BTreeMap;

use super::super::value::Value;
use super::attribute::Attribute;
use super::walk::walk;

/// Sets every null or missing attribute with a default to it, at every depth, so that a state from before an
/// attribute existed plans no change because of it.
pub(in crate::framework) fn fill_defaults(attributes: &[Attribute], members: &mut BTreeMap<String, Value>) {
    walk(attributes, members, &|attribute, value| {
        if value.is_null()
            && let Some(default) = &attribute.default
        {
            *value = default.clone();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::Nesting;
    use super::*;

    #[test]
    fn missing_and_null_attributes_get_their_default_at_every_depth() {
        let flag = || Attribute::bool("flag").default(Value::Bool(true));
        let attributes = [flag(), Attribute::nested("list", Nesting::List, vec![flag()])];
        let element = Value::Object(BTreeMap::from([("flag".to_owned(), Value::Null)]));
        let mut members = BTreeMap::from([("list".to_owned(), Value::List(vec![element]))]);

        fill_defaults(&attributes, &mut members);

        let filled = Value::Object(BTreeMap::from([("flag".to_owned(), Value::Bool(true))]));
        assert_eq!(members["flag"], Value::Bool(true));
        assert_eq!(members["list"], Value::List(vec![filled]));
    }

    #[test]
    fn what_is_set_stays() {
        let attributes = [Attribute::bool("flag").default(Value::Bool(true))];
        let mut members = BTreeMap::from([("flag".to_owned(), Value::Bool(false))]);
        fill_defaults(&attributes, &mut members);
        assert_eq!(members["flag"], Value::Bool(false));
    }
}
