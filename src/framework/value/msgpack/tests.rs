//! Tests of the codec: values with their bytes.

mod encodings;
mod errors;

use super::{decode, encode};
use crate::framework::value::test_values::{members, number, pair};
use crate::framework::{Number, Type, Value};

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn unhex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// Expects that the value is encoded as these bytes, and that they are decoded as the value.
#[track_caller]
fn check_round_trip(ty: &Type, value: &Value, bytes: &str) {
    assert_eq!(hex(&encode(value, ty).unwrap()), bytes);
    assert_eq!(decode(&unhex(bytes), ty).as_ref(), Ok(value));
}

/// Expects that the bytes are decoded as the value, although it is encoded differently.
#[track_caller]
fn check_decoded(ty: &Type, bytes: &str, value: &Value) {
    assert_eq!(decode(&unhex(bytes), ty).as_ref(), Ok(value), "{bytes}");
}

#[track_caller]
fn check_decode_error(ty: &Type, bytes: &str, error: &str) {
    let outcome = decode(&unhex(bytes), ty).map_err(|error| error.to_string());
    assert_eq!(outcome, Err(error.to_owned()), "{bytes}");
}

#[track_caller]
fn check_encode_error(ty: &Type, value: &Value, error: &str) {
    let outcome = encode(value, ty).map_err(|error| error.to_string());
    assert_eq!(outcome, Err(error.to_owned()));
}
