//! Wraps the typed blocks of a provider as blocks of untyped values.

use async_trait::async_trait;

use super::super::action::{Action, Progress};
use super::super::block::Block;
use super::super::conversion::StateUpgrader;
use super::super::data_source::DataSource;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::ephemeral_resource::{EphemeralResource, OpenResponse};
use super::super::function::{Function, FunctionError};
use super::super::list_resource::{ListRequest, ListResource, ListResults};
use super::super::private::Private;
use super::super::resource::{
    ApplyError, ApplyResult, CreateRequest, DeleteRequest, ImportRequest, PlanRequest, PlanResponse,
    ReadResponse, Resource, ResourceWithDestroyPlan, ResourceWithImport, ResourceWithUndeliveredCreate,
    ResourceWithUpgrade, UpdateRequest,
};
use super::super::resource_state::ResourceState;
use super::super::value::{Codec, IntoValue, Value};

/// A block of untyped values. It converts them to the block's model and back.
pub(in super::super) struct Untyped<B>(pub(in super::super) B);

/// Converts an untyped value to a model. A mismatch is a bug.
pub(in super::super) fn typed<M: Codec>(value: &Value) -> Result<M, Diagnostics> {
    M::from_value(value).map_err(|error| Diagnostic::from(error).into())
}

fn untyped<M: Codec>(state: ResourceState<M>) -> ResourceState<Value> {
    state.map(M::into_value)
}

fn untyped_result<M: Codec>(result: ApplyResult<M>) -> ApplyResult<Value> {
    result.map(untyped).map_err(|failure| ApplyError {
        diagnostics: failure.diagnostics,
        kept: failure.kept.map(untyped),
    })
}

impl<B: Block> Block for Untyped<B> {
    type Model = Value;

    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match typed(config) {
            Ok(config) => self.0.validate(&config),
            Err(diagnostics) => diagnostics,
        }
    }
}

#[async_trait]
impl<R: Resource> Resource for Untyped<R> {
    fn plan(&self, request: PlanRequest<Value>) -> Result<PlanResponse<Value>, Diagnostics> {
        let plan = self.0.plan(PlanRequest {
            config: typed(&request.config)?,
            prior: request.prior.as_ref().map(typed).transpose()?,
            proposed: typed(&request.proposed)?,
            replace: request.replace,
            private: request.private,
        })?;
        Ok(PlanResponse {
            planned: plan.planned.into_value(),
            replace: plan.replace,
            private: plan.private,
            warnings: plan.warnings,
        })
    }

    async fn create(&self, request: CreateRequest<Value>) -> ApplyResult<Value> {
        let request = CreateRequest {
            config: typed(&request.config)?,
            planned: typed(&request.planned)?,
            private: request.private,
        };
        untyped_result(self.0.create(request).await)
    }

    async fn read(&self, request: ResourceState<Value>) -> Result<ReadResponse<Value>, Diagnostics> {
        let request = ResourceState::new(typed(&request.state)?, request.private);
        Ok(match self.0.read(request).await? {
            ReadResponse::Found(found) => ReadResponse::Found(untyped(found)),
            ReadResponse::Gone(warnings) => ReadResponse::Gone(warnings),
        })
    }

    async fn update(&self, request: UpdateRequest<Value>) -> ApplyResult<Value> {
        let request = UpdateRequest {
            config: typed(&request.config)?,
            prior: typed(&request.prior)?,
            planned: typed(&request.planned)?,
            private: request.private,
        };
        untyped_result(self.0.update(request).await)
    }

    async fn delete(&self, request: DeleteRequest<Value>) -> Result<Diagnostics, Diagnostics> {
        let prior = typed(&request.prior)?;
        let private = request.private;
        self.0.delete(DeleteRequest { prior, private }).await
    }
}

#[async_trait]
impl<R: ResourceWithImport> ResourceWithImport for Untyped<R> {
    async fn import(&self, request: ImportRequest<Value>) -> Result<ResourceState<Value>, Diagnostics> {
        let request = match request {
            ImportRequest::Id(id) => ImportRequest::Id(id),
            ImportRequest::Identity(identity) => ImportRequest::Identity(typed(&identity)?),
        };
        self.0.import(request).await.map(untyped)
    }
}

impl<R: ResourceWithDestroyPlan> ResourceWithDestroyPlan for Untyped<R> {
    fn plan_destroy(&self, request: &DeleteRequest<Value>) -> Result<Diagnostics, Diagnostics> {
        let prior = typed(&request.prior)?;
        let private = request.private.clone();
        self.0.plan_destroy(&DeleteRequest { prior, private })
    }
}

#[async_trait]
impl<R: ResourceWithUndeliveredCreate> ResourceWithUndeliveredCreate for Untyped<R> {
    async fn undelivered_create(&self, created: ResourceState<Value>) -> Result<(), Diagnostics> {
        let created = ResourceState::new(typed(&created.state)?, created.private);
        self.0.undelivered_create(created).await
    }
}

impl<R: ResourceWithUpgrade> ResourceWithUpgrade for Untyped<R> {
    fn upgrade(&self, version: i64) -> Option<StateUpgrader<Value>> {
        self.0.upgrade(version).map(StateUpgrader::erase)
    }
}

#[async_trait]
impl<D: DataSource> DataSource for Untyped<D> {
    async fn read(&self, config: Value) -> Result<Value, Diagnostics> {
        self.0.read(typed(&config)?).await.map(IntoValue::into_value)
    }
}

#[async_trait]
impl<E: EphemeralResource> EphemeralResource for Untyped<E> {
    async fn open(&self, config: Value) -> Result<OpenResponse<Value>, Diagnostics> {
        let opened = self.0.open(typed(&config)?).await?;
        Ok(OpenResponse {
            result: opened.result.into_value(),
            private: opened.private,
            warnings: opened.warnings,
        })
    }

    async fn close(&self, private: Private) -> Result<Diagnostics, Diagnostics> {
        self.0.close(private).await
    }
}

#[async_trait]
impl<L: ListResource> ListResource for Untyped<L> {
    async fn list(&self, request: ListRequest<Value>, found: &mut ListResults) -> Result<(), Diagnostics> {
        let request = ListRequest {
            config: typed(&request.config)?,
            include_object: request.include_object,
        };
        self.0.list(request, found).await
    }
}

#[async_trait]
impl<A: Action> Action for Untyped<A> {
    async fn invoke(&self, config: Value, progress: &Progress) -> Result<Diagnostics, Diagnostics> {
        self.0.invoke(typed(&config)?, progress).await
    }
}

impl<F: Function> Function for Untyped<F> {
    type Arguments = Value;
    type Output = Value;

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn call(&self, arguments: Value) -> Result<Value, FunctionError> {
        let arguments = typed(&arguments).map_err(|bug| FunctionError::call(bug.details()))?;
        self.0.call(arguments).map(IntoValue::into_value)
    }
}
