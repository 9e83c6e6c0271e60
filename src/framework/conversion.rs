//! Converts states that were stored by another provider or by an older version of this one.

use std::sync::Arc;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::model::Model;
use super::resource_state::ResourceState;
use super::value::json::{self, UnknownMembers};
use super::value::{Codec, Value};

/// Converts the stored JSON of another schema to a state of a resource.
#[derive(Clone)]
pub struct StateUpgrader<S>(Arc<Convert<S>>);

type Convert<S> = dyn Fn(&[u8]) -> Result<ResourceState<S>, Diagnostics> + Send + Sync;

impl<S: Codec> StateUpgrader<S> {
    /// Creates an upgrader that decodes the JSON as `F`, the model of the other schema, and converts it to a
    /// state. Attributes that `F` lacks are ignored; attributes that the JSON lacks are null.
    pub fn from<F: Model>(
        convert: impl Fn(F) -> Result<ResourceState<S>, Diagnostics> + Send + Sync + 'static,
    ) -> Self {
        StateUpgrader(Arc::new(move |stored| {
            let value = json::decode(stored, &F::kind().value_type(), UnknownMembers::Ignore)
                .map_err(|error| unreadable(&error))?;
            if value.is_null() {
                return Err(unreadable(&"it is JSON, but not a JSON object"));
            }
            convert(F::from_value(&value).map_err(|error| unreadable(&error))?)
        }))
    }

    /// Converts the stored JSON to a state.
    pub fn convert(&self, stored: &[u8]) -> Result<ResourceState<S>, Diagnostics> {
        self.0(stored)
    }

    /// Returns the same conversion with untyped states.
    pub(super) fn erase(self) -> StateUpgrader<Value> {
        StateUpgrader(Arc::new(move |stored| {
            Ok(self.convert(stored)?.map(S::into_value))
        }))
    }
}

fn unreadable(why: &dyn std::fmt::Display) -> Diagnostics {
    Diagnostic::error(
        "Stored state of another schema cannot be read",
        format!(
            "It does not have the form of its schema version: {why}.\n\n\
             Nothing was changed. Restore the state from a backup, or remove the object from the state with \
             `terraform state rm` (`tofu state rm`) and import it."
        ),
    )
    .into()
}

/// A resource type of another provider whose objects can be moved to this one.
#[derive(Clone)]
pub struct StateMover<S> {
    /// The provider's namespace and type, such as `hashicorp/random`, in any registry.
    pub provider: &'static str,
    /// Its resource type.
    pub type_name: &'static str,
    /// The version of its schema that the conversion reads.
    pub version: i64,
    /// Converts its state.
    pub conversion: StateUpgrader<S>,
}

impl<S: Codec> StateMover<S> {
    /// Returns the same state mover with untyped states.
    pub(super) fn erase(self) -> StateMover<Value> {
        StateMover {
            provider: self.provider,
            type_name: self.type_name,
            version: self.version,
            conversion: self.conversion.erase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::private::Private;
    use super::super::value::Field;
    use super::*;

    crate::model! {
        struct OldObject {
            label: String,
            age: i64,
        }
    }

    crate::model! {
        struct NewObject {
            name: String,
            age: i64,
        }
    }

    /// Converts an old object with a label to a new one.
    fn conversion() -> StateUpgrader<NewObject> {
        StateUpgrader::from(|old: OldObject| {
            if old.label.is_null() {
                return Err(Diagnostic::error("no label", "").into());
            }
            let (name, age) = (old.label, old.age);
            Ok(ResourceState::new(NewObject { name, age }, Private::new()))
        })
    }

    fn convert_error(stored: &str) -> Diagnostic {
        let refused = conversion().convert(stored.as_bytes()).map(|_| ()).unwrap_err();
        refused.into_iter().next().unwrap()
    }

    #[test]
    fn convert_ignores_extra_attributes_and_reads_missing_ones_as_null() {
        let object = conversion()
            .convert(br#"{"label":"Akka","wings":[2],"feathers":{"white":true}}"#)
            .unwrap()
            .state;
        assert_eq!((object.name.text(), object.age), (Some("Akka"), Field::Null));
    }

    #[test]
    fn convert_reads_numbers_from_text() {
        let object = conversion()
            .convert(br#"{"label":"Akka","age":"7"}"#)
            .unwrap()
            .state;
        assert_eq!(object.age, Field::Known(7));
    }

    #[test]
    fn convert_error_omits_the_stored_value() {
        for stored in [
            "",
            "null",
            "[]",
            "{",
            r#"{"label":["s3cret"]}"#,
            r#"{"label":"a","age":"s3cret"}"#,
            r#"{"label":"a","age":1.5}"#,
        ] {
            let error = convert_error(stored);
            assert!(error.summary.contains("cannot be read"), "{stored}: {error:?}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
        assert_eq!(convert_error("{}").summary, "no label");
    }
}
