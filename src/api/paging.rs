//! Walking lists that come in pages.

use std::collections::HashSet;

/// The cursors of one walk. A cursor that comes back would make the walk endless.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    seen: HashSet<String>,
}

/// The API sent a cursor for the second time.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it repeats the cursor of an earlier page, so the list has no end")]
pub(super) struct Repeated;

impl Cursors {
    /// The cursor of the next page; none where the last page has been read, which an absent, null or blank
    /// cursor says.
    pub(super) fn next(&mut self, cursor: Option<String>) -> Result<Option<String>, Repeated> {
        let Some(cursor) = cursor.filter(|cursor| !cursor.trim().is_empty()) else {
            return Ok(None);
        };
        if self.seen.insert(cursor.clone()) {
            Ok(Some(cursor))
        } else {
            Err(Repeated)
        }
    }
}

/// Drops elements whose id came before: a list is no snapshot, and an insertion while walking shifts it.
pub(super) fn without_repeats<T>(elements: Vec<T>, id: impl Fn(&T) -> &str) -> Vec<T> {
    let mut seen = HashSet::new();
    elements
        .into_iter()
        .filter(|element| seen.insert(id(element).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_ends_without_a_cursor_and_fails_on_a_repeated_one() {
        let mut cursors = Cursors::default();
        for end in [None, Some(String::new()), Some("  ".into())] {
            assert_eq!(cursors.next(end), Ok(None));
        }
        assert_eq!(cursors.next(Some("a".into())), Ok(Some("a".into())));
        assert_eq!(cursors.next(Some("b".into())), Ok(Some("b".into())));
        assert_eq!(cursors.next(Some("a".into())), Err(Repeated));
    }

    #[test]
    fn the_first_of_equal_ids_stays() {
        let kept = without_repeats(vec![("1", "a"), ("2", "b"), ("1", "c")], |element| element.0);
        assert_eq!(kept, [("1", "a"), ("2", "b")]);
    }
}
