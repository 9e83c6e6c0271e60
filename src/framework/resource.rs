//! A managed resource: its schema and its operations.

use async_trait::async_trait;

use super::conversion::{StateMover, StateUpgrader};
use super::diagnostics::{Diagnostic, Diagnostics};
use super::erased::typed;
use super::private::Private;
use super::schema::{IdentityAttribute, Schema};
use super::value::{IntoValue, Model, Path, Value};

/// A type of managed resource.
///
/// `State` is the model of its schema; configuration, plan and state all have it. The framework applies the
/// schema's own rules before it calls any of these: `plan` gets defaults, kept values and replacement paths,
/// and adds rules that a schema cannot express.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    /// The typed form of the schema.
    type State: Model;

    /// The type name as a configuration spells it, for instance `motherduck_token`.
    fn type_name(&self) -> &'static str;

    /// The schema. It is requested once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown; an unknown value breaks no rule.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Completes the plan of a create or an update. It is a pure function: no API, no clock, no random
    /// number.
    fn plan(&self, request: PlanRequest<Self::State>) -> Result<Plan<Self::State>, Diagnostics> {
        Ok(Plan::proposed(request))
    }

    /// Refuses a destroy in the plan, or returns warnings.
    fn plan_destroy(&self, _request: &DeleteRequest<Self::State>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }

    /// Creates the object.
    async fn create(&self, request: CreateRequest<Self::State>) -> ApplyResult<Self::State>;

    /// Called when an object was created and the response did not reach the caller: it is in no state. An
    /// object that must not exist unknown, such as a live secret, is removed here; by default the object
    /// stays.
    async fn undelivered_create(&self, _created: ResourceState<Self::State>) -> Result<(), Diagnostics> {
        Ok(())
    }

    /// Reads the object.
    async fn read(&self, request: ResourceState<Self::State>) -> Result<Read<Self::State>, Diagnostics>;

    /// Updates the object in place.
    async fn update(&self, request: UpdateRequest<Self::State>) -> ApplyResult<Self::State>;

    /// Deletes the object; an object that was already deleted is a success. Returns warnings.
    async fn delete(&self, request: DeleteRequest<Self::State>) -> Result<Diagnostics, Diagnostics>;

    /// Imports an existing object. A refresh follows at once.
    async fn import(&self, what: Import<Self::State>) -> Result<ResourceState<Self::State>, Diagnostics>;

    /// The attributes that identify an object for its whole lifetime. Each is an attribute of the schema too,
    /// is set in every state, and is never sensitive.
    fn identity(&self) -> Vec<IdentityAttribute>;

    /// Upgrades a state that was stored with an earlier version of the schema and needs more than defaults
    /// for missing attributes. `None` for a version that needs no more.
    fn upgrade(&self, _version: i64) -> Option<StateUpgrader<Self::State>> {
        None
    }

    /// The resource types of other providers that can be moved to this one.
    fn moves(&self) -> Vec<StateMover<Self::State>> {
        Vec::new()
    }
}

/// What identifies an object to import.
#[derive(Debug, Clone)]
pub enum Import<S> {
    /// An import id.
    Id(String),
    /// An identity: its attributes are known, all others null.
    Identity(S),
}

/// A state with its private state, and warnings.
#[derive(Debug, Clone)]
pub struct ResourceState<S> {
    /// The state.
    pub state: S,
    /// The private state.
    pub private: Private,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}

impl<S> ResourceState<S> {
    /// A state without warnings.
    pub fn new(state: S, private: Private) -> Self {
        ResourceState {
            state,
            private,
            warnings: Diagnostics::new(),
        }
    }
}

/// A request to plan a create or an update.
#[derive(Debug, Clone)]
pub struct PlanRequest<S> {
    /// The configuration.
    pub config: S,
    /// The prior state; none for a new object.
    pub prior: Option<S>,
    /// The state that results from the schema's rules.
    pub proposed: S,
    /// The changed attributes that require a replacement by the schema.
    pub replace: Vec<Path>,
    /// The private state of the prior state.
    pub private: Private,
}

/// A plan.
#[derive(Debug, Clone)]
pub struct Plan<S> {
    /// The planned state.
    pub planned: S,
    /// The changes that require a replacement; empty for an update in place.
    pub replace: Vec<Path>,
    /// The private state for the apply.
    pub private: Private,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}

