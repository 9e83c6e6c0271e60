//! Access tokens of a user.

use std::collections::{HashMap, HashSet};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use super::Client;
use crate::api::api_request::ApiRequest;
use crate::api::operation::Success;
use crate::api::paging::{Cursors, is_blank};
use crate::api::{Error, Freshness, ReadResults, Reply, json};

/// A token as the API lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Token {
    /// The id of the token; a UUID, treated as opaque.
    pub id: String,
    /// Its name, which need not be unique.
    pub name: Option<String>,
    /// Its description; absent if the region does not support descriptions.
    pub description: Option<String>,
    /// When it expires, RFC 3339 as received; absent for a token that never expires.
    pub expire_at: Option<String>,
    /// When it was created, RFC 3339 as received.
    pub created_ts: String,
    /// Whether it can only read.
    pub read_only: bool,
    /// `read_write` or `read_scaling`, converted to lower case; new values may be added.
    #[serde(deserialize_with = "lower_case")]
    pub token_type: String,
}

/// The tokens of an account, which can be found by id.
#[derive(Debug)]
pub struct Listing {
    /// The keys are the ids in lower case.
    tokens: HashMap<String, Token>,
}

impl Listing {
    pub(super) fn new(tokens: Vec<Token>) -> Self {
        let keyed = tokens
            .into_iter()
            .map(|token| (token.id.to_ascii_lowercase(), token));
        Listing {
            tokens: keyed.collect(),
        }
    }

    /// Returns the token with this id, ignoring letter case.
    pub fn get(&self, id: &str) -> Option<&Token> {
        self.tokens.get(&id.to_ascii_lowercase())
    }
}

/// A created token with its secret, which no later response contains.
#[derive(Debug, Clone)]
pub struct CreatedToken {
    /// The secret.
    pub secret: SecretString,
    /// All other attributes of the token.
    pub token: Token,
}

/// A request for a token. The API chooses the values that are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewToken {
    /// 1 to 255 characters.
    pub name: String,
    /// The lifetime in seconds, 300 to 31536000; `None` for a token that never expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// `read_write` (the API's default) or `read_scaling`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// Up to 1000 UTF-16 units. Some regions drop it without an error, so check the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A listing. The API currently sends one page; the cursors support several.
#[derive(Deserialize)]
struct TokenPage {
    tokens: Vec<Token>,
    next_cursor: Option<String>,
    next_page_token: Option<String>,
    pagination: Option<Pagination>,
}

#[derive(Default, Deserialize)]
struct Pagination {
    next_cursor: Option<String>,
    next_page_token: Option<String>,
}

impl TokenPage {
    /// Returns the next page's query parameter, which has the name of the cursor's member, and its value.
    fn cursor(&mut self) -> Option<(&'static str, String)> {
        let nested = self.pagination.take().unwrap_or_default();
        let candidates = [
            ("page_token", self.next_page_token.take()),
            ("cursor", self.next_cursor.take()),
            ("page_token", nested.next_page_token),
            ("cursor", nested.next_cursor),
        ];
        candidates.into_iter().find_map(|(parameter, cursor)| {
            let cursor = cursor.filter(|cursor| !is_blank(cursor))?;
            Some((parameter, cursor))
        })
    }
}

impl Client {
    /// Creates a token. After an error with an unknown outcome, a token may exist whose secret is lost: its
    /// id is the error's [`created_id`](Error::created_id), or one of [`Client::tokens`].
    pub async fn create_token(&self, username: &str, new: &NewToken) -> Result<Reply<CreatedToken>, Error> {
        let request = ApiRequest::post(["users", username, "tokens"], json!(new));
        let success = self.operation().send(request).await?;
        let created = read_created(success)?;
        self.mask_secret(&created.body.secret);
        Ok(created)
    }

    /// Lists the valid tokens of a user, each once, in the API's order. Expired and revoked ones are not
    /// included.
    pub async fn tokens(&self, username: &str) -> Result<Reply<Vec<Token>>, Error> {
        let listing = self.list_tokens(username).await;
        self.inner.generations.discard_responses(username);
        listing
    }

    /// Lists the tokens of a user for the read of a managed object, which may share the request with others.
    pub async fn read_shared_tokens(&self, username: &str, freshness: Freshness) -> ReadResults<Listing> {
        self.shared_read(
            &self.token_reads,
            username,
            freshness,
            async |client, username| {
                let listed = client.list_tokens(&username).await?;
                Ok(listed.map(Listing::new))
            },
        )
        .await
    }

