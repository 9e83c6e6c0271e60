//! A resource with a write-only attribute, which it returns wherever it can: no response may have it.

use async_trait::async_trait;

use crate::framework::block::Block;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::private::Private;
use crate::framework::resource::{
    ApplyResult, CreateRequest, DeleteRequest, ImportRequest, PlanRequest, PlanResponse, ReadResponse,
    Resource, ResourceWithImport, UpdateRequest,
};
use crate::framework::resource_state::ResourceState;
use crate::framework::value::Field;

crate::model! {
    /// An object with a key.
    pub(crate) struct WithKey {
        /// The name.
        #[attribute(required, identity("The name."))]
        name: String,
        /// The key.
        #[attribute(write_only)]
        key_wo: String,
        /// The number of letters of the key.
        #[attribute(computed)]
        letters: i64,
    }
}

/// The state after an apply, with the key of the configuration.
fn applied(config: WithKey) -> ResourceState<WithKey> {
    let letters = config.key_wo.text().map(|key| i64::try_from(key.len()).unwrap());
    let letters = letters.into();
    ResourceState::new(WithKey { letters, ..config }, Private::new())
}

fn with_a_key(object: WithKey) -> WithKey {
    WithKey {
        key_wo: Field::Known("returned".into()),
        ..object
    }
}

pub(crate) struct TestWriteOnly;

impl Block for TestWriteOnly {
    type Model = WithKey;

    fn type_name(&self) -> &'static str {
        "test_write_only"
    }
}

#[async_trait]
impl Resource for TestWriteOnly {
    fn plan(&self, request: PlanRequest<WithKey>) -> Result<PlanResponse<WithKey>, Diagnostics> {
        let plan = PlanResponse::proposed(request);
        Ok(PlanResponse {
            planned: with_a_key(plan.planned),
            ..plan
        })
    }

    async fn create(&self, request: CreateRequest<WithKey>) -> ApplyResult<WithKey> {
        Ok(applied(request.config))
    }

    async fn read(&self, request: ResourceState<WithKey>) -> Result<ReadResponse<WithKey>, Diagnostics> {
        let state = with_a_key(request.state);
        Ok(ReadResponse::Found(ResourceState::new(state, Private::new())))
    }

    async fn update(&self, request: UpdateRequest<WithKey>) -> ApplyResult<WithKey> {
        Ok(applied(request.config))
    }

    async fn delete(&self, _: DeleteRequest<WithKey>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}

#[async_trait]
impl ResourceWithImport for TestWriteOnly {
    async fn import(&self, request: ImportRequest<WithKey>) -> Result<ResourceState<WithKey>, Diagnostics> {
        let name = match request {
            ImportRequest::Id(id) => Field::Known(id),
            ImportRequest::Identity(identity) => identity.name,
        };
        let object = WithKey {
            name,
            ..WithKey::default()
        };
        Ok(ResourceState::new(with_a_key(object), Private::new()))
    }
}
