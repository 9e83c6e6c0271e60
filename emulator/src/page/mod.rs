//! The page for people: what it is made of, and what it is fed with.

mod document;
mod overview;

pub(crate) use document::page;
pub(crate) use overview::overview;
