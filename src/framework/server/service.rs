//! The table of RPCs.

use std::sync::Arc;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::catch::WithDiagnostics;
use super::delivery::Delivery;
use super::instance::Instance;
use super::{ProviderService, state_store};
use crate::peer::Peer;
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
    /// The instance that a request is for, and its message.
    fn take<T>(&self, request: Request<T>) -> (Arc<Instance>, T) {
        let instance = match request.extensions().get::<Peer>() {
            Some(peer) => self.lifecycle.instances.of(peer),
            None => self.lifecycle.instances.of(&Peer::default()),
        };
        (instance, request.into_inner())
    }

    /// The response to a call about a state store: it does not exist.
    async fn no_state_store<A, T>(
        &self,
        rpc: &'static str,
        request: Request<T>,
        type_name: impl FnOnce(T) -> String,
    ) -> Answered<A>
    where
        A: WithDiagnostics + Send + 'static,
    {
        let (instance, request) = self.take(request);
        let type_name = type_name(request);
        let unknown = state_store::unknown(&type_name);
        instance.serve(rpc, type_name, |_| async { Err(unknown) }).await
    }
}

/// Where the call leaves what has to be undone if its response is not delivered.
fn delivery<T>(request: &Request<T>) -> Option<Delivery> {
    request.extensions().get::<Delivery>().cloned()
}

#[tonic::async_trait]
impl Provider for ProviderService {
    type ListResourceStream = BoxStream<list_resource::Event>;
    type InvokeActionStream = BoxStream<invoke_action::Event>;
    type ReadStateBytesStream = BoxStream<read_state_bytes::Response>;

    async fn get_metadata(
        &self,
        request: Request<get_metadata::Request>,
    ) -> Answered<get_metadata::Response> {
        Ok(Response::new(self.take(request).0.metadata_response()))
    }

    async fn get_provider_schema(
        &self,
        request: Request<get_provider_schema::Request>,
    ) -> Answered<get_provider_schema::Response> {
        Ok(Response::new(self.take(request).0.provider_schema_response()))
    }

    async fn get_resource_identity_schemas(
        &self,
        request: Request<get_resource_identity_schemas::Request>,
    ) -> Answered<get_resource_identity_schemas::Response> {
        Ok(Response::new(self.take(request).0.identity_schemas()))
    }

