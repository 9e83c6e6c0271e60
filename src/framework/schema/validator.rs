//! Rules for the value of an attribute.

use std::fmt;
use std::sync::Arc;

use super::super::value::Value;

/// A rule for a known, non-null value. Its error is the rest of the sentence "`name` …", for instance "must
/// be a whole number from 0 to 64".
#[derive(Clone)]
pub struct Validator(Arc<Rule>);

type Rule = dyn Fn(&Value) -> Result<(), String> + Send + Sync;

impl Validator {
    /// Creates a rule for a value.
    pub fn new(rule: impl Fn(&Value) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Validator(Arc::new(rule))
    }

    /// Checks a value.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        (self.0)(value)
    }

    /// Creates a rule for the text of a string.
    pub fn text(rule: impl Fn(&str) -> Result<(), String> + Send + Sync + 'static) -> Self {
        Validator::new(move |value| value.as_str().map_or(Ok(()), &rule))
    }

    /// Creates the rule that a value is one of these words.
    pub fn one_of(words: &'static [&'static str]) -> Self {
        Validator::text(move |text| {
            if words.contains(&text) {
                Ok(())
            } else {
                Err(format!("must be one of {}, not {text:?}", words.join(", ")))
            }
        })
    }

    /// Creates the rule that a value is a whole number of seconds from `least` to `most`.
    pub fn seconds(least: i64, most: i64) -> Self {
        let number = Validator::whole_number(least, most);
        Validator::new(move |value| {
            number
                .check(value)
                .map_err(|broken| format!("{broken} (in seconds)"))
        })
    }

    /// Creates the rule that a value is a whole number from `least` to `most`.
    pub fn whole_number(least: i64, most: i64) -> Self {
        Validator::new(move |value| match value {
            Value::Number(number) if number.to_i64().is_some_and(|n| (least..=most).contains(&n)) => Ok(()),
            Value::Number(number) if most == i64::MAX => Err(format!(
                "must be a whole number of at least {least}, not {number}"
            )),
            Value::Number(number) => Err(format!(
                "must be a whole number from {least} to {most}, not {number}"
            )),
            _ => Ok(()),
        })
    }
}

impl fmt::Debug for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Validator")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_number_accepts_integers_in_its_range() {
        let rule = Validator::whole_number(0, 64);
        let accepts = |number: &str| rule.check(&Value::Number(number.parse().unwrap())).is_ok();
        for good in ["0", "64", "1.0", "6e1"] {
            assert!(accepts(good), "{good}");
        }
        for bad in ["-1", "65", "1.5", "99999999999999999999"] {
            assert!(!accepts(bad), "{bad}");
        }
    }
}
