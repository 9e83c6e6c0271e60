//! Managed resources: their operations, and traits for optional features.

use async_trait::async_trait;

use super::block::Block;
use super::conversion::{StateMover, StateUpgrader};
use super::diagnostics::{Diagnostic, Diagnostics};
use super::private::Private;
use super::resource_state::ResourceState;
use super::value::Path;

/// A type of managed resource.
///
/// Configuration, plan and state all have its model. The framework applies the rules of the schema before it
/// calls these methods: `plan` receives defaults, kept values and replacement paths, and adds rules that a
/// schema cannot express.
///
/// Optional features are in the traits below. A resource lists them where it is registered:
/// `registry.resource(…).with_import().with_moves()`.
#[async_trait]
pub trait Resource: Block {
    /// Completes the plan of a create or an update. It is a pure function: it calls no API, reads no clock
    /// and generates no random number.
    fn plan(&self, request: PlanRequest<Self::Model>) -> Result<PlanResponse<Self::Model>, Diagnostics> {
        Ok(PlanResponse::proposed(request))
    }

    /// Creates the object.
    async fn create(&self, request: CreateRequest<Self::Model>) -> ApplyResult<Self::Model>;

    /// Reads the object.
    async fn read(
        &self,
        request: ResourceState<Self::Model>,
    ) -> Result<ReadResponse<Self::Model>, Diagnostics>;

    /// Updates the object in place.
    async fn update(&self, request: UpdateRequest<Self::Model>) -> ApplyResult<Self::Model>;

    /// Deletes the object; an object that was already deleted is a success. Returns warnings.
    async fn delete(&self, request: DeleteRequest<Self::Model>) -> Result<Diagnostics, Diagnostics>;
}

/// A resource that imports existing objects.
#[async_trait]
pub trait ResourceWithImport: Resource {
    /// Imports an existing object. Core refreshes it afterwards.
    async fn import(
        &self,
        request: ImportRequest<Self::Model>,
    ) -> Result<ResourceState<Self::Model>, Diagnostics>;
}

/// A resource that checks the plan of a destroy.
pub trait ResourceWithDestroyPlan: Resource {
    /// Returns an error to refuse a destroy in the plan, or warnings.
    fn plan_destroy(&self, request: &DeleteRequest<Self::Model>) -> Result<Diagnostics, Diagnostics>;
}

/// A resource that deletes a created object if the response of the create did not reach the caller. Objects
/// of other resources are kept.
#[async_trait]
pub trait ResourceWithUndeliveredCreate: Resource {
    /// Deletes a created object that is in no state, because it must not exist unnoticed, such as a live
    /// secret.
    async fn undelivered_create(&self, created: ResourceState<Self::Model>) -> Result<(), Diagnostics>;
}

/// A resource with an earlier version of its schema that needs more than defaults for missing attributes.
pub trait ResourceWithUpgrade: Resource {
    /// Returns the upgrader for a state that was stored with this version of the schema; `None` if the
    /// version needs none.
    fn upgrade(&self, version: i64) -> Option<StateUpgrader<Self::Model>>;
}

/// A resource to which objects of other providers can be moved.
pub trait ResourceWithMoves: Resource {
    /// Returns the resource types of other providers that can be moved to this one.
    fn moves(&self) -> Vec<StateMover<Self::Model>>;
}

/// A request to import an object, which identifies it.
#[derive(Debug, Clone)]
pub enum ImportRequest<S> {
    /// An import id.
    Id(String),
    /// An identity. Its attributes are known, and all others are null.
    Identity(S),
}

/// A request to plan a create or an update.
#[derive(Debug, Clone)]
pub struct PlanRequest<S> {
    /// The configuration.
    pub config: S,
    /// The prior state; `None` for a new object.
    pub prior: Option<S>,
    /// The state that the rules of the schema result in.
    pub proposed: S,
    /// The changed attributes that require a replacement by the schema.
    pub replace: Vec<Path>,
    /// The private state of the prior state.
    pub private: Private,
}

/// The result of planning a create or an update.
#[derive(Debug, Clone)]
pub struct PlanResponse<S> {
    /// The planned state.
    pub planned: S,
    /// The changes that require a replacement; empty for an update in place.
    pub replace: Vec<Path>,
    /// The private state for the apply.
    pub private: Private,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}

impl<S> PlanResponse<S> {
    /// Returns the plan that the rules of the schema result in.
    pub fn proposed(request: PlanRequest<S>) -> Self {
        PlanResponse {
            planned: request.proposed,
            replace: request.replace,
            private: request.private,
            warnings: Diagnostics::new(),
        }
    }
}

/// A request to create an object.
#[derive(Debug, Clone)]
pub struct CreateRequest<S> {
    /// The configuration. Only this contains write-only values.
    pub config: S,
    /// The planned state.
    pub planned: S,
    /// The private state of the plan.
    pub private: Private,
}

/// A request to update an object.
#[derive(Debug, Clone)]
pub struct UpdateRequest<S> {
    /// The configuration. Only this contains write-only values.
    pub config: S,
    /// The prior state.
    pub prior: S,
    /// The planned state.
    pub planned: S,
    /// The private state of the plan.
    pub private: Private,
}

/// A request to delete an object.
#[derive(Debug, Clone)]
pub struct DeleteRequest<S> {
    /// The prior state.
    pub prior: S,
    /// The private state of the plan.
    pub private: Private,
}

/// The result of a read.
#[derive(Debug, Clone)]
pub enum ReadResponse<S> {
    /// The current object.
    Found(ResourceState<S>),
    /// The object no longer exists; the warnings state how that was determined.
    Gone(Diagnostics),
}

/// The result of a create or an update.
pub type ApplyResult<S> = Result<ResourceState<S>, ApplyError<S>>;

/// A create or update that failed.
#[derive(Debug, Clone)]
pub struct ApplyError<S> {
    /// At least one error.
    pub diagnostics: Diagnostics,
    /// The object that exists despite the failure. After a create core stores it as tainted; `None` means
    /// that nothing was created, or that an update changed nothing.
    pub kept: Option<ResourceState<S>>,
}

impl<S> From<Diagnostics> for ApplyError<S> {
    fn from(diagnostics: Diagnostics) -> Self {
        ApplyError {
            diagnostics,
            kept: None,
        }
    }
}

impl<S> From<Diagnostic> for ApplyError<S> {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics::from(diagnostic).into()
    }
}
