//! Values with their JSON, and JSON that is refused.

use super::{UnknownMembers, decode, to_json};
use crate::framework::value::test_values::{members, number, pair};
use crate::framework::{Path, Type, Value};

#[track_caller]
fn check_round_trip(ty: &Type, value: &Value, json: &str) {
    assert_eq!(to_json(value).to_string(), json);
    check_decoded(ty, json, value);
}

#[track_caller]
fn check_decoded(ty: &Type, json: &str, value: &Value) {
    let read = decode(json.as_bytes(), ty, UnknownMembers::Refuse);
    assert_eq!(read.as_ref(), Ok(value), "{json}");
}

#[track_caller]
fn check_decode_error(ty: &Type, json: &str, error: &str) {
    let outcome = decode(json.as_bytes(), ty, UnknownMembers::Refuse).map_err(|error| error.to_string());
    assert_eq!(outcome, Err(error.to_owned()), "{json}");
}

#[test]
fn each_type_round_trips() {
    let strings = vec![Value::string("a"), Value::Null];
    check_round_trip(&Type::Bool, &Value::Bool(true), "true");
    check_round_trip(&Type::Number, &number("-0.10"), "-0.1");
    check_round_trip(&Type::String, &Value::string("\"é\n"), r#""\"é\n""#);
    check_round_trip(
        &Type::list(Type::String),
        &Value::List(strings.clone()),
        r#"["a",null]"#,
    );
    check_round_trip(&Type::set(Type::String), &Value::Set(strings), r#"["a",null]"#);
    check_round_trip(
        &Type::map(Type::Bool),
        &Value::Map(members([("k", Value::Bool(true)), ("", Value::Null)])),
        r#"{"":null,"k":true}"#,
    );
    check_round_trip(
        &pair(),
        &Value::Object(members([("a", Value::Null), ("b", number("7"))])),
        r#"{"a":null,"b":7}"#,
    );
    for ty in [
        Type::Bool,
        Type::Number,
        Type::String,
        Type::set(Type::Bool),
        pair(),
    ] {
        check_round_trip(&ty, &Value::Null, "null");
    }
}

#[test]
fn numbers_round_trip_with_all_digits() {
    for text in [
        "99999999999999999999",
        "0.1000000000000000055511151231257827021181583404541015625",
        "-123456789012345678901234567890.5",
    ] {
        check_round_trip(&Type::Number, &number(text), text);
    }
    check_decoded(&Type::Number, "1E+400", &number("1e400"));
    check_decoded(
        &Type::Number,
        &to_json(&number("1e400")).to_string(),
        &number("1e400"),
    );
}

#[test]
fn decode_converts_between_primitive_types_like_core() {
    check_decoded(&Type::Number, r#""1e2""#, &number("100"));
    check_decoded(&Type::Bool, r#""true""#, &Value::Bool(true));
    check_decoded(&Type::Bool, r#""false""#, &Value::Bool(false));
    check_decoded(&Type::String, "1.50", &Value::string("1.5"));
    check_decoded(
        &Type::String,
        "99999999999999999999",
        &Value::string("99999999999999999999"),
    );
    check_decoded(&Type::String, "true", &Value::string("true"));
    check_decode_error(&Type::Bool, r#""yes""#, "expected a bool");
    check_decode_error(&Type::Bool, "1", "expected a bool");
    check_decode_error(&Type::Number, "true", "expected a number");
    check_decode_error(
        &Type::Number,
        r#""many""#,
        "expected a number: not a decimal number",
    );
}

#[test]
fn decode_of_a_missing_attribute_is_null() {
    check_decoded(
        &pair(),
        r#"{"b": 1}"#,
        &Value::Object(members([("a", Value::Null), ("b", number("1"))])),
    );
}

#[test]
fn decode_refuses_or_ignores_unknown_members_at_every_depth() {
    let outer = Type::object([("inner", Type::list(pair()))]);
    let json = r#"{
        "old": {"deep": ["x"]},
        "inner": [{"a": "x", "b": 1, "c": "gone"}]
    }"#;
    check_decode_error(&outer, json, "old: there is no such attribute");
    check_decode_error(
        &outer,
        r#"{"inner": [null, {"c": 1}]}"#,
        "inner[1].c: there is no such attribute",
    );
    let inner = Value::Object(members([("a", Value::string("x")), ("b", number("1"))]));
    assert_eq!(
        decode(json.as_bytes(), &outer, UnknownMembers::Ignore),
        Ok(Value::Object(members([("inner", Value::List(vec![inner]))])))
    );
}

#[test]
fn decode_merges_equal_set_elements() {
    check_decoded(
        &Type::set(Type::Number),
        "[1, 2, 1.0]",
        &Value::Set(vec![number("1"), number("2")]),
    );
}

#[test]
fn decode_of_another_type_is_an_error_with_its_path() {
    check_decode_error(
        &Type::object([("sizes", Type::list(Type::map(Type::String)))]),
        r#"{"sizes": [{}, {"k": []}]}"#,
        r#"sizes[1]["k"]: expected a string"#,
    );
    check_decode_error(
        &Type::object([("ids", Type::set(Type::Bool))]),
        r#"{"ids": [[]]}"#,
        "ids: expected a bool",
    );
    check_decode_error(&pair(), "[]", "expected an object");
}

#[test]
fn decode_error_in_a_set_has_the_path_of_the_set() {
    let ty = Type::object([("pairs", Type::set(pair()))]);
    let error = decode(br#"{"pairs": [{"b": []}]}"#, &ty, UnknownMembers::Refuse).unwrap_err();
    assert_eq!(error.path, Path::attribute("pairs"));
    assert_eq!(error.reason, "b: expected a number");
}

#[test]
fn decode_of_invalid_json_is_an_error() {
    check_decode_error(&Type::String, "", "not valid JSON at line 1, column 0");
    check_decode_error(&Type::String, r#""a" "b""#, "not valid JSON at line 1, column 5");
    check_decode_error(&Type::Bool, "truth", "not valid JSON at line 1, column 4");
    check_decode_error(&Type::Number, "01", "not valid JSON at line 1, column 2");
    check_decode_error(&pair(), "{\"a\": \"x\",\n}", "not valid JSON at line 2, column 1");
    let invalid = decode(b"\"\xff\"", &Type::String, UnknownMembers::Refuse);
    assert!(invalid.is_err());
}

#[test]
fn map_key_with_a_parser_internal_name_round_trips() {
    // The parser uses this name internally for numbers of any size.
    check_round_trip(
        &Type::map(Type::String),
        &Value::Map(members([("$serde_json::private::Number", Value::string("1"))])),
        r#"{"$serde_json::private::Number":"1"}"#,
    );
}

#[test]
fn decode_errors_omit_the_value() {
    for json in [
        r#""ts-secret""#,
        r#"{"a": "ts-secret" x}"#,
        r#"["ts-secret"]"#,
        "ts-secret",
    ] {
        for ty in [Type::Bool, Type::Number, pair(), Type::list(Type::Bool)] {
            let error = decode(json.as_bytes(), &ty, UnknownMembers::Refuse).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }
}
