//! List resources and the generated configuration of their objects.

use motherduck_provider::proto::tfplugin6 as proto;
use proto::{generate_resource_config, list_resource, validate_list_resource_config};
use serde_json::{Value as Json, json};

use super::value::to_json;
use super::{Diagnostics, Session, rules};
use crate::support::plugin_client::in_time;

/// A `list` block.
#[derive(Debug, Clone)]
pub(crate) struct ListQuery {
    type_name: &'static str,
    config: Json,
    include_resource: bool,
    limit: usize,
}

impl ListQuery {
    /// Lists all objects of this type, without their states.
    pub(crate) fn all(type_name: &'static str) -> Self {
        ListQuery {
            type_name,
            config: json!({}),
            include_resource: false,
            // Core's default.
            limit: 100,
        }
    }

    /// Lists the objects of one account.
    pub(crate) fn of_account(self, username: &str) -> Self {
        ListQuery {
            config: json!({ "username": username }),
            ..self
        }
    }

    /// Requests the states too.
    pub(crate) fn with_resources(self) -> Self {
        ListQuery {
            include_resource: true,
            ..self
        }
    }

    pub(crate) fn limit(self, limit: usize) -> Self {
        ListQuery { limit, ..self }
    }
}

/// The results and diagnostics of a list.
#[derive(Debug, Default)]
pub(crate) struct ListResult {
    pub(crate) found: Vec<ListedObject>,
    pub(crate) diagnostics: Diagnostics,
}

/// A listed object.
#[derive(Debug)]
pub(crate) struct ListedObject {
    pub(crate) identity: Json,
    pub(crate) name: String,
    /// Null if it was not requested.
    pub(crate) state: Json,
}

impl ListResult {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.found.iter().map(|found| found.name.as_str()).collect()
    }
}

impl Session {
    pub(crate) fn list_types(&self) -> Vec<&str> {
        self.lists.keys().map(String::as_str).collect()
    }

    pub(crate) async fn validate_list(&self, type_name: &str, config: &Json) -> Diagnostics {
        let request = validate_list_resource_config::Request {
            type_name: type_name.into(),
            config: Some(self.lists[type_name].encode(config)),
            ..Default::default()
        };
        let response = in_time("validation", self.client().validate_list_resource_config(request)).await;
        Diagnostics::read(&response.expect("a response").into_inner().diagnostics)
    }

    pub(crate) fn list_request(&self, query: &ListQuery) -> list_resource::Request {
        list_resource::Request {
            type_name: query.type_name.into(),
            config: Some(self.lists[query.type_name].encode(&query.config)),
            include_resource_object: query.include_resource,
            limit: query.limit.try_into().expect("a small limit"),
        }
    }

    /// Sends a list request and reads events as core does: up to the limit, or up to an error.
    pub(crate) async fn try_list(&self, query: &ListQuery) -> ListResult {
        let diagnostics = self.validate_list(query.type_name, &query.config).await;
        if diagnostics.has_errors() {
            return ListResult {
                diagnostics,
                ..ListResult::default()
            };
        }
        let mut client = self.client();
        let events = in_time("a list", client.list_resource(self.list_request(query))).await;
        let mut events = events.expect("a stream").into_inner();
        let mut listed = ListResult::default();
        while let Some(event) = in_time("an event", events.message()).await.expect("an event") {
            let diagnostics = Diagnostics::read(&event.diagnostic);
            let (has_errors, is_notice) = (
                diagnostics.has_errors(),
                !diagnostics.is_empty() && event.identity.is_none(),
            );
            listed.diagnostics.append(diagnostics);
            if has_errors {
                break;
            }
            if is_notice {
                continue;
            }
            listed.found.push(self.read_event(query, &event));
            assert!(listed.found.len() <= query.limit, "more than the limit");
        }
        listed
    }

    fn read_event(&self, query: &ListQuery, event: &list_resource::Event) -> ListedObject {
        let type_name = query.type_name;
        let identity = self.decode_identity(type_name, event.identity.as_ref());
        assert!(
            identity
                .as_object()
                .is_some_and(|members| members.values().all(|value| value.as_str().is_some())),
            "missing identity data in ListResource event: {event:?}"
        );
        assert!(!event.display_name.trim().is_empty(), "{event:?}");
        let object = event.resource_object.as_ref();
        assert_eq!(object.is_some(), query.include_resource, "{event:?}");
        let state = object.map_or(Json::Null, |object| {
            let state = self.resource(type_name).decode(Some(object));
            assert!(state.is_wholly_known() && !state.is_null(), "{state:?}");
            rules::assert_identity_is_valid(&identity, &state);
            to_json(&state)
        });
        ListedObject {
            identity: to_json(&identity),
            name: event.display_name.clone(),
            state,
        }
    }

    /// Lists objects without diagnostics.
    pub(crate) async fn list(&self, query: &ListQuery) -> Vec<ListedObject> {
        let listed = self.try_list(query).await;
        listed.diagnostics.assert_empty();
        listed.found
    }

    /// Generates the configuration of a state.
    pub(crate) async fn generate(&self, type_name: &str, state: &Json) -> (Json, Diagnostics) {
        let block = self.resource(type_name);
        let request = generate_resource_config::Request {
            type_name: type_name.into(),
            state: Some(block.encode(state)),
        };
        let response = in_time("a configuration", self.client().generate_resource_config(request)).await;
        let response = response.expect("a response").into_inner();
        let diagnostics = Diagnostics::read(&response.diagnostics);
        let config = block.decode_json(response.config.as_ref());
        (config, diagnostics)
    }
}
