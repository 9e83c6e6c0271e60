//! The response to a successful call.

use jiff::Timestamp;

/// The response to a call.
#[derive(Debug, Clone)]
pub struct Reply<T> {
    /// The content of the response.
    pub body: T,
    /// The time of the response by the API's clock (the `Date` header); for several pages, that of the last
    /// one.
    pub date: Option<Timestamp>,
    /// The address of the request, without the query.
    pub url: String,
}

impl<T> Reply<T> {
    /// Returns the same response with converted content.
    pub(super) fn map<U>(self, content: impl FnOnce(T) -> U) -> Reply<U> {
        Reply {
            body: content(self.body),
            date: self.date,
            url: self.url,
        }
    }
}
