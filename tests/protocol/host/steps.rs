//! Plan, apply, refresh and import of an object, in core's order and with core's checks.

use std::ops::Index;

use motherduck_provider::framework::Value;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::{apply_resource_change, import_resource_state, plan_resource_change, read_resource};
use serde_json::{Value as Json, json};

use super::diagnostics::path_text;
use super::value::to_json;
use super::{Block, Diagnostics, Session, merged, rules, smallest_ducklings};
use crate::support::plugin_client::in_time;

/// An object in core's state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredObject {
    pub(crate) state: Json,
    pub(crate) private: Vec<u8>,
    /// Null in a state without identities, which older CLIs still write.
    pub(crate) identity: Json,
}

impl StoredObject {
    /// An object without private state and identity.
    pub(crate) fn of(state: Json) -> Self {
        StoredObject::without_identity(state, Vec::new())
    }

    pub(crate) fn account(username: &str) -> Self {
        StoredObject::of(json!({ "username": username, "deletion_protection": true, "id": username }))
    }

    /// Ducklings of the smallest sizes.
    pub(crate) fn ducklings(username: &str) -> Self {
        let settings = json!({ "username": username, "restore_on_destroy": false, "id": username });
        StoredObject::of(merged(&settings, &smallest_ducklings()))
    }

    /// An object without an identity.
    pub(crate) fn without_identity(state: Json, private: Vec<u8>) -> Self {
        StoredObject {
            state,
            private,
            identity: Json::Null,
        }
    }
}

/// The planned operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    NoOp,
    Create,
    Update,
    Replace,
    Delete,
}

/// A plan that core accepts.
#[derive(Debug)]
pub(crate) struct Plan {
    type_name: String,
    config: Json,
    prior: Option<StoredObject>,
    planned: Value,
    /// The planned state as JSON.
    pub(crate) state: Json,
    pub(crate) private: Vec<u8>,
    /// Null if it is not known yet.
    pub(crate) identity: Json,
    pub(crate) action: Action,
    /// The paths that require a replacement, without those whose value does not change.
    pub(crate) replace: Vec<String>,
    pub(crate) diagnostics: Diagnostics,
}

/// The result of an apply or a refresh.
#[derive(Debug)]
pub(crate) struct Applied {
    /// The object afterwards; `None` if it was removed.
    pub(crate) stored: Option<StoredObject>,
    pub(crate) diagnostics: Diagnostics,
}

impl Applied {
    /// Returns the object, which must exist.
    #[track_caller]
    pub(crate) fn object(self) -> StoredObject {
        self.stored.expect("the object exists")
    }

    #[track_caller]
    pub(crate) fn assert_error(&self, path: &str, words: &[&str]) {
        self.diagnostics.assert_error(path, words);
    }

    #[track_caller]
    pub(crate) fn assert_warning(&self, path: &str, words: &[&str]) {
        self.diagnostics.assert_warning(path, words);
    }

    #[track_caller]
    pub(crate) fn assert_empty(&self) {
        self.diagnostics.assert_empty();
    }
}

impl Index<&str> for StoredObject {
    type Output = Json;

    fn index(&self, name: &str) -> &Json {
        &self.state[name]
    }
}

impl Index<&str> for Plan {
    type Output = Json;

    fn index(&self, name: &str) -> &Json {
        &self.state[name]
    }
}

impl Session {
    /// Validates a configuration and plans it. Core must accept the plan.
    pub(crate) async fn try_plan(
        &self,
        type_name: &str,
        config: &Json,
        prior: Option<&StoredObject>,
    ) -> Result<Plan, Diagnostics> {
        let diagnostics = self.validate(type_name, config).await;
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let before = prior.map(PriorData::of).unwrap_or_default();
        let plan = self.plan_with(type_name, config, prior, before).await?;
        if *config != Json::Null {
            let block = self.resource(type_name);
            let prior = block.value(prior.map_or(&Json::Null, |prior| &prior.state));
            rules::assert_plan_is_valid(block, &block.value(config), &prior, &plan.planned);
        }
        Ok(plan)
    }

