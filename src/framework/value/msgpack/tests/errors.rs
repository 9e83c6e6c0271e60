//! Bytes that cannot be decoded, and values that cannot be encoded.

use super::*;

#[test]
fn decode_of_another_type_is_an_error_with_its_path() {
    let nested = Type::object([(
        "rw",
        Type::object([("sizes", Type::list(Type::map(Type::String)))]),
    )]);
    check_decode_error(
        &nested,
        "81 a2 72 77 81 a5 73 69 7a 65 73 92 80 81 a1 6b c3",
        r#"rw.sizes[1]["k"]: expected a string"#,
    );
    check_decode_error(&Type::set(Type::Bool), "91 01", "expected a bool");
    check_decode_error(
        &Type::object([("ids", Type::set(Type::Bool))]),
        "81 a3 69 64 73 91 01",
        "ids: expected a bool",
    );
    check_decode_error(&Type::Bool, "a4 74 72 75 65", "expected a bool");
    check_decode_error(&Type::String, "01", "expected a string");
    check_decode_error(&Type::Number, "c4 01 31", "expected a number");
    check_decode_error(&Type::Number, "cb 7f f8 00 00 00 00 00 00", "expected a number");
    check_decode_error(
        &Type::Number,
        "a2 6f 6e",
        "expected a number: not a decimal number",
    );
}

#[test]
fn missing_extra_or_repeated_attribute_is_an_error() {
    check_decode_error(&pair(), "81 a1 61 c0", "b: this attribute is missing");
    check_decode_error(
        &pair(),
        "83 a1 61 c0 a1 62 c0 a1 63 c0",
        "c: there is no such attribute",
    );
    check_decode_error(
        &pair(),
        "82 a1 61 c0 a1 61 c0",
        "a: this attribute is given twice",
    );
    check_decode_error(&pair(), "81 01 c0", "expected a key that is a string");
    check_decode_error(
        &Type::map(Type::Bool),
        "82 a1 61 c0 a1 61 c0",
        r#"["a"]: this key is given twice"#,
    );

    let list = Type::list(pair());
    check_encode_error(
        &list,
        &Value::List(vec![Value::Object(members([("b", Value::Null)]))]),
        "[0].a: this attribute is missing",
    );
    check_encode_error(
        &pair(),
        &Value::Object(members([
            ("a", Value::Null),
            ("b", Value::Null),
            ("c", Value::Null),
        ])),
        "c: there is no such attribute",
    );
}

#[test]
fn encode_of_another_type_is_an_error() {
    check_encode_error(&Type::String, &Value::Bool(true), "expected a string");
    check_encode_error(&Type::list(Type::Bool), &Value::Set(vec![]), "expected a list");
    check_encode_error(
        &Type::map(Type::Bool),
        &Value::Map(members([("k", Value::string("a"))])),
        r#"["k"]: expected a bool"#,
    );
}

#[test]
fn decode_of_incomplete_or_extra_bytes_is_an_error() {
    let truncated = "not valid msgpack: the bytes end within a value";
    check_decode_error(&Type::String, "", truncated);
    check_decode_error(&Type::String, "a2 61", truncated);
    check_decode_error(&Type::Number, "cd 01", truncated);
    check_decode_error(&Type::String, "d4 00", truncated);
    check_decode_error(&Type::String, "c0 c0", "there are bytes after the value");
    check_decode_error(
        &Type::String,
        "c1",
        "not valid msgpack: a marker that does not exist",
    );
    check_decode_error(&Type::String, "a1 ff", "this string is not valid UTF-8");
    check_decode_error(
        &Type::map(Type::Bool),
        "81 a1 ff c3",
        "this string is not valid UTF-8",
    );
}

#[test]
fn decode_of_a_length_beyond_the_bytes_is_an_error() {
    let truncated = "not valid msgpack: the bytes end within a value";
    for bytes in ["db ff ff ff ff 61", "c6 ff ff ff ff", "c9 ff ff ff ff 0c 81"] {
        check_decode_error(&Type::String, bytes, truncated);
    }
    let outcome = decode(&unhex("dd ff ff ff ff c3"), &Type::list(Type::Bool)).unwrap_err();
    assert_eq!(outcome.to_string(), format!("[1]: {truncated}"));
    check_decode_error(&Type::map(Type::Bool), "df ff ff ff ff a1 61 c3", truncated);
    check_decode_error(&pair(), "df ff ff ff ff a1 61 c0", truncated);
    // In the refinements of an unknown value these bytes are skipped.
    check_decoded(&Type::String, "c7 05 0c df ff ff ff ff", &Value::Unknown);
}

#[test]
fn errors_omit_the_value() {
    let secret = "74 73 2d 73 65 63 72 65 74";
    for ty in [Type::Bool, Type::Number, Type::list(Type::String), pair()] {
        let error = decode(&unhex(&format!("a9 {secret}")), &ty).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        let error = encode(&Value::string("ts-secret"), &ty).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}
