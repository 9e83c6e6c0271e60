//! Numbers of any size and precision.

use bigdecimal::{BigDecimal, ToPrimitive};

/// A number, exact to its last digit.
#[derive(Debug, Clone, PartialEq)]
pub struct Number(BigDecimal);

impl Number {
    /// The number as a whole one, if it is one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        self.0.is_integer().then(|| self.0.to_i64()).flatten()
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Number(BigDecimal::from(value))
    }
}
