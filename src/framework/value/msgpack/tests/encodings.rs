//! Values of each type with their bytes.

use super::*;

#[test]
fn null_and_unknown_round_trip_in_each_type() {
    for ty in [
        Type::Bool,
        Type::Number,
        Type::String,
        Type::list(Type::String),
        Type::set(Type::String),
        Type::map(Type::String),
        pair(),
    ] {
        check_round_trip(&ty, &Value::Null, "c0");
        check_round_trip(&ty, &Value::Unknown, "d4 00 00");
    }
}

#[test]
fn each_type_round_trips() {
    let strings = vec![Value::string("a"), Value::Null, Value::Unknown];
    check_round_trip(&Type::Bool, &Value::Bool(true), "c3");
    check_round_trip(&Type::Bool, &Value::Bool(false), "c2");
    check_round_trip(&Type::String, &Value::string(""), "a0");
    check_round_trip(&Type::String, &Value::string("é"), "a2 c3 a9");
    check_round_trip(&Type::list(Type::String), &Value::List(vec![]), "90");
    check_round_trip(
        &Type::list(Type::String),
        &Value::List(strings.clone()),
        "93 a1 61 c0 d4 00 00",
    );
    check_round_trip(
        &Type::set(Type::String),
        &Value::Set(strings),
        "93 a1 61 c0 d4 00 00",
    );
    check_round_trip(
        &Type::map(Type::String),
        &Value::Map(members([("k", Value::string("a")), ("l", Value::Null)])),
        "82 a1 6b a1 61 a1 6c c0",
    );
    check_round_trip(
        &pair(),
        &Value::Object(members([("a", Value::Null), ("b", number("7"))])),
        "82 a1 61 c0 a1 62 07",
    );
}

#[test]
fn encode_writes_numbers_as_core_does() {
    for (text, bytes) in [
        ("0", "00"),
        ("-1", "ff"),
        ("128", "cc 80"),
        ("-129", "d1 ff 7f"),
        ("-9223372036854775808", "d3 80 00 00 00 00 00 00 00"),
        ("9223372036854775807", "cf 7f ff ff ff ff ff ff ff"),
        ("1.5", "cb 3f f8 00 00 00 00 00 00"),
        ("0.1", "a3 30 2e 31"),
        (
            "18446744073709551616",
            "b4 31 38 34 34 36 37 34 34 30 37 33 37 30 39 35 35 31 36 31 36",
        ),
    ] {
        check_round_trip(&Type::Number, &number(text), bytes);
    }
    check_round_trip(
        &Type::Number,
        &Value::Number(Number::INFINITY),
        "cb 7f f0 00 00 00 00 00 00",
    );
    check_round_trip(
        &Type::Number,
        &Value::Number(Number::NEG_INFINITY),
        "cb ff f0 00 00 00 00 00 00",
    );
}

#[test]
fn decode_reads_numbers_from_every_format() {
    for (bytes, text) in [
        ("7f", "127"),
        ("e0", "-32"),
        ("cc ff", "255"),
        ("cd ff ff", "65535"),
        ("ce ff ff ff ff", "4294967295"),
        ("cf ff ff ff ff ff ff ff ff", "18446744073709551615"),
        ("d0 80", "-128"),
        ("d1 80 00", "-32768"),
        ("d2 80 00 00 00", "-2147483648"),
        ("ca 3f 00 00 00", "0.5"),
        ("cb 3f b9 99 99 99 99 99 9a", "0.1"),
        ("cb 40 00 00 00 00 00 00 00", "2"),
        ("a3 31 65 32", "100"),
        ("d9 02 2d 37", "-7"),
    ] {
        check_decoded(&Type::Number, bytes, &number(text));
    }
}

#[test]
fn decode_reads_every_length_format() {
    for bytes in [
        "d9 01 61",
        "da 00 01 61",
        "db 00 00 00 01 61",
        "c4 01 61",
        "c5 00 01 61",
        "c6 00 00 00 01 61",
    ] {
        check_decoded(&Type::String, bytes, &Value::string("a"));
    }
    let list = Type::list(Type::Bool);
    for bytes in ["dc 00 01 c3", "dd 00 00 00 01 c3"] {
        check_decoded(&list, bytes, &Value::List(vec![Value::Bool(true)]));
    }
    for bytes in ["de 00 01 a1 61 c3", "df 00 00 00 01 c4 01 61 c3"] {
        check_decoded(
            &Type::map(Type::Bool),
            bytes,
            &Value::Map(members([("a", Value::Bool(true))])),
        );
    }
}

#[test]
fn long_values_round_trip() {
    for length in [0, 31, 32, 255, 256, 65_535, 65_536] {
        let text = Value::string("x".repeat(length));
        assert_eq!(
            decode(&encode(&text, &Type::String).unwrap(), &Type::String),
            Ok(text)
        );
        let list = Type::list(Type::Bool);
        let items = Value::List(vec![Value::Bool(true); length]);
        assert_eq!(decode(&encode(&items, &list).unwrap(), &list), Ok(items));
    }
}

#[test]
fn decode_merges_equal_known_set_elements() {
    let set = Type::set(Type::Number);
    check_decoded(
        &set,
        "93 01 02 cb 3f f0 00 00 00 00 00 00",
        &Value::Set(vec![number("1"), number("2")]),
    );
    // Two unknown elements may become two different values.
    check_decoded(
        &set,
        "92 d4 00 00 d4 00 00",
        &Value::Set(vec![Value::Unknown, Value::Unknown]),
    );
}

#[test]
fn decode_reads_every_extension_as_unknown() {
    for bytes in [
        "d4 00 00",                         // as it is written
        "d4 05 00",                         // another code
        "c7 00 00",                         // no payload
        "c7 03 0c 81 01 c2",                // refinements: not null
        "c7 07 0c 82 01 c2 02 a2 78 2d",    // refinements: not null, with a prefix
        "c8 00 07 0c 82 05 01 06 cd 01 2c", // refinements: lengths
        "c9 00 00 00 04 0c 81 02 a1 ff",    // a prefix that is no UTF-8
        "d6 0c 81 63 c2 c2",                // an unknown key, and too many bytes
    ] {
        for ty in [Type::String, Type::Number, pair()] {
            check_decoded(&ty, bytes, &Value::Unknown);
        }
    }
}
