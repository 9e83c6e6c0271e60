//! What is worked out offline: one file for each function.

mod connection_string;

use crate::framework::Function;

/// Every function.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![Box::new(connection_string::ConnectionString)]
}
