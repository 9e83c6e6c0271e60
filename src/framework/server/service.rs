//! The table of calls.

use std::future::Future;
use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::super::diagnostics::Diagnostics;
use super::catch::{Answer, answer};
use super::{ProviderService, Shared, state_store};
use crate::proto::tfplugin6 as proto;
use proto::provider_server::Provider;
use proto::{
    apply_resource_change, call_function, close_ephemeral_resource, configure_provider,
    configure_state_store, delete_state, generate_resource_config, get_functions, get_metadata,
    get_provider_schema, get_resource_identity_schemas, get_states, import_resource_state, invoke_action,
    list_resource, lock_state, move_resource_state, open_ephemeral_resource, plan_action,
    plan_resource_change, read_data_source, read_resource, read_state_bytes, renew_ephemeral_resource,
    stop_provider, unlock_state, upgrade_resource_identity, upgrade_resource_state, validate_action_config,
    validate_data_resource_config, validate_ephemeral_resource_config, validate_list_resource_config,
    validate_provider_config, validate_resource_config, validate_state_store, write_state_bytes,
};

type Answered<T> = Result<Response<T>, Status>;

impl ProviderService {
    /// Runs a call in a task of its own: a caller that goes away cuts short only its waiting, never a write
    /// between the API's answer and the state that records it. The end of the process does cut it short.
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

    /// The answer to a call about a state store: that there is none.
    async fn no_state_store<A>(&self, rpc: &'static str, type_name: String) -> Answered<A>
    where
        A: Answer + Send + 'static,
    {
        let unknown = state_store::unknown(&type_name);
        self.call(rpc, type_name, |_| async { Err(unknown) }).await
    }
}

#[tonic::async_trait]
impl Provider for ProviderService {
    type ListResourceStream = BoxStream<list_resource::Event>;
    type InvokeActionStream = BoxStream<invoke_action::Event>;
    type ReadStateBytesStream = BoxStream<read_state_bytes::Response>;

