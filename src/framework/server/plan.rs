//! `PlanResourceChange`: create, update, replace or destroy.

use super::super::diagnostics::Diagnostics;
use super::super::plan::{Proposal, propose};
use super::super::private::Private;
use super::super::registry::RegisteredResource;
use super::super::resource::{DeleteRequest, PlanRequest, PlanResponse};
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use super::rpc::RpcRequest as _;
use crate::proto::tfplugin6::ResourceIdentityData;
use crate::proto::tfplugin6::plan_resource_change::{Request, Response};

impl Instance {
    /// Plans a change. Core's own proposal is only used to detect a destroy: the request contains all its
    /// parts, and defaults and unknown values must be derived from the configuration.
    pub(super) fn plan(&self, request: Request) -> Result<Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.type_name)?;
        let ty = &resource.object_type;
        let prior = wire::decode(request.prior_state.as_ref(), ty)?;
        let proposed = wire::decode(request.proposed_new_state.as_ref(), ty)?;
        let private = Private::decode(&request.prior_private);
        if proposed.is_null() {
            return resource.plan_destroy(prior, private, request.prior_identity);
        }
        let config = wire::decode(request.config.as_ref(), ty)?;
        let is_new = prior.is_null();
        let plan = resource.plan_change(&config, prior, private)?;
        let planned_identity = if is_new || !plan.replace.is_empty() {
            resource.encode_identity(&plan.planned)?
        } else {
            resource.encode_unchanged_identity(&plan.planned, request.prior_identity)?
        };
        Ok(Response {
            planned_identity,
            planned_state: Some(resource.encode(&plan.planned)?),
            requires_replace: plan.replace.iter().map(wire::path).collect(),
            planned_private: plan.private.encode(),
            diagnostics: wire::diagnostics(plan.warnings),
            ..Default::default()
        })
    }
}

impl RegisteredResource {
    fn plan_destroy(
        &self,
        prior: Value,
        private: Private,
        planned_identity: Option<ResourceIdentityData>,
    ) -> Result<Response, Diagnostics> {
        let planned_private = private.encode();
        let warnings = match &self.optional_features.destroy_plan {
            Some(plan) if !prior.is_null() => plan.plan_destroy(&DeleteRequest { prior, private })?,
            _ => Diagnostics::new(),
        };
        Ok(Response {
            planned_state: Some(self.encode(&Value::Null)?),
            planned_private,
            planned_identity,
            diagnostics: wire::diagnostics(warnings),
            ..Default::default()
        })
    }

    /// Plans a create or an update. A replacement is planned as a create: no computed value of the old object
    /// is kept.
    fn plan_change(
        &self,
        config: &Value,
        prior: Value,
        private: Private,
    ) -> Result<PlanResponse<Value>, Diagnostics> {
        let prior = if prior.is_null() { None } else { Some(prior) };
        let changed = self.plan_once(config, prior, private)?;
        if changed.replace.is_empty() {
            return Ok(changed);
        }
        let new = self.plan_once(config, None, Private::new())?;
        Ok(PlanResponse {
            planned: new.planned,
            ..changed
        })
    }

    fn plan_once(
        &self,
        config: &Value,
        prior: Option<Value>,
        private: Private,
    ) -> Result<PlanResponse<Value>, Diagnostics> {
        let Some(configured) = config.as_object() else {
            return Err(Request::malformed("has no configuration"));
        };
        let before = prior.as_ref().and_then(Value::as_object);
        let Proposal { state, replace } = propose(&self.schema.attributes, configured, before);
        self.block.plan(PlanRequest {
            config: config.clone(),
            prior,
            proposed: Value::Object(state),
            replace,
            private,
        })
    }
}
