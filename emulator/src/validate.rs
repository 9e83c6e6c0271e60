//! Parses a JSON body field by field and collects all issues, with the texts of the Zod library, which the
//! API's error bodies contain.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize;
use serde_json::{Map, Value};

/// One issue of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Issue {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<Vec<Segment>>,
}

impl Issue {
    /// Creates an issue without a path, such as a missing role.
    pub(crate) fn reason(message: &str) -> Self {
        Self {
            code: None,
            message: message.to_owned(),
            path: None,
        }
    }

    /// Creates an issue of a field for a rule beyond types and ranges.
    pub(crate) fn custom(message: &str, path: Vec<Segment>) -> Self {
        Self {
            code: Some("custom"),
            message: message.to_owned(),
            path: Some(path),
        }
    }
}

/// Formats the issue as one line, which begins with the path if there is one.
impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self
            .path
            .iter()
            .flatten()
            .map(|segment| match segment {
                Segment::Key(key) => key.clone(),
                Segment::Index(index) => index.to_string(),
            })
            .collect();
        if !steps.is_empty() {
            write!(f, "{}: ", steps.join("."))?;
        }
        f.write_str(&self.message)
    }
}

/// A step of a path: the name of a field or the position in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Segment {
    Key(String),
    Index(usize),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

/// A closed set of values with names in JSON.
pub(crate) trait NamedEnum: Copy + 'static {
    const ALL: &'static [Self];
    fn name(self) -> &'static str;

    /// Returns the value with this exact name.
    fn named(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.name() == text)
    }
}

