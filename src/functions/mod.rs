//! What is worked out offline: one file for each function.

use crate::framework::Function;

/// Every function.
pub fn all() -> Vec<Box<dyn Function>> {
    vec![]
}
