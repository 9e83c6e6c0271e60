//! The table of calls. What is not in it is answered as unimplemented, which tells core that this provider
//! does not have it.

use std::future::Future;
use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::super::diagnostics::Diagnostics;
use super::catch::{Answer, answer};
use super::{ProviderService, Shared};
use crate::proto::tfplugin6 as proto;
use proto::provider_server::Provider;
use proto::{
    apply_resource_change, configure_provider, get_metadata, get_provider_schema, import_resource_state,
    plan_resource_change, read_resource, stop_provider, upgrade_resource_state, validate_provider_config,
    validate_resource_config,
};

type Answered<T> = Result<Response<T>, Status>;

impl ProviderService {
    /// Runs a call in a task of its own: a caller that goes away cuts short only its waiting, never a write
    /// between the API's answer and the state that records it.
    async fn call<A, C>(
        &self,
        rpc: &'static str,
        type_name: String,
        call: impl FnOnce(Arc<Shared>) -> C + Send + 'static,
    ) -> Answered<A>
    where
        A: Answer + Send + 'static,
        C: Future<Output = Result<A, Diagnostics>> + Send,
    {
        let shared = Arc::clone(&self.shared);
        let task = tokio::spawn(async move { answer(rpc, &type_name, call(shared)).await });
        task.await
            .map(Response::new)
            .map_err(|error| Status::internal(format!("{rpc} ended early: {error}")))
    }
}

#[tonic::async_trait]
impl Provider for ProviderService {
    async fn get_metadata(&self, _: Request<get_metadata::Request>) -> Answered<get_metadata::Response> {
        Ok(Response::new(self.shared.metadata_answer()))
    }

    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> Answered<get_provider_schema::Response> {
        Ok(Response::new(self.shared.provider_schema_answer()))
    }

    async fn validate_provider_config(
        &self,
        request: Request<validate_provider_config::Request>,
    ) -> Answered<validate_provider_config::Response> {
        let request = request.into_inner();
        self.call("ValidateProviderConfig", String::new(), |shared| async move {
            shared.validate_provider(&request)
        })
        .await
    }

    async fn configure_provider(
        &self,
        request: Request<configure_provider::Request>,
    ) -> Answered<configure_provider::Response> {
        let request = request.into_inner();
        self.call("ConfigureProvider", String::new(), |shared| async move {
            shared.configure(request).await
        })
        .await
    }

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> Answered<validate_resource_config::Response> {
        let request = request.into_inner();
        self.call(
            "ValidateResourceConfig",
            request.type_name.clone(),
            |shared| async move { shared.validate_resource(&request) },
        )
        .await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Answered<upgrade_resource_state::Response> {
        let request = request.into_inner();
        self.call(
            "UpgradeResourceState",
            request.type_name.clone(),
            |shared| async move { shared.upgrade(&request) },
        )
        .await
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Answered<read_resource::Response> {
        let request = request.into_inner();
        self.call("ReadResource", request.type_name.clone(), |shared| async move {
            shared.read(request).await
        })
        .await
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Answered<plan_resource_change::Response> {
        let request = request.into_inner();
        self.call(
            "PlanResourceChange",
            request.type_name.clone(),
            |shared| async move { shared.plan(&request) },
        )
        .await
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Answered<apply_resource_change::Response> {
        let request = request.into_inner();
        self.call(
            "ApplyResourceChange",
            request.type_name.clone(),
            |shared| async move { shared.apply(request).await },
        )
        .await
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> Answered<import_resource_state::Response> {
        let request = request.into_inner();
        self.call(
            "ImportResourceState",
            request.type_name.clone(),
            |shared| async move { shared.import(request).await },
        )
        .await
    }

    async fn stop_provider(&self, _: Request<stop_provider::Request>) -> Answered<stop_provider::Response> {
        // Core waits for this answer with a lock held: nothing may be waited for here.
        self.shared.provider.stop();
        Ok(Response::new(stop_provider::Response::default()))
    }
}
