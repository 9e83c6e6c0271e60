//! Taking over what another provider, or an older version of this one, has written.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::resource::Stored;
use super::value::json::{self, UnknownMembers};
use super::value::{Model, Path, Value};

/// Makes a state of a resource from the stored JSON of another schema.
#[derive(Clone)]
pub struct Conversion<S>(Arc<Convert<S>>);

type Convert<S> = dyn Fn(&[u8]) -> Result<Stored<S>, Diagnostics> + Send + Sync;

impl<S: Model> Conversion<S> {
    /// Reads the JSON as `F`, the typed form of the other schema, and makes a state of it. Attributes that
    /// `F` does not have are ignored, those that the JSON does not have are null.
    pub fn from<F: Model>(
        convert: impl Fn(F) -> Result<Stored<S>, Diagnostics> + Send + Sync + 'static,
    ) -> Self {
        Conversion(Arc::new(move |stored| {
            let value = json::decode(stored, &F::value_type(), UnknownMembers::Ignore)
                .map_err(|error| unreadable(&error))?;
            if value.is_null() {
                return Err(unreadable(&"it holds no object"));
            }
            convert(F::from_value(&value, &Path::root()).map_err(|error| unreadable(&error))?)
        }))
    }

    /// The state that the stored JSON makes.
    pub fn convert(&self, stored: &[u8]) -> Result<Stored<S>, Diagnostics> {
        self.0(stored)
    }

    /// The same with states of plain values.
    pub(super) fn erase(self) -> Conversion<Value> {
        Conversion(Arc::new(move |stored| {
            let made = self.convert(stored)?;
            Ok(Stored {
                state: made.state.into_value(),
                private: made.private,
                warnings: made.warnings,
            })
        }))
    }
}

fn unreadable(why: &dyn std::fmt::Display) -> Diagnostics {
    Diagnostic::error(
        "The state of the other provider cannot be read",
        format!(
            "It does not have the form that this provider knows: {why}.\n\nNothing was changed. Remove the \
             object from the state with `terraform state rm` and import it instead."
        ),
    )
    .into()
}

/// A resource type of another provider whose objects can be taken over.
#[derive(Clone)]
pub struct Move<S> {
    /// The provider's namespace and type, such as `hashicorp/random`. The host of its registry does not
    /// matter: Terraform and OpenTofu each have their own.
    pub provider: &'static str,
    /// Its resource type.
    pub type_name: &'static str,
    /// The versions of its schema that are known.
    pub versions: RangeInclusive<i64>,
    /// What becomes of its state.
    pub conversion: Conversion<S>,
}

impl<S: Model> Move<S> {
    /// The same with states of plain values.
    pub(super) fn erase(self) -> Move<Value> {
        Move {
            provider: self.provider,
            type_name: self.type_name,
            versions: self.versions,
            conversion: self.conversion.erase(),
        }
    }
}
