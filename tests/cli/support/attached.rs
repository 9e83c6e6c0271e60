//! Providers that the test itself serves with this project's framework. Terraform attaches to them, so they
//! need no build and no installation.

use motherduck_provider::framework::{Model, Provider, ProviderService};
use motherduck_provider::plugin::MESSAGE_LIMIT;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use super::Story;

/// Serves a provider for the following commands, until the returned runtime is dropped.
#[track_caller]
pub(super) fn attach<P: Provider<Model: Model>>(
    story: &mut Story,
    address: &str,
    make: impl Fn() -> P + Send + Sync + 'static,
) -> Runtime {
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let reattach = json!({
        address: {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": std::process::id(),
            "Test": true,
            "Addr": { "Network": "tcp", "String": listener.local_addr().unwrap().to_string() },
        }
    });
    story.set("TF_REATTACH_PROVIDERS", reattach.to_string());
    let service = ProviderService::new(make).grpc(MESSAGE_LIMIT);
    let server = Server::builder().add_service(service);
    runtime.spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    runtime
}

/// Whether the API accepts a token: lists the tokens of this account with it.
pub(super) async fn is_token(api: &str, username: &str, token: &str) -> bool {
    let Ok(client) = reqwest::Client::builder().no_proxy().build() else {
        return false;
    };
    let request = client
        .get(format!("{api}/v1/users/{username}/tokens"))
        .bearer_auth(token);
    request
        .send()
        .await
        .is_ok_and(|response| response.status().is_success())
}
