//! Sessions that embed a Dive in a page.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Client;
use crate::api::api_request::ApiRequest;
use crate::api::operation::Success;
use crate::api::{Error, Reply, json};

/// The maximum size of a session's required resources as compact JSON in UTF-8.
pub const REQUIRED_RESOURCES_LIMIT_BYTES: usize = 8192;
/// The maximum size of a session's initial state as compact JSON in UTF-8.
pub const INITIAL_STATE_LIMIT_BYTES: usize = 65_536;

/// A request for a session. The API chooses the values that are `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NewEmbedSession {
    /// The service account whose read scaling token the session uses.
    pub username: String,
    /// Sessions with the same name share a read scaling Duckling. The name is not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_name: Option<String>,
    /// The version of the Dive, from 1 on; `None` for the current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The resources to attach instead of those that the Dive declares. An empty list attaches everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_resources: Option<Vec<RequiredResource>>,
    /// The initial state of the Dive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_state: Option<Map<String, Value>>,
}

/// A resource that a Dive needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RequiredResource {
    /// The address, for instance `md:_share/sales/…`; not empty.
    pub url: String,
    /// The name of the resource in the Dive's queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

impl NewEmbedSession {
    /// Returns the size of the required resources in a request, in bytes.
    pub fn required_resources_bytes(&self) -> usize {
        self.required_resources.as_ref().map_or(0, compact_length)
    }

    /// Returns the size of the initial state in a request, in bytes.
    pub fn initial_state_bytes(&self) -> usize {
        self.initial_state.as_ref().map_or(0, compact_length)
    }
}

/// Returns the length of compact JSON, which the API measures and which is also the form of a request.
fn compact_length(part: &impl Serialize) -> usize {
    json!(part).to_string().len()
}

impl Client {
    /// Creates a session of a Dive and returns its secret, which is valid for 24 hours and cannot be revoked.
    /// Requires the Business plan. After an error with an unknown outcome, a session may exist whose secret
    /// is lost.
    pub async fn create_embed_session(
        &self,
        dive_id: &str,
        new: &NewEmbedSession,
    ) -> Result<Reply<SecretString>, Error> {
        let request = ApiRequest::post(["dives", dive_id, "embed-session"], json!(new));
        let success = self.operation().send(request).await?;
        let session = read_session(&success)?;
        self.mask_secret(&session.body);
        Ok(session)
    }
}

/// The only member that is needed. It stays raw text until it is read, so that no error quotes it.
#[derive(Deserialize)]
struct SessionMembers<'a> {
    #[serde(borrow)]
    session: Option<&'a RawValue>,
}

fn read_session(success: &Success) -> Result<Reply<SecretString>, Error> {
    success.ensure_complete()?;
    success.ensure_from_api()?;
    let members: SessionMembers<'_> = success.decode()?;
    match json::string(members.session).filter(|session| !session.is_empty()) {
        Some(session) => Ok(success.reply(SecretString::from(session))),
        None => Err(success.malformed("its body has no `session`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use crate::api::fake::{Script, status};
    use secrecy::ExposeSecret as _;

    const DIVE: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    const SECRET: &str = "an-opaque-session";

    fn minimal() -> NewEmbedSession {
        NewEmbedSession {
            username: "svc".into(),
            ..NewEmbedSession::default()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn create_embed_session_sends_only_set_fields_and_returns_the_secret() {
        let response = status(200).json(&json!({ "session": SECRET, "extra": 1 }));
        let script = Script::new().respond(response.clone()).respond(response);
        let client = script.client();
        let full = NewEmbedSession {
            session_name: Some("customer-42".into()),
            version: Some(3),
            required_resources: Some(vec![
                RequiredResource {
                    url: "md:_share/sales/1".into(),
                    alias: Some("sales".into()),
                },
                RequiredResource {
                    url: "md:other".into(),
                    alias: None,
                },
            ]),
            initial_state: Some(Map::from_iter([("region".to_owned(), json!("EMEA"))])),
            ..minimal()
        };
        let reply = client.create_embed_session(DIVE, &minimal()).await.unwrap();
        client.create_embed_session(DIVE, &full).await.unwrap();
        let address = format!("POST /v1/dives/{DIVE}/embed-session");
        assert!(script.sent().iter().all(|sent| sent.starts_with(&address)));
        assert_eq!(script.sent_body(0), json!({ "username": "svc" }));
        assert_eq!(
            script.sent_body(1),
            json!({
                "username": "svc", "session_name": "customer-42", "version": 3,
                "required_resources": [{ "url": "md:_share/sales/1", "alias": "sales" }, { "url": "md:other" }],
                "initial_state": { "region": "EMEA" },
            })
        );
        assert_eq!(reply.body.expose_secret(), SECRET);
        assert!(!format!("{reply:?}").contains(SECRET));
    }

    #[tokio::test(start_paused = true)]
    async fn create_embed_session_sends_an_empty_resource_list() {
        let script = Script::new().respond(status(200).json(&json!({ "session": SECRET })));
        let everything = NewEmbedSession {
            required_resources: Some(Vec::new()),
            ..minimal()
        };
        script
            .client()
            .create_embed_session(DIVE, &everything)
            .await
            .unwrap();
        assert_eq!(
            script.sent_body(0),
            json!({ "username": "svc", "required_resources": [] })
        );
    }

    #[tokio::test(start_paused = true)]
    async fn create_embed_session_with_an_unusable_response_is_malformed() {
        for (response, expected) in [
            (status(200).text("opened"), "its body is not JSON"),
            (
                status(200).text("<title>Sign in</title>"),
                "an HTML page titled \"Sign in\"",
            ),
            (status(200).json(&json!({ "session": "" })), "no `session`"),
            (
                status(200).json(&json!({ "session": { "x": SECRET } })),
                "no `session`",
            ),
            (status(200).json(&json!({ "session": null })), "no `session`"),
            (status(200).json(&json!(SECRET)), "it is not an object"),
        ] {
            let script = Script::new().respond(response);
            let error = script
                .client()
                .create_embed_session(DIVE, &minimal())
                .await
                .unwrap_err();
            assert!(matches!(error.kind(), Kind::Malformed { .. }), "{error}");
            assert!(error.outcome_unknown());
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
        }
    }

    #[test]
    fn embed_session_sizes_are_bytes_of_compact_json() {
        let session = NewEmbedSession {
            required_resources: Some(vec![RequiredResource {
                url: "ü".into(),
                alias: None,
            }]),
            initial_state: serde_json::from_str(r#"{ "a" : [1, 2] }"#).unwrap(),
            ..minimal()
        };
        assert_eq!(session.required_resources_bytes(), r#"[{"url":"ü"}]"#.len());
        assert_eq!(session.initial_state_bytes(), r#"{"a":[1,2]}"#.len());
        assert_eq!(minimal().initial_state_bytes(), 0);
    }
}