    async fn get_metadata(&self, _: Request<get_metadata::Request>) -> Answered<get_metadata::Response> {
        Ok(Response::new(self.shared.metadata_answer()))
    }

    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> Answered<get_provider_schema::Response> {
        Ok(Response::new(self.shared.provider_schema_answer()))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<get_resource_identity_schemas::Request>,
    ) -> Answered<get_resource_identity_schemas::Response> {
        Ok(Response::new(self.shared.identity_schemas()))
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

    async fn upgrade_resource_identity(
        &self,
        request: Request<upgrade_resource_identity::Request>,
    ) -> Answered<upgrade_resource_identity::Response> {
        let request = request.into_inner();
        self.call(
            "UpgradeResourceIdentity",
            request.type_name.clone(),
            |shared| async move { shared.upgrade_identity(&request) },
        )
        .await
    }

    async fn move_resource_state(
        &self,
        request: Request<move_resource_state::Request>,
    ) -> Answered<move_resource_state::Response> {
        let request = request.into_inner();
        self.call(
            "MoveResourceState",
            request.target_type_name.clone(),
            |shared| async move { shared.move_state(&request) },
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
            |shared| async move { shared.plan(request) },
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

    async fn generate_resource_config(
        &self,
        request: Request<generate_resource_config::Request>,
    ) -> Answered<generate_resource_config::Response> {
        let request = request.into_inner();
        self.call(
            "GenerateResourceConfig",
            request.type_name.clone(),
            |shared| async move { shared.generate(&request) },
        )
        .await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> Answered<validate_data_resource_config::Response> {
        let request = request.into_inner();
        self.call(
            "ValidateDataResourceConfig",
            request.type_name.clone(),
            |shared| async move { shared.validate_data_source(&request) },
        )
        .await
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> Answered<read_data_source::Response> {
        let request = request.into_inner();
        self.call("ReadDataSource", request.type_name.clone(), |shared| async move {
            shared.read_data_source(request).await
        })
        .await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<validate_ephemeral_resource_config::Request>,
    ) -> Answered<validate_ephemeral_resource_config::Response> {
        let request = request.into_inner();
        self.call(
            "ValidateEphemeralResourceConfig",
            request.type_name.clone(),
            |shared| async move { shared.validate_ephemeral_resource(&request) },
        )
        .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<open_ephemeral_resource::Request>,
    ) -> Answered<open_ephemeral_resource::Response> {
        let opened = Arc::clone(&self.shared).open(request.into_inner()).await;
        opened
            .map(Response::new)
            .ok_or_else(|| Status::internal("OpenEphemeralResource ended early"))
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<renew_ephemeral_resource::Request>,
    ) -> Answered<renew_ephemeral_resource::Response> {
        let request = request.into_inner();
        self.call(
            "RenewEphemeralResource",
            request.type_name.clone(),
            |shared| async move { shared.renew(&request) },
        )
        .await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<close_ephemeral_resource::Request>,
    ) -> Answered<close_ephemeral_resource::Response> {
        let closed = Arc::clone(&self.shared).close(request.into_inner()).await;
        closed
            .map(Response::new)
            .ok_or_else(|| Status::internal("CloseEphemeralResource ended early"))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<validate_list_resource_config::Request>,
    ) -> Answered<validate_list_resource_config::Response> {
        let request = request.into_inner();
        self.call(
            "ValidateListResourceConfig",
            request.type_name.clone(),
            |shared| async move { shared.validate_list_resource(&request) },
        )
        .await
    }

    async fn list_resource(
        &self,
        request: Request<list_resource::Request>,
    ) -> Answered<BoxStream<list_resource::Event>> {
        Ok(Response::new(Arc::clone(&self.shared).list(request.into_inner())))
    }

    async fn validate_action_config(
        &self,
        request: Request<validate_action_config::Request>,
    ) -> Answered<validate_action_config::Response> {
        let request = request.into_inner();
        self.call(
            "ValidateActionConfig",
            request.type_name.clone(),
            |shared| async move { shared.validate_action(&request) },
        )
        .await
    }

    async fn plan_action(&self, request: Request<plan_action::Request>) -> Answered<plan_action::Response> {
        let request = request.into_inner();
        self.call("PlanAction", request.action_type.clone(), |shared| async move {
            shared.plan_action(&request)
        })
        .await
    }

    async fn invoke_action(
        &self,
        request: Request<invoke_action::Request>,
    ) -> Answered<BoxStream<invoke_action::Event>> {
        Ok(Response::new(
            Arc::clone(&self.shared).invoke(request.into_inner()),
        ))
    }

    async fn get_functions(&self, _: Request<get_functions::Request>) -> Answered<get_functions::Response> {
        Ok(Response::new(self.shared.functions()))
    }

    async fn call_function(
        &self,
        request: Request<call_function::Request>,
    ) -> Answered<call_function::Response> {
        let request = request.into_inner();
        self.call("CallFunction", request.name.clone(), |shared| async move {
            Ok(shared.call_function(&request))
        })
        .await
    }

    async fn validate_state_store_config(
        &self,
        request: Request<validate_state_store::Request>,
    ) -> Answered<validate_state_store::Response> {
        self.no_state_store("ValidateStateStoreConfig", request.into_inner().type_name)
            .await
    }

    async fn configure_state_store(
        &self,
        request: Request<configure_state_store::Request>,
    ) -> Answered<configure_state_store::Response> {
        self.no_state_store("ConfigureStateStore", request.into_inner().type_name)
            .await
    }

    async fn get_states(&self, request: Request<get_states::Request>) -> Answered<get_states::Response> {
        self.no_state_store("GetStates", request.into_inner().type_name)
            .await
    }

    async fn delete_state(
        &self,
        request: Request<delete_state::Request>,
    ) -> Answered<delete_state::Response> {
        self.no_state_store("DeleteState", request.into_inner().type_name)
            .await
    }

    async fn lock_state(&self, request: Request<lock_state::Request>) -> Answered<lock_state::Response> {
        self.no_state_store("LockState", request.into_inner().type_name)
            .await
    }

    async fn unlock_state(
        &self,
        request: Request<unlock_state::Request>,
    ) -> Answered<unlock_state::Response> {
        self.no_state_store("UnlockState", request.into_inner().type_name)
            .await
    }

    async fn read_state_bytes(
        &self,
        request: Request<read_state_bytes::Request>,
    ) -> Answered<BoxStream<read_state_bytes::Response>> {
        Ok(Response::new(state_store::read(&request.into_inner().type_name)))
    }

    async fn write_state_bytes(
        &self,
        request: Request<Streaming<write_state_bytes::RequestChunk>>,
    ) -> Answered<write_state_bytes::Response> {
        let first = request.into_inner().message().await?.and_then(|chunk| chunk.meta);
        let type_name = first.map(|meta| meta.type_name).unwrap_or_default();
        Ok(Response::new(state_store::written(&type_name)))
    }

    async fn stop_provider(&self, _: Request<stop_provider::Request>) -> Answered<stop_provider::Response> {
        // Core waits for this answer with a lock held: nothing may be waited for here.
        self.shared.provider.stop();
        Ok(Response::new(stop_provider::Response::default()))
    }
}
