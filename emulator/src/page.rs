//! The page for browsers and its data.

mod document;
mod overview;

pub(crate) use document::page;
pub(crate) use overview::overview;
