//! The table of RPCs.

use std::sync::Arc;

use tonic::codegen::Bytes;
use tonic::{Request, Status};

use super::super::diagnostics::Diagnostics;
use super::super::wire;
use super::ProviderService;
use super::catch::WithDiagnostics;
use super::delivery::GuardSlot;
use super::instance::Instance;
use super::message::{
    AnyMessage, ClientStreaming, Rpc, ServerStreaming, Unary, decode, erase_messages, ready_response,
};
use super::rpc::{RpcRequest, rpcs};
use super::state_store::{self, unknown_state_store};
use crate::peer::Peer;

/// The messages, in modules with the names of the methods.
#[allow(clippy::wildcard_imports, reason = "the table names nearly all of them")]
mod proto {
    pub(super) use crate::proto::tfplugin6::{validate_state_store as validate_state_store_config, *};
}

/// A request with the instance that handles it.
struct IncomingRequest<M> {
    instance: Arc<Instance>,
    message: M,
    /// The slot for the guard of the response.
    guard_slot: Option<GuardSlot>,
}

impl ProviderService {
    fn decode<M: prost::Message + Default>(
        &self,
        request: Request<Bytes>,
    ) -> Result<IncomingRequest<M>, Status> {
        let (_, extensions, message) = request.into_parts();
        let instances = &self.lifecycle.instances;
        Ok(IncomingRequest {
            instance: match extensions.get::<Peer>() {
                Some(peer) => instances.for_peer(peer),
                None => instances.for_peer(&Peer::default()),
            },
            message: decode(message)?,
            guard_slot: extensions.get::<GuardSlot>().cloned(),
        })
    }
}

/// Returns the RPC with this name, if it is an RPC that streams the bytes of a state.
fn rpc_of_state_bytes(name: &str) -> Option<Rpc> {
    Some(match name {
        "ReadStateBytes" => Rpc::ServerStreaming(ServerStreaming(|service, request| {
            let request = service
                .decode::<proto::read_state_bytes::Request>(request)?
                .message;
            Ok(erase_messages(state_store::read_response(&request.type_name)))
        })),
        "WriteStateBytes" => Rpc::ClientStreaming(ClientStreaming(|request| {
            Box::pin(async move {
                let first = request.into_inner().message().await?;
                let first = first.map(decode).transpose()?;
                Ok(Box::new(state_store::write_response(first)) as AnyMessage)
            })
        })),
        _ => return None,
    })
}

rpcs! {
    // These calls run in their own tasks, where errors and panics become diagnostics. `i` is the instance,
    // `r` the request.
    unary {
        ValidateProviderConfig   validate_provider_config()
            |i, r| i.provider.validate(r.config.as_ref());
        ConfigureProvider        configure_provider()                  |i, r| i.configure(r).await;

        ValidateResourceConfig   validate_resource_config(type_name)   |i, r| i.validate_resource(&r);
        UpgradeResourceState     upgrade_resource_state(type_name)     |i, r| i.upgrade(&r);
        UpgradeResourceIdentity  upgrade_resource_identity(type_name)  |i, r| i.upgrade_identity(&r);
        MoveResourceState        move_resource_state(target_type_name) |i, r| i.move_state(&r);
        ReadResource             read_resource(type_name)              |i, r| i.read(r).await;
        PlanResourceChange       plan_resource_change(type_name)       |i, r| i.plan(r);
        ImportResourceState      import_resource_state(type_name)      |i, r| i.import(r).await;
        GenerateResourceConfig   generate_resource_config(type_name)   |i, r| i.generate(&r);

        ValidateDataResourceConfig validate_data_resource_config(type_name)
            |i, r| i.registry().data_sources.validate(&r.type_name, r.config.as_ref());
        ReadDataSource           read_data_source(type_name)           |i, r| i.read_data_source(r).await;

        ValidateEphemeralResourceConfig validate_ephemeral_resource_config(type_name)
            |i, r| i.registry().ephemeral_resources.validate(&r.type_name, r.config.as_ref());
        RenewEphemeralResource   renew_ephemeral_resource(type_name)   |i, r| i.renew(&r);

        ValidateListResourceConfig validate_list_resource_config(type_name)
            |i, r| i.registry().list_resources.validate(&r.type_name, r.config.as_ref());

        ValidateActionConfig     validate_action_config(type_name)
            |i, r| i.registry().actions.validate(&r.type_name, r.config.as_ref());
        PlanAction               plan_action(action_type)              |i, r| i.plan_action(&r);

        ValidateStateStoreConfig validate_state_store_config(type_name)
            |_i, r| Err(unknown_state_store(&r.type_name));
        ConfigureStateStore      configure_state_store(type_name)      |_i, r| Err(unknown_state_store(&r.type_name));
        GetStates                get_states(type_name)                 |_i, r| Err(unknown_state_store(&r.type_name));
        DeleteState              delete_state(type_name)               |_i, r| Err(unknown_state_store(&r.type_name));
        LockState                lock_state(type_name)                 |_i, r| Err(unknown_state_store(&r.type_name));
        UnlockState              unlock_state(type_name)               |_i, r| Err(unknown_state_store(&r.type_name));

        CallFunction             call_function(name)                   |i, r| Ok(i.call_function(&r));
    }

    // If the response of these calls is not delivered, their changes are undone or logged.
    tracked {
        ApplyResourceChange      apply_resource_change(type_name);
        OpenEphemeralResource    open_ephemeral_resource(type_name);
        CloseEphemeralResource   close_ephemeral_resource(type_name);
    }

    // The response is a stream of events.
    server_streaming {
        ListResource             list_resource(type_name);
        InvokeAction             invoke_action(action_type);
    }

    // The response needs neither the API nor a configuration.
    immediate {
        GetMetadata                get_metadata                   |i| i.metadata_response();
        GetProviderSchema          get_provider_schema            |i| i.provider_schema_response();
        GetResourceIdentitySchemas get_resource_identity_schemas  |i| i.identity_schemas();
        GetFunctions               get_functions                  |i| i.functions();
        // Core waits for this response while it holds a lock, so it must not wait for anything.
        StopProvider               stop_provider
            |i| { i.tasks.calls.stop(); proto::stop_provider::Response::default() };
    }
}