    async fn list_tokens(&self, username: &str) -> Result<Reply<Vec<Token>>, Error> {
        let operation = self.operation();
        let first = ApiRequest::get(["users", username, "tokens"]);
        let (mut tokens, mut ids, mut cursors) = (Vec::new(), HashSet::new(), Cursors::default());
        let mut request = first.clone();
        loop {
            let success = operation.send(request).await?;
            let mut page: TokenPage = success.decode()?;
            let next = page.cursor();
            // An insertion between two requests shifts the listing, so a token can be in two pages.
            tokens.extend(
                page.tokens
                    .into_iter()
                    .filter(|token| ids.insert(token.id.clone())),
            );
            let Some((parameter, cursor)) = next else {
                return Ok(success.reply(tokens));
            };
            cursors
                .record(&cursor)
                .map_err(|error| success.malformed(&error.to_string()))?;
            request = first.clone().with_query(parameter, cursor);
        }
    }

    /// Revokes a token by its id. If the token does not exist, [`Error::is_gone`] is true.
    pub async fn revoke_token(&self, username: &str, token_id: &str) -> Result<Reply<()>, Error> {
        self.operation()
            .delete(ApiRequest::delete(["users", username, "tokens", token_id]))
            .await
    }
}

/// The members of a created token that are needed even if the rest cannot be decoded. Each stays raw text
/// until then.
#[derive(Default, Deserialize)]
struct CreatedMembers<'a> {
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// Takes the secret out of the response before anything else is decoded, so that no error can quote it.
fn read_created(mut success: Success) -> Result<Reply<CreatedToken>, Error> {
    success.ensure_complete()?;
    success.ensure_from_api()?;
    let members: CreatedMembers<'_> = success.decode_received().unwrap_or_default();
    let non_empty = |member| json::string(member).filter(|text| !text.is_empty());
    let secret = non_empty(members.token).map(SecretString::from);
    let id = non_empty(members.id);
    if let Some(secret) = &secret {
        success.mask_secret(secret);
    }
    match (secret, id) {
        (secret, None) => {
            let missing = if secret.is_some() { "id" } else { "token" };
            Err(success.malformed(&format!("its body has no `{missing}`; a token may now exist")))
        }
        (None, Some(id)) => {
            success.set_created_id(id);
            Err(success.malformed("its body has no `token`"))
        }
        (Some(secret), Some(id)) => {
            success.set_created_id(id);
            let token = success.decode()?;
            Ok(success.reply(CreatedToken { secret, token }))
        }
    }
}

