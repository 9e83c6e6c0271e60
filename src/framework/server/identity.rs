//! Identities: `GetResourceIdentitySchemas`, `UpgradeResourceIdentity`, and the identity in each response
//! with a state.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::registry::RegisteredResource;
use super::super::value::json::{self, UnknownMembers};
use super::super::value::{Members, Type, Value};
use super::super::wire::{self, IDENTITY_VERSION};
use super::Instance;
use crate::proto::tfplugin6 as proto;
use proto::{ResourceIdentityData, get_resource_identity_schemas, upgrade_resource_identity};

impl Instance {
    pub(super) fn identity_schemas(&self) -> get_resource_identity_schemas::Response {
        get_resource_identity_schemas::Response {
            identity_schemas: self
                .registry()
                .resources
                .iter()
                .filter_map(|(name, resource)| {
                    Some((name.to_owned(), wire::identity_schema(&resource.schema)?))
                })
                .collect(),
            ..Default::default()
        }
    }

    /// Core calls this only for an identity with another version, which a later version of this provider or
    /// another provider has stored. A newer one is refused, as a newer state is, because its attributes are
    /// unknown. If no identity was stored, the result is all null, and a refresh then takes the identity from
    /// the state.
    pub(super) fn upgrade_identity(
        &self,
        request: &upgrade_resource_identity::Request,
    ) -> Result<upgrade_resource_identity::Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.type_name)?;
        let ty = &resource.schema.identity_type();
        let upgraded = |identity: &Value| {
            Ok(upgrade_resource_identity::Response {
                upgraded_identity: Some(encode(identity, ty)?),
                ..Default::default()
            })
        };
        let stored = request.raw_identity.as_ref().map_or(&[][..], |raw| &raw.json);
        if stored.is_empty() {
            return upgraded(&resource.identity_of(&Value::Null));
        }
        if request.version > IDENTITY_VERSION {
            return Err(Diagnostic::error(
                "Stored identity is newer than this provider",
                format!(
                    "The identity of this {} was stored with version {} of its schema; this provider knows \
                     versions up to {IDENTITY_VERSION}.\n\n\
                     Nothing was changed. Upgrade the provider.",
                    request.type_name, request.version
                ),
            )
            .into());
        }
        let unreadable = |why: &str| {
            Diagnostics::from(Diagnostic::error(
                "Stored identity cannot be read",
                format!(
                    "The identity of this {} was stored with version {} of its schema; this provider knows \
                     version {IDENTITY_VERSION}. {why}\n\n\
                     Nothing was changed. Upgrade the provider, or remove the object from the state with \
                     `terraform state rm` (`tofu state rm`) and import it again.",
                    request.type_name, request.version
                ),
            ))
        };
        let identity = json::decode(stored, ty, UnknownMembers::Ignore)
            .map_err(|error| unreadable(&format!("It does not have that form: {error}.")))?;
        if !is_complete(&identity) {
            return Err(unreadable("It lacks an attribute."));
        }
        upgraded(&identity)
    }
}

impl RegisteredResource {
    /// Returns the identity in a state, which contains all its attributes.
    fn identity_of(&self, state: &Value) -> Value {
        let members = self.schema.identity().map(|attribute| {
            let value = state.as_object().and_then(|members| members.get(attribute.name));
            (attribute.name, value.cloned().unwrap_or(Value::Null))
        });
        Value::Object(members.collect())
    }

    /// Returns the identity of a state's object as text, for the log.
    pub(super) fn identity_text(&self, state: &Value) -> String {
        to_text(&self.identity_of(state))
    }

    /// Returns the identity for a response with a state. It is `None` without a state, for resources without
    /// an identity, and for a planned state with an unknown part of the identity: Terraform accepts that one,
    /// but cannot write the plan as JSON.
    pub(super) fn encode_identity(&self, state: &Value) -> Result<Option<ResourceIdentityData>, Diagnostics> {
        let identity = self.identity_of(state);
        if self.schema.identity().next().is_none() || state.is_null() || !identity.is_wholly_known() {
            return Ok(None);
        }
        encode(&identity, &self.schema.identity_type()).map(Some)
    }

