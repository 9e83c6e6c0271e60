//! `ApplyResourceChange`: create, update or delete.

use super::super::diagnostics::Diagnostics;
use super::super::private::Private;
use super::super::resource::{CreateRequest, DeleteRequest, Outcome, UpdateRequest};
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use super::configure::nothing_to_do;
use super::lookup::Served;
use crate::proto::tfplugin6::ResourceIdentityData;
use crate::proto::tfplugin6::apply_resource_change::{Request, Response};

impl Shared {
    pub(super) async fn apply(&self, request: Request) -> Result<Response, Diagnostics> {
        let served = self.resource(&request.type_name)?;
        let of = served.schema.object_type();
        let prior = wire::decode(request.prior_state.as_ref(), &of)?;
        let planned = wire::decode(request.planned_state.as_ref(), &of)?;
        let config = wire::decode(request.config.as_ref(), &of)?;
        let private = Private::decode(&request.planned_private);
        match (prior.is_null(), planned.is_null()) {
            (true, true) => Err(nothing_to_do("ApplyResourceChange")),
            (true, false) => {
                let request = CreateRequest {
                    config,
                    planned,
                    private,
                };
                served.answer(served.resource.create(request).await, None)
            }
            (false, false) => {
                let update = UpdateRequest {
                    config,
                    prior,
                    planned,
                    private,
                };
                let identity = request.planned_identity;
                served.answer(served.resource.update(update).await, identity)
            }
            (false, true) => {
                let warnings = served.resource.delete(DeleteRequest { prior, private }).await?;
                Ok(Response {
                    new_state: Some(served.encode(&Value::Null)?),
                    diagnostics: wire::diagnostics(warnings),
                    ..Default::default()
                })
            }
        }
    }
}

impl Served {
    /// What is there is answered with the error, so that core keeps it; without a state core keeps what it had.
    /// That it cannot be identified is one more error, and no reason to lose it.
    pub(super) fn answer(
        &self,
        outcome: Outcome<Value>,
        identity: Option<ResourceIdentityData>,
    ) -> Result<Response, Diagnostics> {
        let (kept, mut diagnostics) = match outcome {
            Ok(stored) => {
                let warnings = stored.warnings.clone();
                (Some(stored), warnings)
            }
            Err(failure) => (failure.kept, failure.diagnostics),
        };
        let Some(kept) = kept else { return Err(diagnostics) };
        let new_state = match self.encode(&kept.state) {
            Ok(state) => state,
            Err(bug) => {
                diagnostics.append(bug);
                return Err(diagnostics);
            }
        };
        let new_identity = self.identify_written(&kept.state, identity);
        let new_identity = new_identity.unwrap_or_else(|bug| {
            diagnostics.append(bug);
            None
        });
        Ok(Response {
            new_state: Some(new_state),
            new_identity,
            private: kept.private.encode(),
            diagnostics: wire::diagnostics(diagnostics),
            ..Default::default()
        })
    }
}
