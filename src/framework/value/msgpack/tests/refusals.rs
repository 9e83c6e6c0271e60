//! Bytes that cannot be decoded, and values that cannot be encoded.

use super::*;

#[test]
fn a_value_of_another_type_is_refused_where_it_is() {
    let nested = Type::object([(
        "rw",
        Type::object([("sizes", Type::list(Type::map(Type::String)))]),
    )]);
    check_refused(
        &nested,
        "81 a2 72 77 81 a5 73 69 7a 65 73 92 80 81 a1 6b c3",
        r#"rw.sizes[1]["k"]: expected a string"#,
    );
    check_refused(&Type::set(Type::Bool), "91 01", "expected a bool");
    check_refused(
        &Type::object([("ids", Type::set(Type::Bool))]),
        "81 a3 69 64 73 91 01",
        "ids: expected a bool",
    );
    check_refused(&Type::Bool, "a4 74 72 75 65", "expected a bool");
    check_refused(&Type::String, "01", "expected a string");
    check_refused(&Type::Number, "c4 01 31", "expected a number");
    check_refused(&Type::Number, "cb 7f f8 00 00 00 00 00 00", "expected a number");
    check_refused(
        &Type::Number,
        "a2 6f 6e",
        "expected a number: not a decimal number",
    );
}

#[test]
fn an_object_has_exactly_its_attributes() {
    check_refused(&pair(), "81 a1 61 c0", "b: this attribute is missing");
    check_refused(
        &pair(),
        "83 a1 61 c0 a1 62 c0 a1 63 c0",
        "c: there is no such attribute",
    );
    check_refused(
        &pair(),
        "82 a1 61 c0 a1 61 c0",
        "a: this attribute is given twice",
    );
    check_refused(&pair(), "81 01 c0", "expected a key that is a string");
    check_refused(
        &Type::map(Type::Bool),
        "82 a1 61 c0 a1 61 c0",
        r#"["a"]: this key is given twice"#,
    );

    let list = Type::list(pair());
    check_not_written(
        &list,
        &Value::List(vec![Value::Object(map([("b", Value::Null)]))]),
        "[0].a: this attribute is missing",
    );
    check_not_written(
        &pair(),
        &Value::Object(map([("a", Value::Null), ("b", Value::Null), ("c", Value::Null)])),
        "c: there is no such attribute",
    );
}

#[test]
fn a_value_that_is_not_of_its_type_is_not_written() {
    check_not_written(&Type::String, &Value::Bool(true), "expected a string");
    check_not_written(&Type::list(Type::Bool), &Value::Set(vec![]), "expected a list");
    check_not_written(
        &Type::map(Type::Bool),
        &Value::Map(map([("k", Value::string("a"))])),
        r#"["k"]: expected a bool"#,
    );
}

#[test]
fn bytes_that_are_not_one_whole_value_are_refused() {
    let truncated = "not valid msgpack: the bytes end within a value";
    check_refused(&Type::String, "", truncated);
    check_refused(&Type::String, "a2 61", truncated);
    check_refused(&Type::Number, "cd 01", truncated);
    check_refused(&Type::String, "d4 00", truncated);
    check_refused(&Type::String, "c0 c0", "there are bytes after the value");
    check_refused(
        &Type::String,
        "c1",
        "not valid msgpack: a marker that does not exist",
    );
    check_refused(&Type::String, "a1 ff", "this string is not valid UTF-8");
    check_refused(
        &Type::map(Type::Bool),
        "81 a1 ff c3",
        "this string is not valid UTF-8",
    );
}

#[test]
fn lengths_that_lie_are_found_out_at_the_end_of_the_bytes() {
    let truncated = "not valid msgpack: the bytes end within a value";
    for bytes in ["db ff ff ff ff 61", "c6 ff ff ff ff", "c9 ff ff ff ff 0c 81"] {
        check_refused(&Type::String, bytes, truncated);
    }
    let outcome = decode(&unhex("dd ff ff ff ff c3"), &Type::list(Type::Bool)).unwrap_err();
    assert_eq!(outcome.to_string(), format!("[1]: {truncated}"));
    check_refused(&Type::map(Type::Bool), "df ff ff ff ff a1 61 c3", truncated);
    check_refused(&pair(), "df ff ff ff ff a1 61 c0", truncated);
    // In the refinements of an unknown value these bytes are skipped.
    check_read(&Type::String, "c7 05 0c df ff ff ff ff", &Value::Unknown);
}

#[test]
fn errors_do_not_repeat_the_value() {
    let secret = "74 73 2d 73 65 63 72 65 74";
    for ty in [Type::Bool, Type::Number, Type::list(Type::String), pair()] {
        let error = decode(&unhex(&format!("a9 {secret}")), &ty).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        let error = encode(&Value::string("ts-secret"), &ty).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}
