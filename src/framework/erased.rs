//! Converts the untyped values of the protocol service to the models of implementations.

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

/// Reads an untyped value as a model. A mismatch is a bug.
pub(super) fn typed<S: Model>(value: &Value) -> Result<S, Diagnostics> {
    S::from_value(value, &Path::root()).map_err(|error| Diagnostic::from(error).into())
}