    /// Plans without errors.
    pub(crate) async fn plan(&self, type_name: &str, config: &Json, prior: Option<&StoredObject>) -> Plan {
        let plan = self.try_plan(type_name, config, prior).await;
        plan.unwrap_or_else(|diagnostics| panic!("{type_name} {config}: {diagnostics:#?}"))
    }

    /// Requests the second plan of a replacement that the first plan or the user requested. It plans a new
    /// object.
    pub(crate) async fn plan_create_of_replacement(&self, first: &Plan) -> Result<Plan, Diagnostics> {
        // Terraform sends the identity, and OpenTofu does not.
        let before = PriorData {
            private: first.private.clone(),
            identity: first.identity.clone(),
        };
        self.plan_with(&first.type_name, &first.config, None, before)
            .await
    }

    pub(crate) async fn plan_destroy(
        &self,
        type_name: &str,
        prior: &StoredObject,
    ) -> Result<Plan, Diagnostics> {
        let plan = self
            .plan_with(type_name, &Json::Null, Some(prior), PriorData::of(prior))
            .await?;
        assert_eq!(plan.state, Json::Null, "planned a non-null destroy value");
        Ok(plan)
    }

    async fn plan_with(
        &self,
        type_name: &str,
        config: &Json,
        prior: Option<&StoredObject>,
        before: PriorData,
    ) -> Result<Plan, Diagnostics> {
        let block = self.resource(type_name);
        let prior_json = prior.map_or(&Json::Null, |prior| &prior.state);
        let prior_value = block.value(prior_json);
        let proposed = rules::propose(block, &block.value(config), &prior_value);
        let request = plan_resource_change::Request {
            type_name: type_name.into(),
            prior_state: Some(block.encode(prior_json)),
            proposed_new_state: Some(super::schema::encode(&proposed, &block.object_type)),
            config: Some(block.encode(config)),
            prior_private: before.private,
            prior_identity: self.encode_identity(type_name, &before.identity),
            ..Default::default()
        };
        let response = in_time("a plan", self.client().plan_resource_change(request)).await;
        let response = response.expect("a response").into_inner();
        let diagnostics = Diagnostics::read(&response.diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        assert!(!response.legacy_type_system, "core would skip its checks");
        let planned = block.decode(response.planned_state.as_ref());
        let replace: Vec<String> = response
            .requires_replace
            .iter()
            .map(path_text)
            .filter(|path| differs(block, path, &prior_value, &planned))
            .collect();
        let action = match (prior, config) {
            (_, Json::Null) => Action::Delete,
            (None, _) => Action::Create,
            _ if !replace.is_empty() => Action::Replace,
            _ if planned == prior_value => Action::NoOp,
            _ => Action::Update,
        };
        let identity = self.decode_identity(type_name, response.planned_identity.as_ref());
        rules::assert_planned_identity_is_valid(&identity);
        let identity = to_json(&identity);
        if let (Some(prior), Action::NoOp | Action::Update | Action::Delete) = (prior, action) {
            rules::assert_identity_is_unchanged(&prior.identity, &identity);
        }
        Ok(Plan {
            type_name: type_name.into(),
            config: config.clone(),
            prior: prior.cloned(),
            state: to_json(&planned),
            planned,
            private: response.planned_private,
            identity,
            action,
            replace,
            diagnostics,
        })
    }

    /// Applies a plan whose configuration is known. As core does, it plans again first.
    pub(crate) async fn try_apply(&self, plan: &Plan) -> Result<Applied, Applied> {
        self.try_apply_with_known(plan, &plan.config).await
    }

    /// Applies a plan whose configuration contained unknown values that are now known.
    pub(crate) async fn try_apply_with_known(&self, plan: &Plan, config: &Json) -> Result<Applied, Applied> {
        let (type_name, mut prior) = (plan.type_name.as_str(), plan.prior.as_ref());
        let mut first_planned = &plan.planned;
        let successor;
        match plan.action {
            Action::NoOp => panic!("there is nothing to apply"),
            Action::Delete => return self.apply_once(plan).await,
            Action::Replace => {
                successor = self
                    .plan_create_of_replacement(plan)
                    .await
                    .expect("the second plan of a replacement");
                let delete = plan.destroying(successor.private.clone());
                self.apply_once(&delete).await?;
                first_planned = &successor.planned;
                prior = None;
            }
            Action::Create | Action::Update => {}
        }
        let again = self.plan(type_name, config, prior).await;
        rules::assert_agrees_with_plan(first_planned, &again.planned);
        if again.action == Action::NoOp {
            assert_eq!(
                plan.action,
                Action::Update,
                "only an update may become a plan without changes"
            );
            let (stored, diagnostics) = (plan.prior.clone(), again.diagnostics);
            return Ok(Applied { stored, diagnostics });
        }
        let expected = match plan.action {
            Action::Replace => Action::Create,
            action => action,
        };
        assert_eq!(again.action, expected, "inconsistent final plan");
        self.apply_once(&again).await
    }

    /// Applies a plan without errors.
    pub(crate) async fn apply(&self, plan: &Plan) -> Applied {
        let applied = self.try_apply(plan).await;
        applied.unwrap_or_else(|failed| panic!("{:#?}", failed.diagnostics))
    }

    /// Returns the request that applies a plan.
    pub(crate) fn apply_request(&self, plan: &Plan) -> apply_resource_change::Request {
        let block = self.resource(&plan.type_name);
        let prior = plan.prior.as_ref();
        apply_resource_change::Request {
            type_name: plan.type_name.clone(),
            prior_state: Some(block.encode(prior.map_or(&Json::Null, |prior| &prior.state))),
            planned_state: Some(super::schema::encode(&plan.planned, &block.object_type)),
            config: Some(block.encode(&plan.config)),
            planned_private: plan.private.clone(),
            planned_identity: self.encode_identity(&plan.type_name, &plan.identity),
            ..Default::default()
        }
    }

    /// Sends an apply request without checks of the result.
    pub(crate) async fn send_apply(
        &self,
        request: apply_resource_change::Request,
    ) -> apply_resource_change::Response {
        let response = in_time("an apply", self.client().apply_resource_change(request)).await;
        response.expect("a response").into_inner()
    }

    /// Sends one apply request. After an error the result is what core keeps, and after a create it is
    /// tainted.
    pub(crate) async fn apply_once(&self, plan: &Plan) -> Result<Applied, Applied> {
        let block = self.resource(&plan.type_name);
        let response = self.send_apply(self.apply_request(plan)).await;
        let diagnostics = Diagnostics::read(&response.diagnostics);
        if diagnostics.has_errors() {
            let kept = response.new_state.as_ref().map(|state| block.decode(Some(state)));
            let stored = match kept.filter(|state| !state.is_null()) {
                None => plan.prior.clone(),
                Some(state) => {
                    assert!(state.is_wholly_known(), "kept with unknowns: {state:?}");
                    let identity = response.new_identity.as_ref();
                    Some(self.stored(&plan.type_name, &state, response.private, identity))
                }
            };
            return Err(Applied { stored, diagnostics });
        }
        let state = block.decode(response.new_state.as_ref());
        rules::assert_result_is_valid(&plan.planned, &state);
        let identity = response.new_identity.as_ref();
        let stored =
            (!state.is_null()).then(|| self.stored(&plan.type_name, &state, response.private, identity));
        if let Some(stored) = &stored {
            rules::assert_identity_is_unchanged(&plan.identity, &stored.identity);
        }
        Ok(Applied { stored, diagnostics })
    }

    /// Plans and creates an object. `Err` if the create returns an error; the object may exist nevertheless.
    pub(crate) async fn try_create(&self, type_name: &str, config: &Json) -> Result<Applied, Applied> {
        let plan = self.plan(type_name, config, None).await;
        self.try_apply(&plan).await
    }

    /// Plans and creates an object without errors.
    pub(crate) async fn create(&self, type_name: &str, config: &Json) -> StoredObject {
        let plan = self.plan(type_name, config, None).await;
        self.apply(&plan).await.object()
    }

    /// Plans a change, which must be of this kind, and applies it.
    pub(crate) async fn change_to(
        &self,
        type_name: &str,
        config: &Json,
        prior: &StoredObject,
        action: Action,
    ) -> StoredObject {
        let plan = self.plan(type_name, config, Some(prior)).await;
        assert_eq!(plan.action, action, "{plan:#?}");
        self.apply(&plan).await.object()
    }

    /// Plans and applies an update in place.
    pub(crate) async fn update(&self, type_name: &str, config: &Json, prior: &StoredObject) -> StoredObject {
        self.change_to(type_name, config, prior, Action::Update).await
    }

    /// Plans and applies a replacement.
    pub(crate) async fn replace(&self, type_name: &str, config: &Json, prior: &StoredObject) -> StoredObject {
        self.change_to(type_name, config, prior, Action::Replace).await
    }

    /// Plans and applies the destroy of an object. Returns the diagnostics of the apply.
    pub(crate) async fn destroy(&self, type_name: &str, stored: &StoredObject) -> Diagnostics {
        let plan = self.plan_destroy(type_name, stored).await;
        let plan = plan.unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}"));
        let applied = self.apply(&plan).await;
        assert_eq!(applied.stored, None, "{type_name} was destroyed");
        applied.diagnostics
    }

