//! Functions, which need no API: one file for each.

mod connection_string;

use crate::framework::Function;

/// Every function.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![Box::new(connection_string::ConnectionString)]
}
