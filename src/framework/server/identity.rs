//! Identities: `GetResourceIdentitySchemas`, `UpgradeResourceIdentity`, and the identity of each state that is
//! answered.

use std::collections::BTreeMap;

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::value::json::{self, UnknownMembers};
use super::super::value::{Type, Value};
use super::super::wire::{self, IDENTITY_VERSION};
use super::Shared;
use super::lookup::Served;
use crate::proto::tfplugin6 as proto;
use proto::{ResourceIdentityData, get_resource_identity_schemas, upgrade_resource_identity};

impl Shared {
    pub(super) fn identity_schemas(&self) -> get_resource_identity_schemas::Response {
        let schema = |served: &Served| wire::identity_schema(&served.identity, &served.schema.object_type());
        get_resource_identity_schemas::Response {
            identity_schemas: self
                .schemas()
                .resources
                .iter()
                .map(|(name, served)| ((*name).to_owned(), schema(served)))
                .collect(),
            ..Default::default()
        }
    }

    /// Core asks this only for an identity of another version than ours, which a later version of this
    /// provider has stored, or another provider.
    pub(super) fn upgrade_identity(
        &self,
        request: &upgrade_resource_identity::Request,
    ) -> Result<upgrade_resource_identity::Response, Diagnostics> {
        let served = self.resource(&request.type_name)?;
        let of = served.identity_type();
        let stored = request.raw_identity.as_ref().map_or(&[][..], |raw| &raw.json);
        let unreadable = |why: &str| {
            Diagnostics::from(Diagnostic::error(
                "Stored identity cannot be read",
                format!(
                    "The identity of this {} was stored with version {} of its schema; this provider knows \
                     version {IDENTITY_VERSION}. {why}\n\n\
                     Nothing was changed. Upgrade the provider, or remove the object from the state with \
                     `terraform state rm` and import it again.",
                    request.type_name, request.version
                ),
            ))
        };
        let identity = json::decode(stored, &of, UnknownMembers::Ignore)
            .map_err(|error| unreadable(&format!("It does not fit that: {error}.")))?;
        if !is_complete(&identity) {
            return Err(unreadable("It lacks an attribute of that."));
        }
        Ok(upgrade_resource_identity::Response {
            upgraded_identity: Some(data(&identity, &of)?),
            ..Default::default()
        })
    }
}

impl Served {
    /// The type of the identity's object.
    pub(super) fn identity_type(&self) -> Type {
        let Type::Object(mut attributes) = self.schema.object_type() else {
            return Type::object::<String>([]);
        };
        attributes.retain(|name, _| self.identity.iter().any(|attribute| attribute.name == name));
        Type::Object(attributes)
    }

    /// The identity that a state has: a state holds all of it.
    fn identity_of(&self, state: &Value) -> Value {
        let members = self.identity.iter().map(|attribute| {
            let value = state.as_object().and_then(|members| members.get(attribute.name));
            (attribute.name.to_owned(), value.cloned().unwrap_or(Value::Null))
        });
        Value::Object(members.collect())
    }

    /// The identity to answer with a state; none without a state, and none for a planned one that is not known
    /// as a whole yet: Terraform allows that and then cannot write its plan as JSON.
    pub(super) fn identify(&self, state: &Value) -> Result<Option<ResourceIdentityData>, Diagnostics> {
        let identity = self.identity_of(state);
        if state.is_null() || !identity.is_wholly_known() {
            return Ok(None);
        }
        data(&identity, &self.identity_type()).map(Some)
    }

    /// The same for an object that has an identity already. It keeps the one it has, for as long as it lives;
    /// one that belongs to another object is an error.
    pub(super) fn identify_again(
        &self,
        state: &Value,
        stored: Option<ResourceIdentityData>,
    ) -> Result<Option<ResourceIdentityData>, Diagnostics> {
        let Some(data) = stored.as_ref().and_then(|stored| stored.identity_data.as_ref()) else {
            return self.identify(state);
        };
        let identity = wire::decode(Some(data), &self.identity_type())?;
        let is_new = identity
            .as_object()
            .is_none_or(|members| members.values().all(Value::is_null));
        if is_new || state.is_null() {
            return self.identify(state);
        }
        let now = self.identity_of(state);
        if !same(&identity, &now) {
            return Err(Diagnostic::error(
                "Stored identity belongs to another object",
                format!(
                    "The state holds an object that is identified by {}, and beside it the identity {}. An \
                     object keeps its identity for life, so one of the two was changed by hand, or another \
                     provider has stored it.\n\n\
                     Nothing was changed. Remove the object from the state with `terraform state rm` and \
                     import it again.",
                    shown(&now),
                    shown(&identity)
                ),
            )
            .into());
        }
        Ok(stored)
    }

    /// The attributes that an identity names, as a state of which nothing else is known.
    pub(super) fn state_of_identity(&self, identity: &ResourceIdentityData) -> Result<Value, Diagnostics> {
        let of = self.identity_type();
        let identity = wire::decode(identity.identity_data.as_ref(), &of)?;
        if !is_complete(&identity) || !identity.is_wholly_known() {
            return Err(Diagnostic::error(
                "Incomplete identity",
                format!(
                    "To import by identity, give all its attributes: {}.",
                    self.identity
                        .iter()
                        .map(|attribute| format!("`{}`", attribute.name))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            )
            .into());
        }
        let mut members: BTreeMap<String, Value> = self
            .schema
            .attributes
            .iter()
            .map(|attribute| (attribute.name.to_owned(), Value::Null))
            .collect();
        members.extend(wire::members(identity)?);
        Ok(Value::Object(members))
    }
}

fn data(identity: &Value, of: &Type) -> Result<ResourceIdentityData, Diagnostics> {
    Ok(ResourceIdentityData {
        identity_data: Some(wire::encode(identity, of)?),
    })
}

/// Whether every attribute is there.
fn is_complete(identity: &Value) -> bool {
    identity
        .as_object()
        .is_some_and(|members| !members.values().any(Value::is_null))
}

/// Whether two identities name the same object. Names and ids that differ only in letter case are the same
/// to the API.
fn same(a: &Value, b: &Value) -> bool {
    let folded = |value: &Value| match value {
        Value::String(text) => Value::string(text.to_lowercase()),
        other => other.clone(),
    };
    let all = |value: &Value| {
        value.as_object().map(|members| {
            members
                .iter()
                .map(|(name, value)| (name.clone(), folded(value)))
                .collect::<BTreeMap<_, _>>()
        })
    };
    all(a) == all(b)
}

/// An identity for people. It never holds a secret.
fn shown(identity: &Value) -> String {
    let members = identity.as_object().into_iter().flatten();
    members
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name} = {text:?}"),
            _ => format!("{name} = ?"),
        })
        .collect::<Vec<_>>()
        .join(", ")
}
