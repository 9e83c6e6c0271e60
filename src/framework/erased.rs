//! From the plain values that the protocol service handles to the typed models that implementations want.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::value::{ConvertError, FromValue, IntoValue, Model, Path, Type, Value, ValueType};

impl FromValue for Value {
    fn from_value(value: &Value, _path: &Path) -> Result<Self, ConvertError> {
        Ok(value.clone())
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl ValueType for Value {
    fn value_type() -> Type {
        Type::Dynamic
    }
}

impl Model for Value {}

/// Reads a plain value as a model; that it does not fit is a bug.
pub(super) fn typed<S: Model>(value: &Value) -> Result<S, Diagnostics> {
    S::from_value(value, &Path::root()).map_err(|error| Diagnostic::from(error).into())
}
