//! The registry: all blocks of a provider by type name. It erases their types, so that the protocol service
//! works with untyped values.

mod untyped;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::action::Action;
use super::block::Block;
use super::conversion::StateMover;
use super::data_source::DataSource;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::ephemeral_resource::EphemeralResource;
use super::function::Function;
use super::list_resource::ListResource;
use super::model::Model;
use super::resource::{
    Resource, ResourceWithDestroyPlan, ResourceWithImport, ResourceWithMoves, ResourceWithUndeliveredCreate,
    ResourceWithUpgrade,
};
use super::schema::{Attribute, AttributeType, Schema};
use super::value::{Type, Value};
pub(super) use untyped::{Untyped, typed};

/// The blocks and functions that a provider registers.
pub struct Registry {
    pub(super) resources: Blocks<dyn Resource<Model = Value>, OptionalFeatures>,
    pub(super) data_sources: Blocks<dyn DataSource<Model = Value>>,
    pub(super) ephemeral_resources: Blocks<dyn EphemeralResource<Model = Value>>,
    pub(super) list_resources: Blocks<dyn ListResource<Model = Value>>,
    pub(super) actions: Blocks<dyn Action<Model = Value>>,
    pub(super) functions: BTreeMap<&'static str, RegisteredFunction>,
    /// The errors of the registration, in complete sentences.
    errors: Vec<String>,
}

impl Default for Registry {
    fn default() -> Self {
        Registry {
            resources: Blocks::new("resource type"),
            data_sources: Blocks::new("data source"),
            ephemeral_resources: Blocks::new("ephemeral resource type"),
            list_resources: Blocks::new("list resource type"),
            actions: Blocks::new("action type"),
            functions: BTreeMap::new(),
            errors: Vec::new(),
        }
    }
}

impl Registry {
    /// Registers a managed resource. The returned registration adds its optional features.
    pub fn resource<R: Resource<Model: Model>>(&mut self, resource: R) -> ResourceRegistration<'_, R> {
        let resource = Arc::new(Untyped(resource));
        let registered = self
            .resources
            .add::<R::Model>(Arc::clone(&resource) as Arc<_>, &mut self.errors);
        ResourceRegistration { resource, registered }
    }

    /// Registers a data source.
    pub fn data_source<D: DataSource<Model: Model>>(&mut self, data_source: D) {
        self.data_sources
            .add::<D::Model>(Arc::new(Untyped(data_source)), &mut self.errors);
    }

    /// Registers an ephemeral resource.
    pub fn ephemeral_resource<E: EphemeralResource<Model: Model>>(&mut self, ephemeral: E) {
        self.ephemeral_resources
            .add::<E::Model>(Arc::new(Untyped(ephemeral)), &mut self.errors);
    }

    /// Registers a list resource for the managed resource with the same type name.
    pub fn list_resource<L: ListResource<Model: Model>>(&mut self, list: L) {
        self.list_resources
            .add::<L::Model>(Arc::new(Untyped(list)), &mut self.errors);
    }

    /// Registers an action.
    pub fn action<A: Action<Model: Model>>(&mut self, action: A) {
        self.actions
            .add::<A::Model>(Arc::new(Untyped(action)), &mut self.errors);
    }

    /// Registers a function.
    pub fn function<F: Function<Arguments: Model, Output: AttributeType>>(&mut self, function: F) {
        let name = function.name();
        let registered = RegisteredFunction {
            function: Box::new(Untyped(function)),
            schema: F::Arguments::schema(),
            returns: F::Output::kind().value_type(),
        };
        if self.functions.insert(name, registered).is_some() {
            self.errors
                .push(format!("The function {name} is registered twice."));
        }
    }

    /// Returns the errors of the registration: a name that is registered twice, a list resource without a
    /// managed resource. Each is a bug of the provider.
    pub fn registration_errors(&self) -> Diagnostics {
        let is_managed = |name| self.resources.by_type_name.contains_key(name);
        let lists = self.list_resources.by_type_name.keys();
        let unmanaged = lists
            .filter(|name| !is_managed(**name))
            .map(|name| format!("The list resource {name} has no managed resource."));
        let errors = self.errors.iter().cloned().chain(unmanaged);
        errors.map(Diagnostic::bug).collect()
    }

    /// Removes a managed resource from the registry and returns it.
    pub fn take_resource(&mut self, type_name: &str) -> Result<RegisteredResource, Diagnostics> {
        let registered = self.resources.by_type_name.remove(type_name);
        registered.ok_or_else(|| self.resources.unknown(type_name))
    }
}

/// The blocks of one kind by type name.
pub(super) struct Blocks<B: ?Sized, A = ()> {
    /// The name of the kind, for errors.
    kind: &'static str,
    by_type_name: BTreeMap<&'static str, Registered<B, A>>,
}

