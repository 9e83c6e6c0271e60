//! Unknown values and what is known about them.

use super::*;

#[test]
fn refinements_of_an_unknown_value_are_read_and_written() {
    #[track_caller]
    fn check_refined(ty: &Type, refinements: &Refinements, bytes: &str) {
        assert_eq!(
            hex(&encode(&Value::refined(refinements.clone()), ty).unwrap()),
            bytes
        );
        // All unknown values are equal, so compare what is inside.
        match decode(&unhex(bytes), ty) {
            Ok(Value::Unknown(read)) => assert_eq!(read.as_deref(), Some(refinements)),
            other => panic!("{other:?}"),
        }
    }

    let not_null = Refinements {
        not_null: true,
        ..Refinements::default()
    };
    check_refined(&pair(), &not_null, "c7 03 0c 81 01 c2");
    check_refined(
        &Type::String,
        &Refinements {
            prefix: Some("x-".to_owned()),
            ..not_null.clone()
        },
        "c7 07 0c 82 01 c2 02 a2 78 2d",
    );
    check_refined(
        &Type::Number,
        &Refinements {
            lower_bound: Some((Number::from(1), true)),
            upper_bound: Some(("2.5".parse().unwrap(), false)),
            ..Refinements::default()
        },
        "c7 11 0c 82 03 92 01 c3 04 92 cb 40 04 00 00 00 00 00 00 c2",
    );
    check_refined(
        &Type::list(Type::String),
        &Refinements {
            min_length: Some(1),
            max_length: Some(300),
            ..Refinements::default()
        },
        "c7 07 0c 82 05 01 06 cd 01 2c",
    );
}

#[test]
fn lengths_are_read_from_any_width() {
    match decode(
        &unhex("c7 0f 0c 82 05 cd 00 01 06 cf 00 00 00 00 00 00 00 02"),
        &Type::list(Type::Bool),
    ) {
        Ok(Value::Unknown(Some(read))) => assert_eq!((read.min_length, read.max_length), (Some(1), Some(2))),
        other => panic!("{other:?}"),
    }
}

#[test]
fn refinements_that_core_would_refuse_are_not_sent() {
    let misplaced = Value::refined(Refinements {
        prefix: Some("x".to_owned()),
        min_length: Some(1),
        lower_bound: Some((Number::from(1), true)),
        ..Refinements::default()
    });
    check(&Type::Bool, &misplaced, "d4 00 00");
    check(&pair(), &misplaced, "d4 00 00");
    let on_dynamic = Value::refined(Refinements {
        not_null: true,
        ..Refinements::default()
    });
    check(&Type::Dynamic, &on_dynamic, "d4 00 00");
    let too_long = Value::refined(Refinements {
        prefix: Some("x".repeat(1100)),
        ..Refinements::default()
    });
    check(&Type::String, &too_long, "d4 00 00");
}

#[test]
fn unknown_values_need_no_refinement_that_is_understood() {
    for bytes in [
        "d4 05 00",             // another code
        "c7 03 63 81 01 c2",    // another code, with what looks like refinements
        "c7 00 00",             // no payload
        "c7 00 0c",             // no refinements at all
        "c7 03 0c 81 01 c3",    // "may be null", which says nothing
        "c7 03 0c 81 01 a0",    // not a bool
        "c7 03 0c 81 63 c2",    // a key from the future
        "c7 03 0c 82 01 c2",    // fewer entries than announced
        "c7 04 0c 81 02 a1 ff", // a prefix that is no UTF-8
        "c7 02 0c 01 c2",       // not a map
    ] {
        match decode(&unhex(bytes), &Type::String) {
            Ok(Value::Unknown(refinements)) => assert_eq!(refinements, None, "{bytes}"),
            other => panic!("{bytes}: {other:?}"),
        }
    }
}
