//! `OpenEphemeralResource` and what follows it: what lives as long as a run.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::plan::propose;
use super::super::private::Private;
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use super::configure::deferred;
use crate::proto::tfplugin6 as proto;
use proto::{close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource};

impl Shared {
    pub(super) async fn open(
        &self,
        request: open_ephemeral_resource::Request,
    ) -> Result<open_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let of = ephemeral.schema.object_type();
        if self.defers(request.client_capabilities) {
            return Ok(open_ephemeral_resource::Response {
                result: Some(wire::encode(&ephemeral.schema.all_unknown(), &of)?),
                deferred: Some(deferred()),
                ..Default::default()
            });
        }
        let config = wire::members(wire::decode(request.config.as_ref(), &of)?)?;
        // Defaults filled in, and unknown what opening gives: the plan of something new.
        let proposed = propose(&ephemeral.schema.attributes, &config, None).state;
        let opened = ephemeral.kind.open(Value::Object(proposed)).await?;
        if !opened.result.is_wholly_known() {
            let mut diagnostics = Diagnostics::from(Diagnostic::bug(format!(
                "{} was opened with unknown values.",
                request.type_name
            )));
            // Core closes nothing that did not open.
            if let Err(trouble) = ephemeral.kind.close(opened.private).await {
                diagnostics.append(trouble);
            }
            return Err(diagnostics);
        }
        Ok(open_ephemeral_resource::Response {
            result: Some(wire::encode(&opened.result, &of)?),
            private: Some(opened.private.encode()),
            diagnostics: wire::diagnostics(opened.warnings),
            ..Default::default()
        })
    }

    /// Nothing is ever renewed: no answer of [`Shared::open`] asks for it.
    pub(super) fn renew(
        &self,
        request: &renew_ephemeral_resource::Request,
    ) -> Result<renew_ephemeral_resource::Response, Diagnostics> {
        self.ephemeral_resource(&request.type_name)?;
        Err(Diagnostic::bug(format!("{} cannot be renewed.", request.type_name)).into())
    }

    pub(super) async fn close(
        &self,
        request: close_ephemeral_resource::Request,
    ) -> Result<close_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let private = Private::decode(&request.private.unwrap_or_default());
        let warnings = ephemeral.kind.close(private).await?;
        Ok(close_ephemeral_resource::Response {
            diagnostics: wire::diagnostics(warnings),
        })
    }

    /// Closes what was opened for a caller that has gone away: nobody else would.
    pub(super) async fn close_unheard(&self, type_name: String, opened: open_ephemeral_resource::Response) {
        if opened.result.is_none() || opened.deferred.is_some() {
            return;
        }
        let request = close_ephemeral_resource::Request {
            type_name,
            private: opened.private,
        };
        if let Err(diagnostics) = self.close(request).await {
            for diagnostic in diagnostics {
                tracing::warn!(
                    diagnostic_summary = diagnostic.summary,
                    "what was opened for a caller that left could not be closed"
                );
            }
        }
    }
}
