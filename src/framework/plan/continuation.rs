//! Matches the elements of a configured set with those of the prior set.

use std::collections::BTreeMap;

use super::super::value::Value;

/// The elements of a prior set that no configured element has been matched with.
///
/// A configured element matches a prior one that has the same value in every attribute that the configuration
/// sets. Attributes that it leaves unset may differ, so the elements are looked up by the attributes that are
/// set: for each selection of attributes there is an index, which is built for the first element with that
/// selection.
pub(super) struct Continuations<'a> {
    prior: &'a [Value],
    taken: Vec<bool>,
    indexes: BTreeMap<Vec<&'a str>, Index<'a>>,
}

/// The positions of prior elements by the values of some attributes, the last one first.
type Index<'a> = BTreeMap<Vec<&'a Value>, Vec<usize>>;

impl<'a> Continuations<'a> {
    pub(super) fn of(prior: &'a [Value]) -> Self {
        Continuations {
            prior,
            taken: vec![false; prior.len()],
            indexes: BTreeMap::new(),
        }
    }

    /// Takes a prior element that matches this one.
    pub(super) fn take(&mut self, config: &'a Value) -> Option<&'a Value> {
        let set = config.as_object()?.iter().filter(|(_, value)| !value.is_null());
        let (names, values): (Vec<&str>, Vec<&Value>) =
            set.map(|(name, value)| (name.as_str(), value)).unzip();
        let prior = self.prior;
        let index = self
            .indexes
            .entry(names)
            .or_insert_with_key(|names| index(prior, names));
        let positions = index.get_mut(&values)?;
        while let Some(position) = positions.pop() {
            // An element with another selection may have taken it.
            if !std::mem::replace(&mut self.taken[position], true) {
                return Some(&prior[position]);
            }
        }
        None
    }
}

fn index<'a>(prior: &'a [Value], names: &[&str]) -> Index<'a> {
    let mut index = Index::new();
    for (position, element) in prior.iter().enumerate().rev() {
        let Some(members) = element.as_object() else {
            continue;
        };
        let values = names.iter().map(|name| members.get(name));
        if let Some(values) = values.collect() {
            index.entry(values).or_default().push(position);
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(entries: &[(&str, Value)]) -> Value {
        let entries = entries.iter().cloned();
        Value::Object(entries.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn text(value: &str) -> Value {
        Value::string(value)
    }

    #[test]
    fn an_element_continues_one_prior_element_by_what_it_configures() {
        let prior = [
            object(&[("size", text("s")), ("mode", text("fast")), ("id", text("1"))]),
            object(&[("size", text("s")), ("mode", text("slow")), ("id", text("2"))]),
            object(&[("size", text("s")), ("mode", text("slow")), ("id", text("3"))]),
            Value::Unknown,
        ];
        let sized = object(&[("size", text("s")), ("mode", Value::Null), ("id", Value::Null)]);
        let slow = object(&[("size", text("s")), ("mode", text("slow")), ("id", Value::Null)]);
        let other = object(&[("size", text("m"))]);
        let unknown = object(&[("size", Value::Unknown)]);
        let unheard_of = object(&[("colour", text("red"))]);
        let mut left = Continuations::of(&prior);
        let mut id = |config| {
            left.take(config)
                .map(|found| found.as_object().unwrap()["id"].clone())
        };
        assert_eq!(id(&slow), Some(text("2")));
        assert_eq!(id(&other), None);
        assert_eq!(id(&unknown), None);
        assert_eq!(id(&unheard_of), None);
        // The first one that is left, whichever attributes selected the others.
        assert_eq!(id(&sized), Some(text("1")));
        assert_eq!(id(&sized), Some(text("3")));
        assert_eq!(id(&sized), None);
        assert_eq!(id(&slow), None);
    }
}
