//! A managed resource: what it looks like and what happens to it in its life.

use async_trait::async_trait;

use super::conversion::{Conversion, Move};
use super::diagnostics::{Diagnostic, Diagnostics};
use super::erased::typed;
use super::private::Private;
use super::schema::{IdentityAttribute, Schema};
use super::value::{IntoValue, Model, Path, Value};

/// A kind of object that a configuration manages.
///
/// `State` is the typed form of its schema; configuration, plan and state all have it. The framework has
/// applied the schema's own rules before any of these is called: a `plan` gets defaults, kept values and
/// replacement paths ready, and adds what a schema cannot say.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    /// The typed form of the schema.
    type State: Model;

    /// As a configuration writes it, for instance `motherduck_token`.
    fn type_name(&self) -> &'static str;

    /// Its attributes. Asked once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown, which breaks no rule.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Completes the plan of a create or an update. A pure function: no API, no clock, no chance.
    fn plan(&self, request: PlanRequest<Self::State>) -> Result<Plan<Self::State>, Diagnostics> {
        Ok(Plan::proposed(request))
    }

    /// Refuses a destroy at plan time, or warns of it.
    fn plan_destroy(&self, _request: &DeleteRequest<Self::State>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }

    /// Makes the object.
    async fn create(&self, request: CreateRequest<Self::State>) -> Outcome<Self::State>;

    /// An object was created, and the response that says so reached no caller: it is in no state. What must not
    /// exist unknown, such as a live secret, is removed here; without an implementation the object stays.
    async fn undelivered_create(&self, _created: Stored<Self::State>) -> Result<(), Diagnostics> {
        Ok(())
    }

    /// Finds out what the object is like now.
    async fn read(&self, request: Stored<Self::State>) -> Result<Read<Self::State>, Diagnostics>;

    /// Changes the object in place.
    async fn update(&self, request: UpdateRequest<Self::State>) -> Outcome<Self::State>;

    /// Removes the object; one that is gone already is a success. Answers warnings.
    async fn delete(&self, request: DeleteRequest<Self::State>) -> Result<Diagnostics, Diagnostics>;

    /// Takes over an object that exists. A refresh follows at once.
    async fn import(&self, what: Import<Self::State>) -> Result<Stored<Self::State>, Diagnostics>;

    /// The attributes that tell one object from all others for as long as it lives. Each is an attribute of
    /// the schema too, set by whoever makes a state of it, and never secret.
    fn identity(&self) -> Vec<IdentityAttribute>;

    /// What becomes of a state that was stored with an earlier version of the schema and needs more than the
    /// filling of what it lacks. None for a version that needs no more.
    fn upgrade(&self, _version: i64) -> Option<Conversion<Self::State>> {
        None
    }

    /// The resource types of other providers whose objects can become this one's.
    fn moves(&self) -> Vec<Move<Self::State>> {
        Vec::new()
    }
}

/// What names an object to take over.
#[derive(Debug, Clone)]
pub enum Import<S> {
    /// The id that a user typed.
    Id(String),
    /// Its identity: the attributes that belong to it are known, the others null.
    Identity(S),
}

/// A state with what is remembered beside it, and warnings on the way.
#[derive(Debug, Clone)]
pub struct Stored<S> {
    /// The state.
    pub state: S,
    /// What is remembered beside it.
    pub private: Private,
    /// What the reader should know.
    pub warnings: Diagnostics,
}

impl<S> Stored<S> {
    /// A state without warnings.
    pub fn new(state: S, private: Private) -> Self {
        Stored {
            state,
            private,
            warnings: Diagnostics::new(),
        }
    }
}

/// What is to be planned.
#[derive(Debug, Clone)]
pub struct PlanRequest<S> {
    /// What the user wrote.
    pub config: S,
    /// What is there; none for a new object.
    pub prior: Option<S>,
    /// What the schema's rules make of the two.
    pub proposed: S,
    /// The changed attributes that the schema says force a replacement.
    pub replace: Vec<Path>,
    /// What is remembered beside the prior state.
    pub private: Private,
}

/// A plan.
#[derive(Debug, Clone)]
pub struct Plan<S> {
    /// What the object will be.
    pub planned: S,
    /// The changes that only a new object can have; empty for a change in place.
    pub replace: Vec<Path>,
    /// What apply gets to know beside the plan.
    pub private: Private,
    /// What the reader should know.
    pub warnings: Diagnostics,
}