    async fn validate_provider_config(
        &self,
        request: Request<validate_provider_config::Request>,
    ) -> Answered<validate_provider_config::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve("ValidateProviderConfig", String::new(), |instance| async move {
                instance.provider_block().validate(request.config.as_ref())
            })
            .await
    }

    async fn configure_provider(
        &self,
        request: Request<configure_provider::Request>,
    ) -> Answered<configure_provider::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve("ConfigureProvider", String::new(), |instance| async move {
                instance.configure(request).await
            })
            .await
    }

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> Answered<validate_resource_config::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "ValidateResourceConfig",
                request.type_name.clone(),
                |instance| async move { instance.validate_resource(&request) },
            )
            .await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Answered<upgrade_resource_state::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "UpgradeResourceState",
                request.type_name.clone(),
                |instance| async move { instance.upgrade(&request) },
            )
            .await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<upgrade_resource_identity::Request>,
    ) -> Answered<upgrade_resource_identity::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "UpgradeResourceIdentity",
                request.type_name.clone(),
                |instance| async move { instance.upgrade_identity(&request) },
            )
            .await
    }

    async fn move_resource_state(
        &self,
        request: Request<move_resource_state::Request>,
    ) -> Answered<move_resource_state::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "MoveResourceState",
                request.target_type_name.clone(),
                |instance| async move { instance.move_state(&request) },
            )
            .await
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Answered<read_resource::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve("ReadResource", request.type_name.clone(), |instance| async move {
                instance.read(request).await
            })
            .await
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Answered<plan_resource_change::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "PlanResourceChange",
                request.type_name.clone(),
                |instance| async move { instance.plan(request) },
            )
            .await
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Answered<apply_resource_change::Response> {
        let delivery = delivery(&request);
        let (instance, request) = self.take(request);
        instance.change(request, delivery).await
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> Answered<import_resource_state::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "ImportResourceState",
                request.type_name.clone(),
                |instance| async move { instance.import(request).await },
            )
            .await
    }

    async fn generate_resource_config(
        &self,
        request: Request<generate_resource_config::Request>,
    ) -> Answered<generate_resource_config::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "GenerateResourceConfig",
                request.type_name.clone(),
                |instance| async move { instance.generate(&request) },
            )
            .await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> Answered<validate_data_resource_config::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "ValidateDataResourceConfig",
                request.type_name.clone(),
                |instance| async move {
                    let sources = &instance.registry().data_sources;
                    sources.validate(&request.type_name, request.config.as_ref())
                },
            )
            .await
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> Answered<read_data_source::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "ReadDataSource",
                request.type_name.clone(),
                |instance| async move { instance.read_data_source(request).await },
            )
            .await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<validate_ephemeral_resource_config::Request>,
    ) -> Answered<validate_ephemeral_resource_config::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "ValidateEphemeralResourceConfig",
                request.type_name.clone(),
                |instance| async move {
                    let ephemeral = &instance.registry().ephemeral_resources;
                    ephemeral.validate(&request.type_name, request.config.as_ref())
                },
            )
            .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<open_ephemeral_resource::Request>,
    ) -> Answered<open_ephemeral_resource::Response> {
        let delivery = delivery(&request);
        let (instance, request) = self.take(request);
        instance.open(request, delivery).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<renew_ephemeral_resource::Request>,
    ) -> Answered<renew_ephemeral_resource::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "RenewEphemeralResource",
                request.type_name.clone(),
                |instance| async move { instance.renew(&request) },
            )
            .await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<close_ephemeral_resource::Request>,
    ) -> Answered<close_ephemeral_resource::Response> {
        let delivery = delivery(&request);
        let (instance, request) = self.take(request);
        instance.close(request, delivery).await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<validate_list_resource_config::Request>,
    ) -> Answered<validate_list_resource_config::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "ValidateListResourceConfig",
                request.type_name.clone(),
                |instance| async move {
                    let lists = &instance.registry().list_resources;
                    lists.validate(&request.type_name, request.config.as_ref())
                },
            )
            .await
    }

    async fn list_resource(
        &self,
        request: Request<list_resource::Request>,
    ) -> Answered<BoxStream<list_resource::Event>> {
        let (instance, request) = self.take(request);
        Ok(Response::new(instance.list(request)))
    }

    async fn validate_action_config(
        &self,
        request: Request<validate_action_config::Request>,
    ) -> Answered<validate_action_config::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve(
                "ValidateActionConfig",
                request.type_name.clone(),
                |instance| async move {
                    let actions = &instance.registry().actions;
                    actions.validate(&request.type_name, request.config.as_ref())
                },
            )
            .await
    }

    async fn plan_action(&self, request: Request<plan_action::Request>) -> Answered<plan_action::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve("PlanAction", request.action_type.clone(), |instance| async move {
                instance.plan_action(&request)
            })
            .await
    }

    async fn invoke_action(
        &self,
        request: Request<invoke_action::Request>,
    ) -> Answered<BoxStream<invoke_action::Event>> {
        let (instance, request) = self.take(request);
        Ok(Response::new(instance.invoke(request)))
    }

    async fn get_functions(
        &self,
        request: Request<get_functions::Request>,
    ) -> Answered<get_functions::Response> {
        Ok(Response::new(self.take(request).0.functions()))
    }

    async fn call_function(
        &self,
        request: Request<call_function::Request>,
    ) -> Answered<call_function::Response> {
        let (instance, request) = self.take(request);
        instance
            .serve("CallFunction", request.name.clone(), |instance| async move {
                Ok(instance.call_function(&request))
            })
            .await
    }

    async fn validate_state_store_config(
        &self,
        request: Request<validate_state_store::Request>,
    ) -> Answered<validate_state_store::Response> {
        self.no_state_store("ValidateStateStoreConfig", request, |request| request.type_name)
            .await
    }

    async fn configure_state_store(
        &self,
        request: Request<configure_state_store::Request>,
    ) -> Answered<configure_state_store::Response> {
        self.no_state_store("ConfigureStateStore", request, |request| request.type_name)
            .await
    }

    async fn get_states(&self, request: Request<get_states::Request>) -> Answered<get_states::Response> {
        self.no_state_store("GetStates", request, |request| request.type_name)
            .await
    }

    async fn delete_state(
        &self,
        request: Request<delete_state::Request>,
    ) -> Answered<delete_state::Response> {
        self.no_state_store("DeleteState", request, |request| request.type_name)
            .await
    }

    async fn lock_state(&self, request: Request<lock_state::Request>) -> Answered<lock_state::Response> {
        self.no_state_store("LockState", request, |request| request.type_name)
            .await
    }

    async fn unlock_state(
        &self,
        request: Request<unlock_state::Request>,
    ) -> Answered<unlock_state::Response> {
        self.no_state_store("UnlockState", request, |request| request.type_name)
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

    async fn stop_provider(
        &self,
        request: Request<stop_provider::Request>,
    ) -> Answered<stop_provider::Response> {
        // Core waits for this response with a lock held, so it must not wait for anything.
        self.take(request).0.calls.stop();
        Ok(Response::new(stop_provider::Response::default()))
    }
}
