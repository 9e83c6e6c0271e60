//! The attributes of an object, by name.

use std::borrow::Cow;
use std::iter::Map;
use std::ops::Index;
use std::{fmt, slice, vec};

use super::Value;

/// The name of an attribute. Names of a schema are static, so cloning one copies no text.
pub type Name = Cow<'static, str>;

/// The attributes of an object, sorted by name, each name once.
///
/// Unlike a map it takes no more memory than its attributes, because a data source can return tens of thousands of
/// objects.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Members(Vec<(Name, Value)>);

impl Members {
    /// Creates an object without attributes.
    pub fn new() -> Self {
        Members::default()
    }

    /// Creates an object without attributes, with capacity for `count`.
    pub(super) fn with_capacity(count: usize) -> Self {
        Members(Vec::with_capacity(count))
    }

    /// Sorts attributes. The function is not generic, because the code of a sort is large and is needed once.
    fn sorted(mut members: Vec<(Name, Value)>) -> Self {
        // The sort is stable, so the last attribute of several with the same name precedes the others
        // afterwards.
        members.reverse();
        members.sort_by(|a, b| a.0.cmp(&b.0));
        members.dedup_by(|next, kept| next.0 == kept.0);
        Members(members)
    }

    /// Returns the number of attributes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no attributes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        // Objects are usually built in the order of their names.
        if self.0.last().is_none_or(|(last, _)| **last < *name) {
            return Err(self.0.len());
        }
        self.0.binary_search_by(|(own, _)| (**own).cmp(name))
    }

    /// Returns the value of an attribute, if there is one with that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        // An object has few attributes. Names of equal length are rare, and only those are compared.
        let found = self.0.iter().find(|(own, _)| *own == *name);
        found.map(|(_, value)| value)
    }

    /// Whether there is an attribute with that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets an attribute. Returns its earlier value.
    pub fn insert(&mut self, name: impl Into<Name>, value: Value) -> Option<Value> {
        let name = name.into();
        match self.position(&name) {
            Ok(position) => Some(std::mem::replace(&mut self.0[position].1, value)),
            Err(position) => {
                self.0.insert(position, (name, value));
                None
            }
        }
    }

    /// Returns a mutable reference to the value of an attribute. A missing one is set to null first.
    pub fn entry(&mut self, name: impl Into<Name>) -> &mut Value {
        let name = name.into();
        let position = match self.position(&name) {
            Ok(position) => position,
            Err(position) => {
                self.0.insert(position, (name, Value::Null));
                position
            }
        };
        &mut self.0[position].1
    }

    /// Removes an attribute. Returns its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let position = self.position(name).ok()?;
        Some(self.0.remove(position).1)
    }

    /// Returns the attributes, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Name, &Value)> {
        self.into_iter()
    }

    /// Returns the names in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Name> {
        self.0.iter().map(|(name, _)| name)
    }

    /// Returns the values, sorted by name.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Index<&str> for Members {
    type Output = Value;

    /// Returns the value of an attribute.
    ///
    /// # Panics
    ///
    /// If there is no attribute with that name.
    fn index(&self, name: &str) -> &Value {
        match self.get(name) {
            Some(value) => value,
            None => panic!("there is no attribute {name:?}"),
        }
    }
}

impl<N: Into<Name>> FromIterator<(N, Value)> for Members {
    /// Of several attributes with the same name the last one is kept.
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(attributes: I) -> Self {
        let attributes = attributes.into_iter().map(|(name, value)| (name.into(), value));
        Members::sorted(attributes.collect())
    }
}

impl<N: Into<Name>, const COUNT: usize> From<[(N, Value); COUNT]> for Members {
    fn from(attributes: [(N, Value); COUNT]) -> Self {
        attributes.into_iter().collect()
    }
}

impl<N: Into<Name>> Extend<(N, Value)> for Members {
    fn extend<I: IntoIterator<Item = (N, Value)>>(&mut self, attributes: I) {
        for (name, value) in attributes {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Members {
    type Item = (Name, Value);
    type IntoIter = vec::IntoIter<(Name, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = (&'a Name, &'a Value);
    type IntoIter = Map<slice::Iter<'a, (Name, Value)>, fn(&'a (Name, Value)) -> Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(entries: &[(&'static str, bool)]) -> Members {
        let entries = entries.iter().copied();
        entries.map(|(name, value)| (name, Value::Bool(value))).collect()
    }

    #[test]
    fn members_are_sorted_and_the_last_duplicate_is_used() {
        let given = members(&[("b", true), ("c", true), ("a", true), ("b", false)]);
        let names: Vec<&str> = given.keys().map(|name| &**name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(given["b"], Value::Bool(false));
        assert_eq!(given, members(&[("c", true), ("b", false), ("a", true)]));
        assert_eq!(given.get("d"), None);
    }

    #[test]
    fn insert_entry_and_remove_use_the_name() {
        let mut given = members(&[("b", true)]);
        assert_eq!(given.insert("a".to_owned(), Value::Null), None);
        assert_eq!(given.insert("b", Value::Null), Some(Value::Bool(true)));
        *given.entry("c") = Value::Bool(true);
        assert_eq!(given.entry("b"), &Value::Null);
        assert_eq!(given.remove("a"), Some(Value::Null));
        assert_eq!(given.remove("a"), None);
        let expected = Members::from([("b", Value::Null), ("c", Value::Bool(true))]);
        assert_eq!(given, expected);
    }

    #[test]
    fn value_and_name_sizes_are_limited() {
        // A data source can return half a million values.
        assert!(size_of::<Value>() <= 32, "{}", size_of::<Value>());
        assert!(size_of::<Name>() <= 24, "{}", size_of::<Name>());
    }
}
