//! Paths: their variable segments, decoded, and those of the emulator's own endpoints.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// The decoded variable segments of a path, or the error of one that cannot be decoded.
pub(crate) struct Segments<T>(pub(crate) Result<T, ApiError>);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let segments = Path::<T>::from_request_parts(parts, state).await;
        let decoded = segments.ok().filter(|_| has_whole_escapes(parts.uri.path()));
        let refusal = || ApiError::Rule("Invalid percent-encoding in the path".to_owned());
        Ok(Self(decoded.map(|Path(segments)| segments).ok_or_else(refusal)))
    }
}

/// Whether two hexadecimal digits follow each `%`.
pub(crate) fn has_whole_escapes(path: &str) -> bool {
    path.split('%').skip(1).all(|after| {
        let digits = after.bytes().take(2);
        digits.filter(u8::is_ascii_hexdigit).count() == 2
    })
}

/// Whether the path is one of the emulator's own endpoints, which are not part of the API and not logged.
pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix("/_emulator")
        .is_some_and(|below| below.is_empty() || below.starts_with('/'))
}
