//! Numbers: their spellings, order, limits and conversions.

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

#[test]
fn equality_ignores_spelling() {
    for (a, b) in [
        ("1.0", "1"),
        ("1e2", "100"),
        ("-0", "0"),
        ("0.000", "0"),
        ("0e10", "0"),
        ("0e-2000000000", "0"),
        ("1E+2", "100.00"),
        ("12.50e-1", "1.25"),
        ("007", "7"),
        ("+7", "7"),
    ] {
        assert_eq!(number(a), number(b), "{a} and {b}");
    }
    assert_ne!(number("99999999999999999999"), number("99999999999999999998"));
}

#[test]
fn display_is_the_shortest_form() {
    for (text, shown) in [
        ("0", "0"),
        ("-0.0", "0"),
        ("0.10", "0.1"),
        ("-12.340", "-12.34"),
        ("1e2", "100"),
        ("1e-7", "0.0000001"),
        ("99999999999999999999", "99999999999999999999"),
        ("1.5e64", &format!("15{}", "0".repeat(63))),
        ("1e65", "1e65"),
        ("-1.25e-300", "-1.25e-300"),
    ] {
        assert_eq!(number(text).to_string(), shown);
    }
}

#[test]
fn parse_of_other_text_is_a_syntax_error() {
    for text in [
        "", "-", "+-1", "1.", ".5", ".", "1.-5", ".-5", "1e", "1e+", "e5", "1_000", "0x10", "NaN",
        "Infinity", "1 ", " 1", "1e1e1", "1.2.3", "١",
    ] {
        assert_eq!(Number::from_str(text), Err(ParseNumberError::Syntax), "{text:?}");
    }
}

#[test]
fn parse_of_an_oversized_number_is_an_error() {
    let nines = |count| "9".repeat(count);
    let too_long = nines(10_001);
    let zeros = "0".repeat(MAX_TEXT + 1);
    for text in [
        "1e1000000000",
        "1e10001",
        "-1e-10001",
        "100e9223372036854775807",
        "1e99999999999999999999999999999999999999999",
        &too_long,
        &zeros,
    ] {
        assert_eq!(
            Number::from_str(text),
            Err(ParseNumberError::TooLarge),
            "{text:.20}"
        );
    }
    let largest = number(&format!("{}e1", nines(10_000)));
    let smallest = number(&format!("{}e-19999", nines(10_000)));
    assert!(smallest < largest && smallest > Number::from(0));
    assert_eq!(largest.to_i64(), None);
    assert_eq!(largest.to_f64_exact(), None);
    let longest = number(&format!("0.{}{}", "0".repeat(64), nines(10_000)));
    for number in [largest, smallest, longest] {
        assert_eq!(number.to_string().parse(), Ok(number));
    }
}

#[test]
fn to_i64_returns_only_exact_values() {
    assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
    assert_eq!(number("9223372036854775807").to_i64(), Some(i64::MAX));
    assert_eq!(number("9223372036854775808").to_i64(), None);
    assert_eq!(number("3e3").to_i64(), Some(3000));
    assert_eq!(number("1.5").to_i64(), None);
    assert_eq!(Number::INFINITY.to_i64(), None);
}

#[test]
fn from_f64_uses_the_shortest_decimal() {
    assert_eq!(Number::from_f64(0.1), Some(number("0.1")));
    assert_eq!(Number::from_f64(-0.0), Some(number("0")));
    assert_eq!(Number::from_f64(1e300), Some(number("1e300")));
    assert_eq!(Number::from_f64(f64::NEG_INFINITY), Some(Number::NEG_INFINITY));
    assert_eq!(Number::from_f64(f64::NAN), None);
}

#[test]
fn to_f64_exact_returns_only_exact_values() {
    assert_eq!(number("1.5").to_f64_exact(), Some(1.5));
    assert_eq!(number("0.1").to_f64_exact(), None);
    assert_eq!(number("9007199254740993").to_f64_exact(), None);
    assert_eq!(number("1e400").to_f64_exact(), None);
    assert_eq!(number("1e-400").to_f64_exact(), None);
    assert_eq!(Number::INFINITY.to_f64_exact(), Some(f64::INFINITY));
}

#[test]
fn infinities_are_smallest_and_largest() {
    assert!(Number::NEG_INFINITY < number("-1e10000"));
    assert!(Number::INFINITY > number("1e10000"));
    assert_eq!(Number::INFINITY, Number::INFINITY);
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_parsed_text_round_trips(text in "[-+0-9.eE_ ]{0,12}|.{0,12}") {
        if let Ok(number) = Number::from_str(&text) {
            prop_assert_eq!(number.to_string().parse(), Ok(number));
        }
    }

    #[test]
    fn integers_round_trip_and_compare_like_i64(a: i64, b: i64) {
        prop_assert_eq!(Number::from(a).to_i64(), Some(a));
        prop_assert_eq!(Number::from(a).cmp(&Number::from(b)), a.cmp(&b));
        prop_assert_eq!(Number::from(a).to_string(), a.to_string());
    }

    #[test]
    fn floats_round_trip_and_compare_like_f64(a in prop::num::f64::ANY, b in prop::num::f64::ANY) {
        prop_assume!(!a.is_nan() && !b.is_nan());
        let (left, right) = (Number::from_f64(a).unwrap(), Number::from_f64(b).unwrap());
        prop_assert_eq!(Some(left.cmp(&right)), a.partial_cmp(&b));
        if a.is_finite() {
            let back: f64 = left.to_string().parse().unwrap();
            prop_assert_eq!(back.partial_cmp(&a), Some(Ordering::Equal));
        }
    }

    #[test]
    fn full_decimal_expansion_of_a_float_is_exact(value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL) {
        let number = number(&format!("{value:.1074}"));
        prop_assert_eq!(number.to_f64_exact(), Some(value));
    }

    #[test]
    fn scale_and_exponent_do_not_change_equality(
        digits in 1_i64..1_000_000,
        shift in 0_usize..40,
        more in 0_usize..40,
    ) {
        let plain = number(&format!("{digits}{}", "0".repeat(shift)));
        let moved = number(&format!("{digits}{}e-{more}", "0".repeat(shift + more)));
        prop_assert_eq!(&plain, &moved);
        prop_assert_eq!(plain.cmp(&moved), Ordering::Equal);
        let above = number(&format!("{plain}.1"));
        prop_assert!(above > moved);
    }
}
