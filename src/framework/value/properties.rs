//! Properties of every type and value: encoding and decoding loses nothing, and invalid bytes cause only
//! errors.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;

use super::json::UnknownMembers;
use super::order::without_repeats;
use super::{Members, Name, Type, Value, json, msgpack};
use crate::framework::Number;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn types() -> BoxedStrategy<Type> {
    let simple = prop_oneof![Just(Type::Bool), Just(Type::Number), Just(Type::String)];
    simple
        .prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(Type::list),
                inner.clone().prop_map(Type::set),
                inner.clone().prop_map(Type::map),
                btree_map("[a-z_]{1,3}", inner, 0..4).prop_map(Type::object),
            ]
        })
        .boxed()
}

fn numbers() -> BoxedStrategy<Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO)
            .prop_filter_map("NaN is no number", Number::from_f64),
        "-?[0-9]{1,40}(\\.[0-9]{1,40})?(e-?[0-9]{1,3})?".prop_map(|text| text.parse().unwrap()),
    ]
    .boxed()
}

/// Returns the known values of a type with nulls in them, and with unknown values if `unknowns` is true.
fn known(ty: &Type, unknowns: bool) -> BoxedStrategy<Value> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => numbers().prop_map(Value::Number).boxed(),
        Type::String => prop_oneof![".{0,8}", "[a-z]{30,40}"]
            .prop_map(Value::String)
            .boxed(),
        Type::List(element) => vec(values(element, unknowns), 0..4).prop_map(Value::List).boxed(),
        Type::Set(element) => vec(values(element, unknowns), 0..4)
            .prop_map(|items| Value::Set(without_repeats(items)))
            .boxed(),
        Type::Map(element) => btree_map(".{0,4}", values(element, unknowns), 0..4)
            .prop_map(Value::Map)
            .boxed(),
        Type::Object(attributes) => {
            let (names, types): (Vec<Name>, Vec<&Type>) =
                attributes.iter().map(|(name, ty)| (name.clone(), ty)).unzip();
            types
                .into_iter()
                .map(|ty| values(ty, unknowns))
                .collect::<Vec<_>>()
                .prop_map(move |values| Value::Object(names.iter().cloned().zip(values).collect()))
                .boxed()
        }
    }
}

fn values(ty: &Type, unknowns: bool) -> BoxedStrategy<Value> {
    let known = prop_oneof![6 => known(ty, unknowns), 1 => Just(Value::Null)];
    if unknowns {
        prop_oneof![6 => known, 1 => Just(Value::Unknown)].boxed()
    } else {
        known.boxed()
    }
}

fn json_bytes(value: &Value) -> Vec<u8> {
    json::to_json(value).to_string().into_bytes()
}

fn typed_values(unknowns: bool) -> BoxedStrategy<(Type, Value)> {
    types()
        .prop_flat_map(move |ty| {
            let values = values(&ty, unknowns);
            (Just(ty), values)
        })
        .boxed()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn msgpack_round_trips_every_value((ty, value) in typed_values(true)) {
        let bytes = msgpack::encode(&value, &ty).unwrap();
        prop_assert_eq!(msgpack::decode(&bytes, &ty).unwrap(), value);
    }

    #[test]
    fn json_round_trips_every_known_value((ty, value) in typed_values(false)) {
        let bytes = json_bytes(&value);
        for unknown_members in [UnknownMembers::Refuse, UnknownMembers::Ignore] {
            let back = json::decode(&bytes, &ty, unknown_members);
            prop_assert_eq!(back.as_ref(), Ok(&value));
        }
    }

    #[test]
    fn decoders_do_not_panic_on_any_bytes(
        ty in types(),
        bytes in vec(any::<u8>(), 0..64),
        text in "[\\[\\]{}\",:0-9a-z.e+ -]{0,40}",
    ) {
        let _ = msgpack::decode(&bytes, &ty);
        let _ = json::decode(&bytes, &ty, UnknownMembers::Refuse);
        let _ = json::decode(text.as_bytes(), &ty, UnknownMembers::Ignore);
    }

    #[test]
    fn truncated_msgpack_is_an_error((ty, value) in typed_values(true), cut in any::<Index>()) {
        let bytes = msgpack::encode(&value, &ty).unwrap();
        prop_assert!(msgpack::decode(&bytes[..cut.index(bytes.len())], &ty).is_err());
    }

    #[test]
    fn truncated_json_is_an_error_except_for_a_number((ty, value) in typed_values(false), cut in any::<Index>()) {
        // A truncated number is still a number.
        let bytes = json_bytes(&value);
        let cut = json::decode(&bytes[..cut.index(bytes.len())], &ty, UnknownMembers::Refuse);
        prop_assert!(cut.is_err() || matches!(value, Value::Number(_)));
    }

    #[test]
    fn changed_msgpack_byte_is_an_error_or_a_value_of_the_type(
        (ty, value) in typed_values(true),
        position in any::<Index>(),
        flip in 1_u8..,
    ) {
        let mut bytes = msgpack::encode(&value, &ty).unwrap();
        let position = position.index(bytes.len());
        bytes[position] ^= flip;
        if let Ok(value) = msgpack::decode(&bytes, &ty) {
            prop_assert!(msgpack::encode(&value, &ty).is_ok());
        }
    }

    #[test]
    fn changed_json_byte_is_an_error_or_a_value_of_the_type(
        (ty, value) in typed_values(false),
        position in any::<Index>(),
        flip in 1_u8..,
    ) {
        let mut bytes = json_bytes(&value);
        let position = position.index(bytes.len());
        bytes[position] ^= flip;
        if let Ok(value) = json::decode(&bytes, &ty, UnknownMembers::Refuse) {
            prop_assert!(msgpack::encode(&value, &ty).is_ok());
        }
    }
}

#[test]
fn decode_of_deep_nesting_is_an_error_unless_ignored() {
    let depth = 10_000;
    // Nesting beyond the type is refused at once, and ignored members are not parsed.
    let brackets = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let list = Type::list(Type::Bool);
    assert!(msgpack::decode(&vec![0x91; depth], &list).is_err());
    assert!(json::decode(brackets.as_bytes(), &list, UnknownMembers::Refuse).is_err());
    let with_unknown = format!("{{\"old\":{brackets}}}");
    let empty = Type::Object(BTreeMap::new());
    assert_eq!(
        json::decode(with_unknown.as_bytes(), &empty, UnknownMembers::Ignore),
        Ok(Value::Object(Members::new()))
    );
}