impl<S> Plan<S> {
    /// The plan that results from the schema's rules.
    pub fn proposed(request: PlanRequest<S>) -> Self {
        Plan {
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
    /// The configuration. Write-only values are only here.
    pub config: S,
    /// The planned state.
    pub planned: S,
    /// The private state of the plan.
    pub private: Private,
}

/// A request to update an object.
#[derive(Debug, Clone)]
pub struct UpdateRequest<S> {
    /// The configuration. Write-only values are only here.
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
pub enum Read<S> {
    /// The object as it is now.
    Found(ResourceState<S>),
    /// The object does not exist any more; the warnings say how that is known.
    Gone(Diagnostics),
}

/// The result of a create or an update.
pub type ApplyResult<S> = Result<ResourceState<S>, ApplyError<S>>;

/// A create or update that failed.
#[derive(Debug, Clone)]
pub struct ApplyError<S> {
    /// At least one error.
    pub diagnostics: Diagnostics,
    /// The object that exists in spite of the failure. After a create it is kept as tainted; `None` means
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

/// A resource whose states are untyped values, as the protocol service uses it.
pub type AnyResource = dyn Resource<State = Value>;

/// Converts a typed resource to one of untyped values.
pub fn erase<R: Resource>(resource: R) -> Box<AnyResource> {
    Box::new(Erased(resource))
}

struct Erased<R>(R);

fn stored<S: Model>(typed: ResourceState<S>) -> ResourceState<Value> {
    ResourceState {
        state: typed.state.into_value(),
        private: typed.private,
        warnings: typed.warnings,
    }
}

fn outcome<S: Model>(typed: ApplyResult<S>) -> ApplyResult<Value> {
    typed.map(stored).map_err(|failure| ApplyError {
        diagnostics: failure.diagnostics,
        kept: failure.kept.map(stored),
    })
}

#[async_trait]
impl<R: Resource> Resource for Erased<R> {
    type State = Value;

    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn schema(&self) -> Schema {
        self.0.schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match typed(config) {
            Ok(config) => self.0.validate(&config),
            Err(diagnostics) => diagnostics,
        }
    }

    fn plan(&self, request: PlanRequest<Value>) -> Result<Plan<Value>, Diagnostics> {
        let plan = self.0.plan(PlanRequest {
            config: typed(&request.config)?,
            prior: request.prior.as_ref().map(typed).transpose()?,
            proposed: typed(&request.proposed)?,
            replace: request.replace,
            private: request.private,
        })?;
        Ok(Plan {
            planned: plan.planned.into_value(),
            replace: plan.replace,
            private: plan.private,
            warnings: plan.warnings,
        })
    }

    fn plan_destroy(&self, request: &DeleteRequest<Value>) -> Result<Diagnostics, Diagnostics> {
        let private = request.private.clone();
        self.0.plan_destroy(&DeleteRequest {
            prior: typed(&request.prior)?,
            private,
        })
    }

    async fn create(&self, request: CreateRequest<Value>) -> ApplyResult<Value> {
        let request = CreateRequest {
            config: typed(&request.config)?,
            planned: typed(&request.planned)?,
            private: request.private,
        };
        outcome(self.0.create(request).await)
    }

    async fn undelivered_create(&self, created: ResourceState<Value>) -> Result<(), Diagnostics> {
        let created = ResourceState::new(typed(&created.state)?, created.private);
        self.0.undelivered_create(created).await
    }

    async fn read(&self, request: ResourceState<Value>) -> Result<Read<Value>, Diagnostics> {
        let request = ResourceState::new(typed(&request.state)?, request.private);
        Ok(match self.0.read(request).await? {
            Read::Found(found) => Read::Found(stored(found)),
            Read::Gone(warnings) => Read::Gone(warnings),
        })
    }

    async fn update(&self, request: UpdateRequest<Value>) -> ApplyResult<Value> {
        let request = UpdateRequest {
            config: typed(&request.config)?,
            prior: typed(&request.prior)?,
            planned: typed(&request.planned)?,
            private: request.private,
        };
        outcome(self.0.update(request).await)
    }

    async fn delete(&self, request: DeleteRequest<Value>) -> Result<Diagnostics, Diagnostics> {
        let request = DeleteRequest {
            prior: typed(&request.prior)?,
            private: request.private,
        };
        self.0.delete(request).await
    }

    async fn import(&self, what: Import<Value>) -> Result<ResourceState<Value>, Diagnostics> {
        let what = match what {
            Import::Id(id) => Import::Id(id),
            Import::Identity(identity) => Import::Identity(typed(&identity)?),
        };
        self.0.import(what).await.map(stored)
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        self.0.identity()
    }

    fn upgrade(&self, version: i64) -> Option<StateUpgrader<Value>> {
        self.0.upgrade(version).map(StateUpgrader::erase)
    }

    fn moves(&self) -> Vec<StateMover<Value>> {
        self.0.moves().into_iter().map(StateMover::erase).collect()
    }
}
