//! Defaults for attributes that an older state lacks.

use super::super::value::Members;
use super::attribute::Attribute;
use super::walk::walk;

/// Sets every null or missing attribute with a default to it, at every depth, so that a state that was stored
/// before an attribute existed plans no change because of it.
pub(in crate::framework) fn fill_defaults(attributes: &[Attribute], members: &mut Members) {
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
    use super::super::super::value::Value;
    use super::super::{Kind, Nesting};
    use super::*;

    #[test]
    fn fill_defaults_sets_missing_and_null_attributes_at_every_depth() {
        let flag = || Attribute::new::<bool>("flag").default(Value::Bool(true));
        let attributes = [
            flag(),
            Attribute::new::<bool>("set").default(Value::Bool(true)),
            Attribute::with_kind("list", Kind::Nested(Nesting::List, vec![flag()])),
        ];
        let element = Value::Object(Members::from([("flag", Value::Null)]));
        let mut members = Members::from([("set", Value::Bool(false)), ("list", Value::List(vec![element]))]);

        fill_defaults(&attributes, &mut members);

        let filled = Value::Object(Members::from([("flag", Value::Bool(true))]));
        assert_eq!(members["flag"], Value::Bool(true));
        assert_eq!(members["set"], Value::Bool(false));
        assert_eq!(members["list"], Value::List(vec![filled]));
    }
}
