//! An observer of the responses of the API's endpoints.

use std::fmt;
use std::sync::Arc;

/// An API request and its response. The body may contain secrets, so it must not be logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// The status of the response.
    pub status: u16,
    /// The `Content-Type` of the response, if it has one.
    pub content_type: Option<String>,
    /// The whole body of the response.
    pub body: Vec<u8>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("method", &self.method)
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// A function that is called with each exchange.
#[derive(Clone)]
pub(crate) struct Observer(Arc<dyn Fn(&Exchange) + Send + Sync>);

impl Observer {
    pub(crate) fn new(observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observer))
    }

    /// Calls the function.
    pub(crate) fn call(&self, exchange: &Exchange) {
        (self.0)(exchange);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Observer")
    }
}
