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
    #[error("it repeats the cursor of an earlier page, so the list has no end")]
    Repeated,
    #[error("the list goes on after {PAGE_LIMIT} pages, and no more are read")]
    TooManyPages,
    #[error("the cursor of the next page is longer than {CURSOR_LIMIT} bytes")]
    TooLong,
}

impl Cursors {
    /// Records the cursor of the next page.
    pub(super) fn record(&mut self, cursor: &str) -> Result<(), PagingError> {
        if cursor.len() > CURSOR_LIMIT {
            Err(PagingError::TooLong)
        // There is one cursor fewer than pages so far.
        } else if self.seen.len() + 1 >= PAGE_LIMIT {
            Err(PagingError::TooManyPages)
        } else if self.seen.insert(cursor.to_owned()) {
            Ok(())
        } else {
            Err(PagingError::Repeated)
        }
    }
}

/// Whether a cursor has no content, as that of a last page.
pub(super) fn is_blank(cursor: &str) -> bool {
    cursor.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_rejects_a_repeated_cursor() {
        let mut cursors = Cursors::default();
        assert_eq!(cursors.record("a"), Ok(()));
        assert_eq!(cursors.record("b"), Ok(()));
        assert_eq!(cursors.record("a"), Err(PagingError::Repeated));
    }

    #[test]
    fn record_rejects_page_10001_and_an_oversized_cursor() {
        let mut cursors = Cursors::default();
        // A cursor follows each page except the last.
        for page in 1..10_000 {
            assert_eq!(cursors.record(&page.to_string()), Ok(()));
        }
        let error = cursors.record("10000").unwrap_err();
        assert!(error.to_string().contains("10000 pages"), "{error}");
        let long = "c".repeat(CURSOR_LIMIT + 1);
        assert_eq!(Cursors::default().record(&long), Err(PagingError::TooLong));
    }
}
