//! `ConfigureProvider`: the provider's own configuration.

use std::sync::atomic::Ordering;

use super::super::diagnostics::Diagnostics;
use super::super::provider::{ConfigureRequest, ConfigureResponse};
use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6 as proto;
use proto::configure_provider::{Request, Response};

impl Instance {
    pub(super) async fn configure(&self, request: Request) -> Result<Response, Diagnostics> {
        let config = wire::decode(request.config.as_ref(), &self.provider.object_type)?;
        let terraform_version = request.terraform_version;
        let configured = self
            .provider
            .block
            .configure(ConfigureRequest {
                config,
                terraform_version,
            })
            .await?;
        self.is_deferred
            .store(configured == ConfigureResponse::Deferred, Ordering::Release);
        Ok(Response::default())
    }

    /// Whether a call that needs the API is deferred, because the provider configuration has unknown values
    /// and the client supports deferral.
    pub(super) fn defers(&self, client: Option<proto::ClientCapabilities>) -> bool {
        self.is_deferred.load(Ordering::Acquire) && client.is_some_and(|client| client.deferral_allowed)
    }
}

/// Returns the reason in a deferred response.
pub(super) fn deferred() -> proto::Deferred {
    proto::Deferred {
        reason: proto::deferred::Reason::ProviderConfigUnknown.into(),
    }
}