    /// Expects that the plan has no changes.
    pub(crate) async fn assert_plan_is_empty(&self, type_name: &str, config: &Json, prior: &StoredObject) {
        let plan = self.plan(type_name, config, Some(prior)).await;
        assert_eq!(plan.action, Action::NoOp, "{plan:#?}");
    }

    /// Sends a request to read a resource.
    pub(crate) async fn send_read(&self, request: read_resource::Request) -> read_resource::Response {
        let response = in_time("a refresh", self.client().read_resource(request)).await;
        response.expect("a response").into_inner()
    }

    /// Refreshes an object.
    pub(crate) async fn try_read(
        &self,
        type_name: &str,
        stored: &StoredObject,
    ) -> Result<Applied, Diagnostics> {
        let block = self.resource(type_name);
        let request = read_resource::Request {
            type_name: type_name.into(),
            current_state: Some(block.encode(&stored.state)),
            private: stored.private.clone(),
            current_identity: self.encode_identity(type_name, &stored.identity),
            ..Default::default()
        };
        let response = self.send_read(request).await;
        let diagnostics = Diagnostics::read(&response.diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        assert_eq!(response.deferred, None, "the client does not support deferral");
        let state = block.decode(response.new_state.as_ref());
        assert!(state.is_wholly_known(), "unknown in a refresh: {state:?}");
        let identity = response.new_identity.as_ref();
        let read = (!state.is_null()).then(|| self.stored(type_name, &state, response.private, identity));
        if let Some(read) = &read {
            rules::assert_identity_is_unchanged(&stored.identity, &read.identity);
        }
        let stored = read;
        Ok(Applied { stored, diagnostics })
    }

    /// Refreshes an object without errors.
    pub(crate) async fn read(&self, type_name: &str, stored: &StoredObject) -> Applied {
        let read = self.try_read(type_name, stored).await;
        read.unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}"))
    }