fn lower_case<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use crate::api::fake::{Script, status, token};
    use secrecy::ExposeSecret as _;
    use serde_json::Value;

    const SECRET: &str = "eyJhbGciOi.EXAMPLE.SIGNATURE";

    fn listed(id: &str) -> Value {
        json!({ "id": id, "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "token_type": "read_write" })
    }

    #[tokio::test(start_paused = true)]
    async fn create_token_sends_only_set_fields_and_returns_the_secret() {
        let response = status(200).json(&json!({
            "token": SECRET, "id": "7", "name": "n", "description": null, "expire_at": "2026-07-19T00:00:00Z",
            "created_ts": "2026-01-01T00:00:00Z", "read_only": true, "token_type": "READ_SCALING", "extra": {"x": 1},
        }));
        let script = Script::new().respond(response.clone()).respond(response);
        let client = script.client();
        let minimal = NewToken {
            name: "n".into(),
            ..NewToken::default()
        };
        let full = NewToken {
            ttl: Some(300),
            token_type: Some("read_scaling".into()),
            description: Some("d".into()),
            ..minimal.clone()
        };
        let reply = client.create_token("ada", &minimal).await.unwrap();
        client.create_token("ada", &full).await.unwrap();
        assert_eq!(script.sent_body(0), json!({ "name": "n" }));
        assert_eq!(
            script.sent_body(1),
            json!({ "name": "n", "ttl": 300, "token_type": "read_scaling", "description": "d" })
        );
        assert_eq!(reply.body.secret.expose_secret(), SECRET);
        let expected = Token {
            name: Some("n".into()),
            expire_at: Some("2026-07-19T00:00:00Z".into()),
            read_only: true,
            token_type: "read_scaling".into(),
            ..token("7")
        };
        assert_eq!(reply.body.token, expected);
        assert!(!format!("{reply:?}").contains(SECRET));
    }

    #[tokio::test(start_paused = true)]
    async fn create_token_with_an_unusable_response_is_malformed_without_secret() {
        for (response, expected) in [
            (status(200).text("created"), "no `token`; a token may now exist"),
            (status(204), "no `token`; a token may now exist"),
            (status(200).json(&json!([1])), "no `token`; a token may now exist"),
            (status(200).json(&json!({ "token": "", "id": "7" })), "no `token`"),
            (
                status(200).json(&json!({ "token": {"x": SECRET}, "id": "7" })),
                "no `token`",
            ),
            (
                status(200).json(&json!({ "token": SECRET })),
                "no `id`; a token may now exist",
            ),
            (
                status(200).json(&json!({
                    "token": SECRET, "id": "7", "created_ts": "t", "read_only": SECRET, "token_type": "x",
                })),
                "`read_only` is not true or false",
            ),
        ] {
            let script = Script::new().respond(response);
            let error = script
                .client()
                .create_token("ada", &NewToken::default())
                .await
                .unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.outcome_unknown(), "{error}");
            assert!(matches!(error.kind(), Kind::Malformed { .. }), "{error}");
            assert_eq!(
                error.created_id().is_some(),
                !expected.contains("may now exist"),
                "{error}"
            );
            assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
            assert_eq!(script.sent().len(), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn create_token_with_an_incomplete_body_has_unknown_outcome() {
        let script = Script::new().respond(status(200).text("{\"token\":\"eyJ").cut_short());
        let error = script
            .client()
            .create_token("ada", &NewToken::default())
            .await
            .unwrap_err();
        assert!(error.outcome_unknown() && matches!(error.kind(), Kind::Dropped { .. }));
        assert_eq!(script.sent().len(), 1);
        assert!(!format!("{error:?}").contains("eyJ"));
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_reads_absent_and_null_fields_alike() {
        let script = Script::new().respond(status(200).json(&json!({ "tokens": [
            listed("1"),
            { "id": "2", "name": null, "description": null, "expire_at": null, "created_ts": "2026-01-01T00:00:00Z",
              "read_only": false, "token_type": "Read_Write" },
        ]})));
        let reply = script.client().tokens("svc.reader").await.unwrap();
        assert_eq!(reply.body, [token("1"), token("2")]);
        assert_eq!(reply.url, "https://api.motherduck.com/v1/users/svc.reader/tokens");
        assert_eq!(script.sent(), ["GET /v1/users/svc.reader/tokens"]);
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_follows_each_known_cursor_member() {
        for (member, parameter) in [
            (json!({ "next_cursor": "c" }), "cursor"),
            (json!({ "next_page_token": "c" }), "page_token"),
            (json!({ "pagination": { "next_cursor": "c" } }), "cursor"),
            (
                json!({ "pagination": { "next_page_token": "c", "total": 2 } }),
                "page_token",
            ),
        ] {
            let mut first = json!({ "tokens": [listed("1")] });
            first
                .as_object_mut()
                .unwrap()
                .extend(member.as_object().unwrap().clone());
            let last = json!({
                "tokens": [listed("1"), listed("2")],
                "next_cursor": null,
                "next_page_token": "  ",
                "pagination": null,
            });
            let script = Script::new()
                .respond(status(200).json(&first))
                .respond(status(200).json(&last));
            let reply = script.client().tokens("ada").await.unwrap();
            assert_eq!(reply.body, [token("1"), token("2")]);
            assert_eq!(
                script.sent()[1],
                format!("GET /v1/users/ada/tokens?{parameter}=c")
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tokens_with_a_repeated_cursor_or_without_list_is_an_error() {
        let page = status(200).json(&json!({ "tokens": [], "next_cursor": "c" }));
        let script = Script::new().respond(page.clone()).respond(page);
        let error = script.client().tokens("ada").await.unwrap_err();
        assert!(error.to_string().contains("repeats the cursor"), "{error}");

        for body in [
            json!({}),
            json!({ "tokens": null }),
            json!([]),
            json!({ "tokens": {} }),
        ] {
            let script = Script::new().respond(status(200).json(&body));
            let error = script.client().tokens("ada").await.unwrap_err();
            assert!(matches!(error.kind(), Kind::Malformed { .. }), "{body}");
            assert!(!error.is_gone());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn revoke_token_sends_the_token_id() {
        let script = Script::new().respond(status(200).json(&json!({})));
        script.client().revoke_token("ada", "3fa8").await.unwrap();
        assert_eq!(script.sent(), ["DELETE /v1/users/ada/tokens/3fa8"]);
    }
}