/// Declares a closed set with the name of each value, under which it is serialized.
macro_rules! named_enum {
    ($(#[$attribute:meta])* $visible:vis enum $set:ident { $($(#[$doc:meta])* $value:ident = $name:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $visible enum $set {
            $($(#[$doc])* $value,)*
        }

        impl $crate::validate::NamedEnum for $set {
            const ALL: &'static [Self] = &[$(Self::$value,)*];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)*
                }
            }
        }

        impl serde::Serialize for $set {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::validate::NamedEnum::name(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $set {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                $crate::validate::NamedEnum::named(&name)
                    .ok_or_else(|| serde::de::Error::custom(format!("unknown name {name:?}")))
            }
        }
    };
}
pub(crate) use named_enum;

/// Parses a value with `read`, which must have recorded an issue wherever it returns `None`.
pub(crate) fn check<T>(value: &Value, read: impl FnOnce(Node<'_>) -> Option<T>) -> Result<T, Vec<Issue>> {
    let issues = RefCell::new(Vec::new());
    let result = read(Node {
        value: Some(value),
        path: Vec::new(),
        issues: &issues,
    });
    match (result, issues.into_inner()) {
        (Some(value), issues) if issues.is_empty() => Ok(value),
        (None, issues) if issues.is_empty() => Err(vec![Issue::custom("Invalid input", Vec::new())]),
        (_, issues) => Err(issues),
    }
}

/// A position in the request, which may have no value.
pub(crate) struct Node<'a> {
    value: Option<&'a Value>,
    path: Vec<Segment>,
    issues: &'a RefCell<Vec<Issue>>,
}

impl<'a> Node<'a> {
    /// Records an issue here. Always returns `None`, so that a parser can end with it.
    pub(crate) fn reject<T>(&self, code: &'static str, message: impl Into<String>) -> Option<T> {
        self.issues.borrow_mut().push(Issue {
            code: Some(code),
            message: message.into(),
            path: Some(self.path.clone()),
        });
        None
    }

    fn wrong_type<T>(&self, expected: &str) -> Option<T> {
        match self.value {
            None => self.reject("invalid_type", "Required"),
            Some(value) => self.reject(
                "invalid_type",
                format!("Expected {expected}, received {}", type_name(value)),
            ),
        }
    }

    /// Parses a field that may be absent, but not null. `None` also stands for an invalid value, whose issue
    /// fails the check.
    pub(crate) fn optional<T>(self, read: impl FnOnce(Self) -> Option<T>) -> Option<T> {
        if self.value.is_none() { None } else { read(self) }
    }

    /// Returns the same position, with null counted as absent.
    pub(crate) fn unless_null(mut self) -> Self {
        self.value = self.value.filter(|value| !value.is_null());
        self
    }

    pub(crate) fn any(&self) -> Option<&'a Value> {
        self.value.or_else(|| self.wrong_type("value"))
    }

    pub(crate) fn object(&self) -> Option<Fields<'a>> {
        match self.value {
            Some(Value::Object(map)) => Some(Fields {
                map,
                path: self.path.clone(),
                issues: self.issues,
            }),
            _ => self.wrong_type("object"),
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        self.value.is_none()
    }

    pub(crate) fn is_list(&self) -> bool {
        self.value.is_some_and(Value::is_array)
    }

    /// Parses every element. Returns `None` if one of them is invalid.
    pub(crate) fn list<T>(&self, mut read: impl FnMut(Node<'a>) -> Option<T>) -> Option<Vec<T>> {
        let Some(Value::Array(elements)) = self.value else {
            return self.wrong_type("array");
        };
        let read: Vec<Option<T>> = elements
            .iter()
            .enumerate()
            .map(|(index, element)| {
                let mut path = self.path.clone();
                path.push(Segment::Index(index));
                read(Node {
                    value: Some(element),
                    path,
                    issues: self.issues,
                })
            })
            .collect();
        read.into_iter().collect()
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.value {
            Some(Value::Bool(value)) => Some(*value),
            _ => self.wrong_type("boolean"),
        }
    }

    pub(crate) fn string(&self) -> Option<&'a str> {
        match self.value {
            Some(Value::String(text)) => Some(text),
            _ => self.wrong_type("string"),
        }
    }

    /// Parses a string whose length, in characters, is in the range.
    pub(crate) fn string_of(&self, length: RangeInclusive<usize>) -> Option<&'a str> {
        let text = self.string()?;
        self.length(text.chars().count(), &length)?;
        Some(text)
    }

    pub(crate) fn length(&self, count: usize, limits: &RangeInclusive<usize>) -> Option<()> {
        if count < *limits.start() {
            return self.reject(
                "too_small",
                format!("String must contain at least {} character(s)", limits.start()),
            );
        }
        if count > *limits.end() {
            return self.reject(
                "too_big",
                format!("String must contain at most {} character(s)", limits.end()),
            );
        }
        Some(())
    }

    /// Parses a whole number in the range. `4.0` is one, as in JSON's own model.
    pub(crate) fn integer(&self, range: &RangeInclusive<i64>) -> Option<i64> {
        let Some(Value::Number(number)) = self.value else {
            return self.wrong_type("number");
        };
        let float = number.as_f64();
        if number.as_i64().is_none() && float.is_some_and(|float| float.fract() != 0.0) {
            return self.reject("invalid_type", "Expected integer, received float");
        }
        let whole = number.as_i64().or_else(|| format!("{:.0}", float?).parse().ok());
        // Such a number has too many digits for any range.
        let beyond = if number.to_string().starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        };
        self.in_range(whole.unwrap_or(beyond), range)
    }

    pub(crate) fn fraction(&self) -> Option<f64> {
        let Some(Value::Number(number)) = self.value else {
            return self.wrong_type("number");
        };
        let fraction = number.as_f64().filter(|number| (0.0..=1.0).contains(number));
        fraction.or_else(|| self.reject("custom", "Number must be from 0 to 1"))
    }

    /// Parses a whole number in the text of a query.
    pub(crate) fn integer_text(&self, range: &RangeInclusive<i64>) -> Option<i64> {
        match self.string()?.parse() {
            Ok(number) => self.in_range(number, range),
            Err(_) => self.reject("invalid_type", "Expected number, received nan"),
        }
    }

    fn in_range(&self, number: i64, range: &RangeInclusive<i64>) -> Option<i64> {
        if number < *range.start() {
            return self.reject(
                "too_small",
                format!("Number must be greater than or equal to {}", range.start()),
            );
        }
        if number > *range.end() {
            return self.reject(
                "too_big",
                format!("Number must be less than or equal to {}", range.end()),
            );
        }
        Some(number)
    }

    /// Parses one of a closed set of names, compared exactly.
    pub(crate) fn enum_value<T: NamedEnum>(&self) -> Option<T> {
        let text = self.string()?;
        T::named(text).or_else(|| {
            let names: Vec<String> = T::ALL.iter().map(|value| format!("'{}'", value.name())).collect();
            let expected = names.join(" | ");
            self.reject(
                "invalid_enum_value",
                format!("Invalid enum value. Expected {expected}, received '{text}'"),
            )
        })
    }
}

/// An object in the request.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: Vec<Segment>,
    issues: &'a RefCell<Vec<Issue>>,
}

impl<'a> Fields<'a> {
    pub(crate) fn field(&self, name: &str) -> Node<'a> {
        let mut path = self.path.clone();
        path.push(name.into());
        Node {
            value: self.map.get(name),
            path,
            issues: self.issues,
        }
    }

    /// Refuses unknown fields. The API ignores them; the emulator's own endpoints report them, because they
    /// are usually typing errors.
    pub(crate) fn only(&self, names: &[&str]) {
        let unknown: Vec<String> = self
            .map
            .keys()
            .filter(|key| !names.contains(&key.as_str()))
            .map(|key| format!("'{key}'"))
            .collect();
        if !unknown.is_empty() {
            self.issues.borrow_mut().push(Issue {
                code: Some("unrecognized_keys"),
                message: format!("Unrecognized key(s) in object: {}", unknown.join(", ")),
                path: Some(self.path.clone()),
            });
        }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