    /// Returns the identity of an object that may already have one. An identity never changes; one of another
    /// object is an error.
    pub(super) fn encode_unchanged_identity(
        &self,
        state: &Value,
        stored: Option<ResourceIdentityData>,
    ) -> Result<Option<ResourceIdentityData>, Diagnostics> {
        if state.is_null() {
            return Ok(None);
        }
        let Some(identity) = self.read_identity(stored.as_ref())? else {
            return self.encode_identity(state);
        };
        let now = self.identity_of(state);
        if !self.is_same(&identity, &now) {
            return Err(Diagnostic::error(
                "Stored identity belongs to another object",
                format!(
                    "The state contains an object that is identified by {}, and the stored identity is {}. \
                     The identity of an object never changes, so one of the two was changed by hand, or \
                     another provider has stored it.\n\n\
                     Nothing was changed. Remove the object from the state with `terraform state rm` (`tofu \
                     state rm`) and import it again.",
                    to_text(&now),
                    to_text(&identity)
                ),
            )
            .into());
        }
        Ok(stored)
    }

    /// Decodes the stored or planned identity; `None` if all its attributes are null.
    fn read_identity(&self, stored: Option<&ResourceIdentityData>) -> Result<Option<Value>, Diagnostics> {
        let data = stored.and_then(|stored| stored.identity_data.as_ref());
        let identity = wire::decode(data, &self.schema.identity_type())?;
        let is_set = identity
            .as_object()
            .is_some_and(|members| !members.values().all(Value::is_null));
        Ok(is_set.then_some(identity))
    }

    /// Whether two identities belong to the same object: each attribute is equal, or semantically equal by
    /// its schema.
    fn is_same(&self, a: &Value, b: &Value) -> bool {
        let (Some(a), Some(b)) = (a.as_object(), b.as_object()) else {
            return false;
        };
        self.schema
            .identity()
            .all(|attribute| match (a.get(attribute.name), b.get(attribute.name)) {
                (Some(a), Some(b)) => a == b || attribute.equality.is_some_and(|same| same(a, b)),
                _ => false,
            })
    }

    /// Converts an identity to a state in which all other attributes are null.
    pub(super) fn state_of_identity(&self, identity: &ResourceIdentityData) -> Result<Value, Diagnostics> {
        let ty = &self.schema.identity_type();
        let identity = wire::decode(identity.identity_data.as_ref(), ty)?;
        if !is_complete(&identity) || !identity.is_wholly_known() {
            return Err(Diagnostic::error(
                "Incomplete identity",
                format!(
                    "To import by identity, give all its attributes: {}.",
                    self.schema
                        .identity()
                        .map(|attribute| format!("`{}`", attribute.name))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            )
            .into());
        }
        let mut members: Members = self
            .schema
            .attributes
            .iter()
            .map(|attribute| (attribute.name, Value::Null))
            .collect();
        members.extend(wire::members(identity)?);
        Ok(Value::Object(members))
    }
}

fn encode(identity: &Value, ty: &Type) -> Result<ResourceIdentityData, Diagnostics> {
    Ok(ResourceIdentityData {
        identity_data: Some(wire::encode(identity, ty)?),
    })
}

/// Whether every attribute is set.
fn is_complete(identity: &Value) -> bool {
    identity
        .as_object()
        .is_some_and(|members| !members.values().any(Value::is_null))
}

/// Formats an identity for messages. It never contains a secret.
fn to_text(identity: &Value) -> String {
    let members = identity.as_object().into_iter().flatten();
    members
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name} = {text:?}"),
            _ => format!("{name} = ?"),
        })
        .collect::<Vec<_>>()
        .join(", ")
}
