//! Lists in pages.

use std::collections::HashSet;

/// The maximum number of pages of a listing.
const PAGE_LIMIT: usize = 10_000;

/// The maximum length of a cursor, in bytes. A URL with a longer one would be refused.
const CURSOR_LIMIT: usize = 8 << 10;

/// The cursors of one listing. They detect a listing without end: a cursor can be repeated, or cursors can
/// follow each other endlessly.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    seen: HashSet<String>,
}

/// Why a listing cannot continue.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PagingError {
    /// The API sent a cursor for the second time.
    #[error("it repeats the cursor of an earlier page, so the list has no end")]
    Repeated,
    /// The maximum number of pages was read.
    #[error("the list goes on after {PAGE_LIMIT} pages, and no more are read")]
    TooManyPages,
    /// The cursor is too long for a URL.
    #[error("the cursor of the next page is longer than {CURSOR_LIMIT} bytes")]
    TooLong,
}

impl Cursors {
    /// Returns the cursor of the next page; `None` after the last page, whose cursor is absent, null or
    /// blank.
    pub(super) fn next(&mut self, cursor: Option<String>) -> Result<Option<String>, PagingError> {
        let Some(cursor) = cursor.filter(|cursor| !cursor.trim().is_empty()) else {
            return Ok(None);
        };
        if cursor.len() > CURSOR_LIMIT {
            return Err(PagingError::TooLong);
        }
        // There is one cursor fewer than pages so far.
        if self.seen.len() + 1 >= PAGE_LIMIT {
            return Err(PagingError::TooManyPages);
        }
        if self.seen.insert(cursor.clone()) {
            Ok(Some(cursor))
        } else {
            Err(PagingError::Repeated)
        }
    }
}

/// Removes elements whose id occurred before, because an insertion between two requests shifts a listing.
pub(super) fn without_repeats<T>(mut elements: Vec<T>, id: impl Fn(&T) -> &str) -> Vec<T> {
    let mut seen = HashSet::with_capacity(elements.len());
    let first: Vec<bool> = elements.iter().map(|element| seen.insert(id(element))).collect();
    let mut first = first.into_iter();
    elements.retain(|_| first.next().unwrap_or(true));
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_ends_without_cursor_and_rejects_a_repeated_one() {
        let mut cursors = Cursors::default();
        for end in [None, Some(String::new()), Some("  ".into())] {
            assert_eq!(cursors.next(end), Ok(None));
        }
        assert_eq!(cursors.next(Some("a".into())), Ok(Some("a".into())));
        assert_eq!(cursors.next(Some("b".into())), Ok(Some("b".into())));
        assert_eq!(cursors.next(Some("a".into())), Err(PagingError::Repeated));
    }

    #[test]
    fn next_rejects_page_10001_and_an_oversized_cursor() {
        let mut cursors = Cursors::default();
        // A cursor follows each page except the last.
        for page in 1..10_000 {
            let cursor = page.to_string();
            assert_eq!(cursors.next(Some(cursor.clone())), Ok(Some(cursor)));
        }
        assert_eq!(cursors.next(None), Ok(None));
        let error = cursors.next(Some("10000".into())).unwrap_err();
        assert!(error.to_string().contains("10000 pages"), "{error}");
        let long = "c".repeat(CURSOR_LIMIT + 1);
        assert_eq!(Cursors::default().next(Some(long)), Err(PagingError::TooLong));
    }

    #[test]
    fn without_repeats_returns_the_first_of_equal_ids() {
        let kept = without_repeats(vec![("1", "a"), ("2", "b"), ("1", "c")], |element| element.0);
        assert_eq!(kept, [("1", "a"), ("2", "b")]);
    }
}
