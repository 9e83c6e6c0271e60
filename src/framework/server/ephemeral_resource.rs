//! `OpenEphemeralResource` and what follows it: what lives as long as a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::ephemeral_resource::{AnyEphemeralResource, Opened};
use super::super::plan::propose;
use super::super::private::Private;
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use super::catch::answer;
use super::configure::deferred;
use super::lookup::Offered;
use super::validate::valid_config;
use crate::proto::tfplugin6 as proto;
use proto::{close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource};

impl Shared {
    /// Opens in a task of its own. What was opened for a caller that has gone away is closed: nobody else
    /// would. None if the task ended before its time.
    pub(super) async fn open(
        self: Arc<Self>,
        request: open_ephemeral_resource::Request,
    ) -> Option<open_ephemeral_resource::Response> {
        let (teller, told) = oneshot::channel();
        let tasks = self.open.tasks.clone();
        tasks.spawn(async move {
            let type_name = request.type_name.clone();
            let opened = answer("OpenEphemeralResource", &type_name, self.try_open(request)).await;
            let guarded = CloseOnDrop {
                shared: self,
                type_name,
                opened: Some(opened),
            };
            // If the caller is gone, dropping the message closes what was opened.
            drop(teller.send(guarded));
        });
        told.await.ok()?.disarm()
    }

    async fn try_open(
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
        let own = |config: &Value| ephemeral.kind.validate(config);
        let config = valid_config(&ephemeral.schema, request.config.as_ref(), own)?;
        if !config.values().all(Value::is_wholly_known) {
            // What is unknown here will have a value of its own: it is not to be chosen.
            return Err(Diagnostic::bug("OpenEphemeralResource came with unknown values.").into());
        }
        // Defaults filled in, and unknown what opening gives: the plan of something new.
        let proposed = propose(&ephemeral.schema.attributes, &config, None).state;
        let opened = ephemeral.kind.open(Value::Object(proposed.clone())).await?;
        match ephemeral.checked(&proposed, &opened) {
            Ok(result) => {
                let private = opened.private.encode();
                self.open.add(&request.type_name, &private);
                Ok(open_ephemeral_resource::Response {
                    result: Some(result),
                    private: Some(private),
                    diagnostics: wire::diagnostics(opened.warnings),
                    ..Default::default()
                })
            }
            Err(mut diagnostics) => {
                // Core closes nothing that did not open.
                if let Err(trouble) = ephemeral.kind.close(opened.private).await {
                    diagnostics.append(trouble);
                }
                Err(diagnostics)
            }
        }
    }

    /// Nothing is ever renewed: no answer of [`Shared::open`] asks for it.
    pub(super) fn renew(
        &self,
        request: &renew_ephemeral_resource::Request,
    ) -> Result<renew_ephemeral_resource::Response, Diagnostics> {
        self.ephemeral_resource(&request.type_name)?;
        Err(Diagnostic::bug(format!("{} cannot be renewed.", request.type_name)).into())
    }

    /// Closes in a task of its own, which the end of the process waits for. None if the task ended before its
    /// time.
    pub(super) async fn close(
        self: Arc<Self>,
        request: close_ephemeral_resource::Request,
    ) -> Option<close_ephemeral_resource::Response> {
        let tasks = self.open.tasks.clone();
        let closing = tasks.spawn(async move {
            let type_name = request.type_name.clone();
            self.open
                .take(&type_name, request.private.as_deref().unwrap_or_default());
            answer("CloseEphemeralResource", &type_name, self.try_close(request)).await
        });
        closing.await.ok()
    }

    /// Closes what was taken from the list of what is open.
    pub(super) async fn try_close(
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
}

impl Offered<AnyEphemeralResource> {
    /// The result as core takes it: wholly known, and what was decided before it was opened unchanged.
    fn checked(
        &self,
        proposed: &BTreeMap<String, Value>,
        opened: &Opened<Value>,
    ) -> Result<proto::DynamicValue, Diagnostics> {
        let name = self.kind.type_name();
        if !opened.result.is_wholly_known() {
            return Err(Diagnostic::bug(format!("{name} was opened with unknown values.")).into());
        }
        let result = opened.result.as_object();
        for (attribute, decided) in proposed {
            if decided.is_wholly_known() && result.and_then(|members| members.get(attribute)) != Some(decided)
            {
                return Err(Diagnostic::bug(format!("{name} was opened with another `{attribute}`.")).into());
            }
        }
        wire::encode(&opened.result, &self.schema.object_type())
    }
}

/// An answer on its way to the caller. Dropped before it arrives, it closes what was opened.
struct CloseOnDrop {
    shared: Arc<Shared>,
    type_name: String,
    opened: Option<open_ephemeral_resource::Response>,
}

impl CloseOnDrop {
    /// The answer, for a caller that is there and closes it.
    fn disarm(mut self) -> Option<open_ephemeral_resource::Response> {
        self.opened.take()
    }
}

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        let Some(opened) = self.opened.take() else { return };
        let private = opened.private.unwrap_or_default();
        // At the end of the process another closing may have been faster.
        if self.shared.open.take(&self.type_name, &private) {
            self.shared
                .close_unasked(std::mem::take(&mut self.type_name), private);
        }
    }
}