impl<B: Block<Model = Value> + ?Sized, A: Default> Blocks<B, A> {
    fn new(kind: &'static str) -> Self {
        let by_type_name = BTreeMap::new();
        Blocks { kind, by_type_name }
    }

    fn add<M: Model>(&mut self, block: Arc<B>, errors: &mut Vec<String>) -> &mut Registered<B, A> {
        let (kind, type_name) = (self.kind, block.type_name());
        let registered = Registered::new(block, M::schema());
        if self.by_type_name.remove(type_name).is_some() {
            errors.push(format!("The {kind} {type_name} is registered twice."));
        }
        self.by_type_name.entry(type_name).or_insert(registered)
    }

    /// Returns the block with this type name, or an error.
    pub(super) fn find(&self, type_name: &str) -> Result<&Registered<B, A>, Diagnostics> {
        self.by_type_name
            .get(type_name)
            .ok_or_else(|| self.unknown(type_name))
    }

    /// Returns the blocks with their type names, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Registered<B, A>)> {
        self.by_type_name.iter().map(|(name, block)| (*name, block))
    }

    fn unknown(&self, type_name: &str) -> Diagnostics {
        let kind = self.kind;
        Diagnostic::error(
            format!("Unknown {kind}"),
            format!(
                "This version of the provider has no {kind} {type_name:?}. Correct the name, or upgrade the \
                 provider."
            ),
        )
        .into()
    }
}

/// A block with its schema and, for a resource, its optional features.
pub struct Registered<B: ?Sized, A = ()> {
    pub(super) block: Arc<B>,
    pub(super) schema: Schema,
    /// The type of the schema's object, which is computed once.
    pub(super) object_type: Type,
    /// Whether any attribute is write-only.
    pub(super) has_write_only: bool,
    pub(super) optional_features: A,
}

impl<B: Block<Model = Value> + ?Sized, A: Default> Registered<B, A> {
    pub(super) fn new(block: Arc<B>, schema: Schema) -> Self {
        Registered {
            object_type: schema.object_type(),
            has_write_only: schema.attributes.iter().any(Attribute::has_write_only),
            optional_features: A::default(),
            schema,
            block,
        }
    }
}

/// A registered managed resource.
pub type RegisteredResource = Registered<dyn Resource<Model = Value>, OptionalFeatures>;

impl RegisteredResource {
    /// The name of the resource type.
    pub fn type_name(&self) -> &'static str {
        self.block.type_name()
    }

    /// Returns the schema.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }
}

/// The optional features of a resource.
#[derive(Default)]
pub struct OptionalFeatures {
    pub(super) import: Option<Arc<dyn ResourceWithImport<Model = Value>>>,
    pub(super) destroy_plan: Option<Arc<dyn ResourceWithDestroyPlan<Model = Value>>>,
    pub(super) undelivered_create: Option<Arc<dyn ResourceWithUndeliveredCreate<Model = Value>>>,
    pub(super) upgrade: Option<Arc<dyn ResourceWithUpgrade<Model = Value>>>,
    pub(super) moves: Vec<StateMover<Value>>,
}

/// The registration of a managed resource. Its methods add optional features.
pub struct ResourceRegistration<'r, R> {
    resource: Arc<Untyped<R>>,
    registered: &'r mut RegisteredResource,
}

/// Declares a method that adds what a trait provides.
macro_rules! optional_feature {
    ($(#[$doc:meta])* $method:ident, $field:ident: $provided_by:ident) => {
        $(#[$doc])*
        pub fn $method(&mut self) -> &mut Self
        where
            R: $provided_by,
        {
            self.registered.optional_features.$field = Some(Arc::clone(&self.resource) as Arc<_>);
            self
        }
    };
}

impl<R: Resource> ResourceRegistration<'_, R> {
    optional_feature!(
        /// Adds the import of existing objects.
        with_import, import: ResourceWithImport
    );

    optional_feature!(
        /// Adds a check of the plan of a destroy.
        with_destroy_plan, destroy_plan: ResourceWithDestroyPlan
    );

    optional_feature!(
        /// Adds the deletion of created objects whose response was not delivered.
        with_undelivered_create, undelivered_create: ResourceWithUndeliveredCreate
    );

    optional_feature!(
        /// Adds upgrades of states with earlier schema versions.
        with_upgrade, upgrade: ResourceWithUpgrade
    );

    /// Adds moves of objects of other providers.
    pub fn with_moves(&mut self) -> &mut Self
    where
        R: ResourceWithMoves,
    {
        let moves = self.resource.0.moves().into_iter().map(StateMover::erase);
        self.registered.optional_features.moves = moves.collect();
        self
    }
}

/// A function with its signature.
pub(super) struct RegisteredFunction {
    pub(super) function: Box<dyn Function<Arguments = Value, Output = Value>>,
    /// The documentation and the parameters.
    pub(super) schema: Schema,
    /// The type of the result.
    pub(super) returns: Type,
}