    /// Refreshes an object, which must still exist. There must be no diagnostics.
    pub(crate) async fn refresh(&self, type_name: &str, stored: &StoredObject) -> StoredObject {
        let read = self.read(type_name, stored).await;
        read.diagnostics.assert_empty();
        read.object()
    }

    /// Imports an object by id and refreshes it, as core does.
    pub(crate) async fn try_import(&self, type_name: &str, id: &str) -> Result<Applied, Diagnostics> {
        let request = import_resource_state::Request {
            type_name: type_name.into(),
            id: id.into(),
            ..Default::default()
        };
        self.try_import_with(request).await
    }

    /// Sends an import request.
    pub(crate) async fn send_import(
        &self,
        request: import_resource_state::Request,
    ) -> import_resource_state::Response {
        let response = in_time("an import", self.client().import_resource_state(request)).await;
        response.expect("a response").into_inner()
    }

    /// Imports an object by id or identity and refreshes it.
    pub(super) async fn try_import_with(
        &self,
        request: import_resource_state::Request,
    ) -> Result<Applied, Diagnostics> {
        let type_name = request.type_name.clone();
        let response = self.send_import(request).await;
        let diagnostics = Diagnostics::read(&response.diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let [imported] = response.imported_resources.as_slice() else {
            panic!("not one object: {:?}", response.imported_resources);
        };
        assert_eq!(imported.type_name, type_name);
        let state = self.resource(&type_name).decode(imported.state.as_ref());
        assert!(!state.is_null(), "import returned null resource");
        let identity = imported.identity.as_ref();
        let stub = self.stored(&type_name, &state, imported.private.clone(), identity);
        let mut read = self.try_read(&type_name, &stub).await?;
        read.diagnostics.append(diagnostics);
        Ok(read)
    }

    /// Imports an object without diagnostics.
    pub(crate) async fn import(&self, type_name: &str, id: &str) -> StoredObject {
        match self.try_import(type_name, id).await {
            Ok(imported) => {
                imported.diagnostics.assert_empty();
                imported.object()
            }
            Err(diagnostics) => panic!("{diagnostics:#?}"),
        }
    }
}

impl Plan {
    /// Expects a replacement that these paths require.
    #[track_caller]
    pub(crate) fn assert_replaces(&self, paths: &[&str]) {
        assert_eq!(self.action, Action::Replace, "{self:#?}");
        assert_eq!(self.replace, paths, "{self:#?}");
    }

