//! Values with their JSON, and JSON that is refused.

use super::{UnknownMembers, decode, encode};
use crate::framework::{Number, Path, Type, Value};

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

fn map<M: FromIterator<(String, Value)>>(members: impl IntoIterator<Item = (&'static str, Value)>) -> M {
    members
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn pair() -> Type {
    Type::object([("a", Type::String), ("b", Type::Number)])
}

#[track_caller]
fn check(ty: &Type, value: &Value, json: &str) {
    assert_eq!(String::from_utf8(encode(value, ty).unwrap()).unwrap(), json);
    check_read(ty, json, value);
}

#[track_caller]
fn check_read(ty: &Type, json: &str, value: &Value) {
    let read = decode(json.as_bytes(), ty, UnknownMembers::Refuse);
    assert_eq!(read.as_ref(), Ok(value), "{json}");
}

#[track_caller]
fn check_refused(ty: &Type, json: &str, error: &str) {
    let outcome = decode(json.as_bytes(), ty, UnknownMembers::Refuse).map_err(|error| error.to_string());
    assert_eq!(outcome, Err(error.to_owned()), "{json}");
}

#[track_caller]
fn check_not_written(ty: &Type, value: &Value, error: &str) {
    let outcome = encode(value, ty).map_err(|error| error.to_string());
    assert_eq!(outcome, Err(error.to_owned()));
}

#[test]
fn every_type_has_its_form() {
    let strings = vec![Value::string("a"), Value::Null];
    check(&Type::Bool, &Value::Bool(true), "true");
    check(&Type::Number, &number("-0.10"), "-0.1");
    check(&Type::String, &Value::string("\"é\n"), r#""\"é\n""#);
    check(
        &Type::list(Type::String),
        &Value::List(strings.clone()),
        r#"["a",null]"#,
    );
    check(&Type::set(Type::String), &Value::Set(strings), r#"["a",null]"#);
    check(
        &Type::map(Type::Bool),
        &Value::Map(map([("k", Value::Bool(true)), ("", Value::Null)])),
        r#"{"":null,"k":true}"#,
    );
    check(
        &pair(),
        &Value::Object(map([("a", Value::Null), ("b", number("7"))])),
        r#"{"a":null,"b":7}"#,
    );
    for ty in [
        Type::Bool,
        Type::Number,
        Type::String,
        Type::set(Type::Bool),
        pair(),
    ] {
        check(&ty, &Value::Null, "null");
    }
}

#[test]
fn numbers_keep_all_their_digits() {
    for text in [
        "99999999999999999999",
        "0.1000000000000000055511151231257827021181583404541015625",
        "-123456789012345678901234567890.5",
    ] {
        check(&Type::Number, &number(text), text);
    }
    check_read(&Type::Number, "1E+400", &number("1e400"));
    assert_eq!(
        decode(
            &encode(&number("1e400"), &Type::Number).unwrap(),
            &Type::Number,
            UnknownMembers::Refuse
        ),
        Ok(number("1e400"))
    );
}

#[test]
fn simple_types_are_converted_as_core_does() {
    check_read(&Type::Number, r#""1e2""#, &number("100"));
    check_read(&Type::Bool, r#""true""#, &Value::Bool(true));
    check_read(&Type::Bool, r#""false""#, &Value::Bool(false));
    check_read(&Type::String, "1.50", &Value::string("1.5"));
    check_read(
        &Type::String,
        "99999999999999999999",
        &Value::string("99999999999999999999"),
    );
    check_read(&Type::String, "true", &Value::string("true"));
    check_refused(&Type::Bool, r#""yes""#, "expected a bool");
    check_refused(&Type::Bool, "1", "expected a bool");
    check_refused(&Type::Number, "true", "expected a number");
    check_refused(
        &Type::Number,
        r#""many""#,
        "expected a number: not a decimal number",
    );
}

#[test]
fn an_attribute_that_is_not_there_is_null() {
    check_read(
        &pair(),
        r#"{"b": 1}"#,
        &Value::Object(map([("a", Value::Null), ("b", number("1"))])),
    );
}

#[test]
fn unknown_members_are_refused_or_left_out_at_any_depth() {
    let outer = Type::object([("inner", Type::list(pair()))]);
    let json = r#"{
        "old": {"deep": ["x"]},
        "inner": [{"a": "x", "b": 1, "c": "gone"}]
    }"#;
    check_refused(&outer, json, "old: there is no such attribute");
    check_refused(
        &outer,
        r#"{"inner": [null, {"c": 1}]}"#,
        "inner[1].c: there is no such attribute",
    );
    let inner = Value::Object(map([("a", Value::string("x")), ("b", number("1"))]));
    assert_eq!(
        decode(json.as_bytes(), &outer, UnknownMembers::Ignore),
        Ok(Value::Object(map([("inner", Value::List(vec![inner]))])))
    );
}

#[test]
fn equal_elements_of_a_set_are_one() {
    check_read(
        &Type::set(Type::Number),
        "[1, 2, 1.0]",
        &Value::Set(vec![number("1"), number("2")]),
    );
}

#[test]
fn a_value_of_another_type_is_refused_where_it_is() {
    check_refused(
        &Type::object([("sizes", Type::list(Type::map(Type::String)))]),
        r#"{"sizes": [{}, {"k": []}]}"#,
        r#"sizes[1]["k"]: expected a string"#,
    );
    check_refused(
        &Type::object([("ids", Type::set(Type::Bool))]),
        r#"{"ids": [[]]}"#,
        "ids: expected a bool",
    );
    check_refused(&pair(), "[]", "expected an object");
}

#[test]
fn an_error_within_a_set_points_at_the_set() {
    let ty = Type::object([("pairs", Type::set(pair()))]);
    let error = decode(br#"{"pairs": [{"b": []}]}"#, &ty, UnknownMembers::Refuse).unwrap_err();
    assert_eq!(error.path, Path::attribute("pairs"));
    assert_eq!(error.reason, "b: expected a number");
}

#[test]
fn invalid_json_is_refused() {
    check_refused(&Type::String, "", "not valid JSON at line 1, column 0");
    check_refused(&Type::String, r#""a" "b""#, "not valid JSON at line 1, column 5");
    check_refused(&Type::Bool, "truth", "not valid JSON at line 1, column 4");
    check_refused(&Type::Number, "01", "not valid JSON at line 1, column 2");
    check_refused(&pair(), "{\"a\": \"x\",\n}", "not valid JSON at line 2, column 1");
    let invalid = decode(b"\"\xff\"", &Type::String, UnknownMembers::Refuse);
    assert!(invalid.is_err());
}

#[test]
fn no_key_has_a_meaning_of_its_own() {
    // The parser uses this name internally for numbers of any size.
    check(
        &Type::map(Type::String),
        &Value::Map(map([("$serde_json::private::Number", Value::string("1"))])),
        r#"{"$serde_json::private::Number":"1"}"#,
    );
}

#[test]
fn values_without_a_json_form_are_an_error() {
    check_not_written(
        &pair(),
        &Value::Object(map([("a", Value::Unknown), ("b", Value::Null)])),
        "a: an unknown value has no JSON form",
    );
    check_not_written(
        &Type::list(Type::Number),
        &Value::List(vec![Value::Number(Number::NEG_INFINITY)]),
        "[0]: infinity has no JSON form",
    );
    check_not_written(&pair(), &Value::Object(map([])), "a: this attribute is missing");
    check_not_written(
        &Type::set(pair()),
        &Value::Set(vec![Value::Object(map([("z", Value::Null)]))]),
        "z: there is no such attribute",
    );
    check_not_written(&Type::Bool, &Value::string("true"), "expected a bool");
}

#[test]
fn errors_do_not_repeat_the_value() {
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
