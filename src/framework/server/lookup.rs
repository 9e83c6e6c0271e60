//! Resources, data sources and so on by type name.

use std::collections::BTreeMap;

use super::super::action::AnyAction;
use super::super::data_source::AnyDataSource;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::ephemeral_resource::AnyEphemeralResource;
use super::super::function::{Function, Signature};
use super::super::list_resource::AnyListResource;
use super::super::provider::Provider;
use super::super::resource::AnyResource;
use super::super::schema::{Attribute, IdentityAttribute, Schema, forget_write_only};
use super::super::value::{Type, Value};
use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6::DynamicValue;

/// All schemas, built at the first call that needs one.
pub(super) struct Schemas {
    pub(super) provider: Schema,
    pub(super) resources: ByTypeName<RegisteredResource>,
    pub(super) data_sources: ByTypeName<Registered<AnyDataSource>>,
    pub(super) ephemeral_resources: ByTypeName<Registered<AnyEphemeralResource>>,
    pub(super) list_resources: ByTypeName<Registered<AnyListResource>>,
    pub(super) actions: ByTypeName<Registered<AnyAction>>,
    pub(super) functions: ByTypeName<Callable>,
}

type ByTypeName<T> = BTreeMap<&'static str, T>;

/// A resource with its schema and its identity.
pub(super) struct RegisteredResource {
    pub(super) resource: Box<AnyResource>,
    pub(super) schema: Schema,
    pub(super) identity: Vec<IdentityAttribute>,
    /// The type of a state, computed once: every call of a resource needs it.
    pub(super) object_type: Type,
    /// The type of an identity.
    pub(super) identity_type: Type,
    /// Whether any attribute is write-only.
    pub(super) has_write_only: bool,
}

impl RegisteredResource {
    pub(super) fn of(resource: Box<AnyResource>) -> Self {
        let (schema, identity) = (resource.schema(), resource.identity());
        let object_type = schema.object_type();
        RegisteredResource {
            identity_type: identity_type(&object_type, &identity),
            object_type,
            has_write_only: schema.attributes.iter().any(Attribute::has_write_only),
            resource,
            schema,
            identity,
        }
    }

    /// Encodes a state, planned ones and null included. Write-only attributes are always null in it, whatever
    /// the resource returned: core refuses the response otherwise.
    pub(super) fn encode(&self, state: &Value) -> Result<DynamicValue, Diagnostics> {
        match state {
            Value::Object(members) if self.has_write_only => {
                let mut members = members.clone();
                forget_write_only(&self.schema.attributes, &mut members);
                wire::encode(&Value::Object(members), &self.object_type)
            }
            state => wire::encode(state, &self.object_type),
        }
    }
}

/// The type of the identity's object: the attributes of the state that the identity names.
fn identity_type(object: &Type, identity: &[IdentityAttribute]) -> Type {
    let Type::Object(attributes) = object else {
        return Type::object::<&'static str>([]);
    };
    let of = |name| attributes.get(name).map(|of| (name, of.clone()));
    Type::object(identity.iter().filter_map(|attribute| of(attribute.name)))
}

/// Something else with its schema.
pub(super) struct Registered<T: ?Sized> {
    pub(super) kind: Box<T>,
    pub(super) schema: Schema,
}

/// A function with its signature.
pub(super) struct Callable {
    pub(super) function: Box<dyn Function>,
    pub(super) signature: Signature,
}

impl Schemas {
    fn of(provider: &dyn Provider) -> Self {
        /// The members of a list by their type names, each with its schema.
        macro_rules! registered {
            ($list:ident) => {
                provider
                    .$list()
                    .into_iter()
                    .map(|kind| {
                        let schema = kind.schema();
                        (kind.type_name(), Registered { kind, schema })
                    })
                    .collect()
            };
        }
        let served = |resource: Box<AnyResource>| {
            let name = resource.type_name();
            (name, RegisteredResource::of(resource))
        };
        let callable = |function: Box<dyn Function>| {
            let signature = function.signature();
            (function.name(), Callable { function, signature })
        };
        Schemas {
            provider: provider.schema(),
            resources: provider.resources().into_iter().map(served).collect(),
            data_sources: registered!(data_sources),
            ephemeral_resources: registered!(ephemeral_resources),
            list_resources: registered!(list_resources),
            actions: registered!(actions),
            functions: provider.functions().into_iter().map(callable).collect(),
        }
    }
}

impl Instance {
    pub(super) fn schemas(&self) -> &Schemas {
        self.schemas.get_or_init(|| Schemas::of(self.provider.as_ref()))
    }

    pub(super) fn provider_schema(&self) -> &Schema {
        &self.schemas().provider
    }

    pub(super) fn resource(&self, type_name: &str) -> Result<&RegisteredResource, Diagnostics> {
        find(&self.schemas().resources, "resource type", type_name)
    }

    pub(super) fn data_source(&self, type_name: &str) -> Result<&Registered<AnyDataSource>, Diagnostics> {
        find(&self.schemas().data_sources, "data source", type_name)
    }

    pub(super) fn ephemeral_resource(
        &self,
        type_name: &str,
    ) -> Result<&Registered<AnyEphemeralResource>, Diagnostics> {
        find(
            &self.schemas().ephemeral_resources,
            "ephemeral resource type",
            type_name,
        )
    }

    pub(super) fn list_resource(&self, type_name: &str) -> Result<&Registered<AnyListResource>, Diagnostics> {
        find(&self.schemas().list_resources, "list resource type", type_name)
    }

    pub(super) fn action(&self, type_name: &str) -> Result<&Registered<AnyAction>, Diagnostics> {
        find(&self.schemas().actions, "action type", type_name)
    }
}

/// The member with this name, or an error.
fn find<'a, T>(named: &'a ByTypeName<T>, what: &str, name: &str) -> Result<&'a T, Diagnostics> {
    named.get(name).ok_or_else(|| {
        Diagnostic::error(
            format!("Unknown {what}"),
            format!(
                "This version of the provider has no {what} {name:?}. Correct the name, or upgrade the provider."
            ),
        )
        .into()
    })
}