impl<S> Plan<S> {
    /// The plan that the schema's rules make.
    pub fn proposed(request: PlanRequest<S>) -> Self {
        Plan {
            planned: request.proposed,
            replace: request.replace,
            private: request.private,
            warnings: Diagnostics::new(),
        }
    }
}

/// What is to be made.
#[derive(Debug, Clone)]
pub struct CreateRequest<S> {
    /// What the user wrote: the only place where write-only values are.
    pub config: S,
    /// What the plan promised.
    pub planned: S,
    /// What the plan remembered.
    pub private: Private,
}

/// What is to be changed.
#[derive(Debug, Clone)]
pub struct UpdateRequest<S> {
    /// What the user wrote: the only place where write-only values are.
    pub config: S,
    /// What is there.
    pub prior: S,
    /// What the plan promised.
    pub planned: S,
    /// What the plan remembered.
    pub private: Private,
}

/// What is to be removed.
#[derive(Debug, Clone)]
pub struct DeleteRequest<S> {
    /// What is there.
    pub prior: S,
    /// What the plan remembered.
    pub private: Private,
}

/// How a refresh went.
#[derive(Debug, Clone)]
pub enum Read<S> {
    /// The object as it is now.
    Found(Stored<S>),
    /// There is no such object any more; the warnings say how that is known.
    Gone(Diagnostics),
}

/// How a create or an update went.
pub type Outcome<S> = Result<Stored<S>, Failure<S>>;

/// A create or update that did not come to its end.
#[derive(Debug, Clone)]
pub struct Failure<S> {
    /// Why, with at least one error.
    pub diagnostics: Diagnostics,
    /// What is there nevertheless. After a create it is kept as tainted; none means that nothing was made,
    /// or that an update changed nothing.
    pub kept: Option<Stored<S>>,
}

impl<S> From<Diagnostics> for Failure<S> {
    fn from(diagnostics: Diagnostics) -> Self {
        Failure {
            diagnostics,
            kept: None,
        }
    }
}

impl<S> From<Diagnostic> for Failure<S> {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics::from(diagnostic).into()
    }
}

/// A resource whose states are plain values, as the protocol service drives it.
pub type AnyResource = dyn Resource<State = Value>;

/// Lets the protocol service drive a typed resource.
pub fn erase<R: Resource>(resource: R) -> Box<AnyResource> {
    Box::new(Erased(resource))
}

struct Erased<R>(R);

fn stored<S: Model>(typed: Stored<S>) -> Stored<Value> {
    Stored {
        state: typed.state.into_value(),
        private: typed.private,
        warnings: typed.warnings,
    }
}

fn outcome<S: Model>(typed: Outcome<S>) -> Outcome<Value> {
    typed.map(stored).map_err(|failure| Failure {
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

    async fn create(&self, request: CreateRequest<Value>) -> Outcome<Value> {
        let request = CreateRequest {
            config: typed(&request.config)?,
            planned: typed(&request.planned)?,
            private: request.private,
        };
        outcome(self.0.create(request).await)
    }

    async fn undelivered_create(&self, created: Stored<Value>) -> Result<(), Diagnostics> {
        let created = Stored::new(typed(&created.state)?, created.private);
        self.0.undelivered_create(created).await
    }

    async fn read(&self, request: Stored<Value>) -> Result<Read<Value>, Diagnostics> {
        let request = Stored::new(typed(&request.state)?, request.private);
        Ok(match self.0.read(request).await? {
            Read::Found(found) => Read::Found(stored(found)),
            Read::Gone(warnings) => Read::Gone(warnings),
        })
    }

    async fn update(&self, request: UpdateRequest<Value>) -> Outcome<Value> {
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

    async fn import(&self, what: Import<Value>) -> Result<Stored<Value>, Diagnostics> {
        let what = match what {
            Import::Id(id) => Import::Id(id),
            Import::Identity(identity) => Import::Identity(typed(&identity)?),
        };
        self.0.import(what).await.map(stored)
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        self.0.identity()
    }

    fn upgrade(&self, version: i64) -> Option<Conversion<Value>> {
        self.0.upgrade(version).map(Conversion::erase)
    }

    fn moves(&self) -> Vec<Move<Value>> {
        self.0.moves().into_iter().map(Move::erase).collect()
    }
}
