//! Numbers of any size and precision.
//!
//! They are only parsed, compared and formatted, for which decimal digits are sufficient.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The maximum number of digits, not counting zeros at either end.
///
/// Core computes with 512 bits, about 155 digits, so this is generous. It keeps every comparison and
/// conversion cheap, whatever a state file contains.
const MAX_DIGITS: usize = 10_000;

/// The maximum distance of the first digit from the decimal point, on either side: `1e1000000000` has twelve
/// characters, but its plain form takes a gigabyte.
const MAX_MAGNITUDE: u64 = 10_000;

/// The maximum length of a parsed text. Zeros at the ends make a text longer than the number in it.
const MAX_TEXT: usize = 25_000;

/// The maximum number of zeros between the digits and the decimal point in the plain form; beyond it the
/// exponent form is used.
const MAX_PADDING: u64 = 64;

/// An exact decimal number, or positive or negative infinity, which Terraform also supports.
///
/// Numbers are equal and ordered by value: `1.0` is `1`, and `1e2` is `100`. They have at most 10 000 digits,
/// and lie between 1e-10000 and 1e10001, or between their negatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(Repr);

/// Each number has one representation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Repr {
    NegativeInfinity,
    Infinity,
    /// Every whole number in the range of `i64`.
    Whole(i64),
    /// All other finite numbers.
    Decimal(Box<Decimal>),
}

/// The number ±0.d₁d₂d₃… × 10^point.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    /// The number of digits before the decimal point; negative if zeros follow the point.
    point: i64,
    /// ASCII digits without zeros at either end; empty for zero.
    digits: String,
}

/// A text that is not a number, or whose number exceeds the limits.
///
/// Neither message repeats the text, because it may come from a sensitive attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseNumberError {
    /// The text is not a decimal number.
    #[error("not a decimal number")]
    Syntax,
    /// The number has more digits, or a larger or smaller magnitude, than a [`Number`] may have.
    #[error("a number of more than {MAX_DIGITS} digits, or with an exponent beyond {MAX_MAGNITUDE}")]
    TooLarge,
}

impl Decimal {
    fn length(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX)
    }

    fn is_integer(&self) -> bool {
        self.point >= self.length()
    }

    /// Returns the number as `i64` if it is a whole number in its range.
    fn to_i64(&self) -> Option<i64> {
        if !self.is_integer() {
            return None;
        }
        // A number of more than 19 digits exceeds `i64`, so it is not formatted.
        let places = usize::try_from(self.point).ok().filter(|places| *places <= 19)?;
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{:0<places$}", self.digits).parse().ok()
    }

    /// Returns the number of zeros in the plain form between the digits and the decimal point.
    fn padding(&self) -> u64 {
        if self.point > 0 {
            u64::try_from(self.point - self.length()).unwrap_or(0)
        } else {
            self.point.unsigned_abs()
        }
    }

    fn write_plain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(places) = usize::try_from(self.point) else {
            let zeros = usize::try_from(self.point.unsigned_abs()).unwrap_or(usize::MAX);
            return write!(f, "0.{:0<zeros$}{}", "", self.digits);
        };
        match self.digits.split_at_checked(places) {
            Some(("", fraction)) => write!(f, "0.{fraction}"),
            Some((whole, "")) => f.write_str(whole),
            Some((whole, fraction)) => write!(f, "{whole}.{fraction}"),
            None => write!(f, "{:0<places$}", self.digits),
        }
    }

    fn write_scientific(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.point - 1;
        match self.digits.split_at_checked(1) {
            Some((first, "")) => write!(f, "{first}e{exponent}"),
            Some((first, rest)) => write!(f, "{first}.{rest}e{exponent}"),
            None => f.write_str("0"),
        }
    }

    /// Compares two numbers without their signs. If one text of digits is the beginning of the other, the
    /// longer one is greater.
    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        (self.point, &self.digits).cmp(&(other.point, &other.digits))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Number {
    /// Greater than every other number.
    pub const INFINITY: Number = Number(Repr::Infinity);
    /// Less than every other number.
    pub const NEG_INFINITY: Number = Number(Repr::NegativeInfinity);

    /// Returns the number with the shortest decimal form of a float, so that the float nearest to 0.1 is 0.1,
    /// as in core. `None` for NaN.
    pub fn from_f64(value: f64) -> Option<Self> {
        if value.is_infinite() {
            return Some(if value > 0.0 {
                Number::INFINITY
            } else {
                Number::NEG_INFINITY
            });
        }
        // Rust writes a float with the fewest digits that identify it. NaN does not parse.
        format!("{value:e}").parse().ok()
    }

    /// Returns the number as `i64` if it is a whole number in its range.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Whole(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the number as a float if there is a float with exactly this value.
    pub fn to_f64_exact(&self) -> Option<f64> {
        match &self.0 {
            Repr::Infinity => Some(f64::INFINITY),
            Repr::NegativeInfinity => Some(f64::NEG_INFINITY),
            Repr::Whole(_) | Repr::Decimal(_) => {
                let nearest: f64 = self.to_string().parse().ok()?;
                // No float has more decimal places, so this is its exact value.
                let exact: Number = format!("{nearest:.1074}").parse().ok()?;
                (exact == *self).then_some(nearest)
            }
        }
    }

    /// Whether the number is finite and has no digits after the decimal point.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Whole(_) => true,
            Repr::Decimal(value) => value.is_integer(),
            Repr::NegativeInfinity | Repr::Infinity => false,
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Whole(a), Repr::Whole(b)) => a.cmp(b),
            (Repr::Decimal(a), Repr::Decimal(b)) => a.cmp(b),
            (Repr::Whole(a), Repr::Decimal(b)) => decimal(*a < 0, a.unsigned_abs()).cmp(b),
            (Repr::Decimal(a), Repr::Whole(b)) => a.as_ref().cmp(&decimal(*b < 0, b.unsigned_abs())),
            (a, b) => rank(a).cmp(&rank(b)),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Returns -1 and 1 for the infinities and 0 for finite numbers.