    /// Returns the delete part of a replacement.
    fn destroying(&self, private: Vec<u8>) -> Self {
        Plan {
            type_name: self.type_name.clone(),
            config: Json::Null,
            prior: self.prior.clone(),
            planned: Value::Null,
            state: Json::Null,
            private,
            identity: self
                .prior
                .as_ref()
                .map(|prior| prior.identity.clone())
                .unwrap_or_default(),
            action: Action::Delete,
            replace: Vec::new(),
            diagnostics: Diagnostics::default(),
        }
    }

    /// Returns the delete part of a replacement that the user requested, with its second plan.
    pub(crate) fn delete_of_replacement(&self, second: &Plan) -> Self {
        self.destroying(second.private.clone())
    }

    /// Returns the destroy of a tainted object, whose replacement was planned as a create without a prior
    /// state.
    pub(crate) fn delete_of_tainted(&self, tainted: &StoredObject) -> Self {
        Plan {
            prior: Some(tainted.clone()),
            ..self.destroying(self.private.clone())
        }
    }
}

/// What core sends besides the state.
#[derive(Default)]
struct PriorData {
    private: Vec<u8>,
    identity: Json,
}

impl PriorData {
    fn of(stored: &StoredObject) -> Self {
        PriorData {
            private: stored.private.clone(),
            identity: stored.identity.clone(),
        }
    }
}

impl Session {
    /// Returns core's record of the object in a response. The response must have an identity.
    pub(crate) fn stored(
        &self,
        type_name: &str,
        state: &Value,
        private: Vec<u8>,
        identity: Option<&proto::ResourceIdentityData>,
    ) -> StoredObject {
        let identity = self.decode_identity(type_name, identity);
        rules::assert_identity_is_valid(&identity, state);
        StoredObject {
            state: to_json(state),
            private,
            identity: to_json(&identity),
        }
    }
}

/// Whether two objects differ at this path. The path must be an attribute's.
#[track_caller]
fn differs(block: &Block, path: &str, prior: &Value, planned: &Value) -> bool {
    let (mut block, mut prior, mut planned) = (Some(block), prior, planned);
    for name in path.split('.') {
        let attribute =
            block.and_then(|block| block.attributes.iter().find(|attribute| attribute.name == name));
        let attribute = attribute
            .unwrap_or_else(|| panic!("requires replacement for a non-existent attribute path {path}"));
        block = attribute.nested.as_ref();
        prior = inner(prior, name);
        planned = inner(planned, name);
    }
    prior != planned
}

fn inner<'a>(object: &'a Value, name: &str) -> &'a Value {
    match object {
        Value::Object(members) => &members[name],
        Value::Unknown => object,
        _ => &Value::Null,
    }
}
