//! The running Ducklings of the organization.

use serde::Deserialize;

use super::Client;
use crate::api::api_request::ApiRequest;
use crate::api::{Error, Reply};

/// An account with at least one running Duckling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct ActiveAccount {
    /// The owner of the Ducklings: a service account or a human member.
    pub username: String,
    /// The running Ducklings.
    pub ducklings: Vec<RunningDuckling>,
}

/// A running Duckling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct RunningDuckling {
    /// Unique within its account: `rw`, or `rs.` and a number. Treated as opaque.
    pub id: String,
    /// `read_write` or `read_scaling`; new values may be added.
    #[serde(rename = "type")]
    pub kind: String,
    /// `active` or `cooldown`; new values may be added.
    pub status: String,
}

/// The listing, which has only one page.
#[derive(Deserialize)]
struct ActiveAccounts {
    accounts: Vec<ActiveAccount>,
}

impl Client {
    /// Lists the accounts with a running Duckling, in the API's order. An empty list is normal: Ducklings end
    /// some time after their last query.
    pub async fn active_accounts(&self) -> Result<Reply<Vec<ActiveAccount>>, Error> {
        let success = self
            .operation()
            .send(ApiRequest::get(["active_accounts"]))
            .await?;
        Ok(success
            .decoded_reply::<ActiveAccounts>()?
            .map(|listed| listed.accounts))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Kind;
    use crate::api::fake::{Script, status};

    #[tokio::test(start_paused = true)]
    async fn active_accounts_returns_response_order_and_ignores_unknown_fields() {
        let script = Script::new().respond(status(200).json(&json!({ "as_of": 7.5, "accounts": [
            { "username": "svc", "tier": 1.5, "ducklings": [
                { "id": "rw", "type": "read_write", "status": "active" },
                { "id": "rs.1", "type": "read_only", "status": "waking", "since": null },
            ]},
            { "username": "ada.lovelace", "ducklings": [] },
        ]})));
        let reply = script.client().active_accounts().await.unwrap();
        let duckling = |id: &str, kind: &str, status: &str| RunningDuckling {
            id: id.into(),
            kind: kind.into(),
            status: status.into(),
        };
        let expected = [
            ActiveAccount {
                username: "svc".into(),
                ducklings: vec![
                    duckling("rw", "read_write", "active"),
                    duckling("rs.1", "read_only", "waking"),
                ],
            },
            ActiveAccount {
                username: "ada.lovelace".into(),
                ducklings: vec![],
            },
        ];
        assert_eq!(reply.body, expected);
        assert_eq!(reply.url, "https://api.motherduck.com/v1/active_accounts");
        assert_eq!(script.sent(), ["GET /v1/active_accounts"]);
    }

    #[tokio::test(start_paused = true)]
    async fn active_accounts_without_a_list_is_malformed() {
        let script = Script::new().respond(status(200).json(&json!({ "accounts": [] })));
        assert_eq!(script.client().active_accounts().await.unwrap().body, []);

        for body in [
            json!({}),
            json!({ "accounts": null }),
            json!([]),
            json!({ "accounts": [{ "username": "svc" }] }),
        ] {
            let script = Script::new().respond(status(200).json(&body));
            let error = script.client().active_accounts().await.unwrap_err();
            assert!(matches!(error.kind(), Kind::Malformed { .. }), "{body}");
        }
    }
}