fn rank(repr: &Repr) -> i8 {
    match repr {
        Repr::NegativeInfinity => -1,
        Repr::Whole(_) | Repr::Decimal(_) => 0,
        Repr::Infinity => 1,
    }
}

/// Returns the decimal form of a whole number, to compare it with others.
fn decimal(negative: bool, magnitude: u64) -> Decimal {
    let text = magnitude.to_string();
    let digits = text.trim_end_matches('0');
    Decimal {
        negative,
        // The magnitude of zero is less than every other.
        point: match digits {
            "" => i64::MIN,
            _ => i64::try_from(text.len()).unwrap_or(i64::MAX),
        },
        digits: digits.to_owned(),
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {
        $(
            impl From<$integer> for Number {
                fn from(value: $integer) -> Self {
                    Number(Repr::Whole(value.into()))
                }
            }
        )*
    };
}

from_integers!(i32, u32, i64);

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        match i64::try_from(value) {
            Ok(value) => Number::from(value),
            Err(_) => Number(Repr::Decimal(Box::new(decimal(false, value)))),
        }
    }
}

impl FromStr for Number {
    type Err = ParseNumberError;

    /// Parses `[+-] digits [. digits] [e [+-] digits]`: JSON's numbers, and the text that core sends for a
    /// number that fits neither an integer nor a float.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_TEXT {
            return Err(ParseNumberError::TooLarge);
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (text, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let parts = [Some(unsigned(whole)), fraction, exponent.map(unsigned)];
        if !parts.into_iter().flatten().all(is_digits) {
            return Err(ParseNumberError::Syntax);
        }
        let exponent = exponent.map_or(Ok(0), str::parse::<i32>);
        let exponent = exponent.map_err(|_| ParseNumberError::TooLarge)?;
        let all = [unsigned(whole), fraction.unwrap_or_default()].concat();
        let digits = all.trim_start_matches('0');
        let zeros = all.len() - digits.len();
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            return Ok(Number::from(0));
        }
        let distance = |length: usize| i64::try_from(length).map_err(|_| ParseNumberError::TooLarge);
        let value = Decimal {
            negative: whole.starts_with('-'),
            point: distance(unsigned(whole).len())? - distance(zeros)? + i64::from(exponent),
            digits: digits.to_owned(),
        };
        if value.digits.len() > MAX_DIGITS || (value.point - 1).unsigned_abs() > MAX_MAGNITUDE {
            return Err(ParseNumberError::TooLarge);
        }
        Ok(Number(match value.to_i64() {
            Some(whole) => Repr::Whole(whole),
            None => Repr::Decimal(Box::new(value)),
        }))
    }
}

/// Returns the text without a leading sign.
fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Number {
    /// Writes the shortest exact decimal form. For finite numbers it is valid JSON, and [`FromStr`] parses
    /// it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match &self.0 {
            Repr::NegativeInfinity => return f.write_str("-Infinity"),
            Repr::Infinity => return f.write_str("Infinity"),
            Repr::Whole(value) => return write!(f, "{value}"),
            Repr::Decimal(value) => value,
        };
        if value.negative {
            f.write_str("-")?;
        }
        if value.padding() > MAX_PADDING {
            value.write_scientific(f)
        } else {
            value.write_plain(f)
        }
    }
}
