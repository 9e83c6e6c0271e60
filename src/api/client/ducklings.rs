//! The Duckling configuration of one user.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Number, json};

use super::Client;
use crate::api::api_request::ApiRequest;
use crate::api::operation::Success;
use crate::api::{Error, Freshness, ReadResults, Reply, json};

/// The Ducklings of a user: a read/write Duckling, and a pool of read scaling Ducklings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Ducklings {
    /// The Duckling of read/write connections.
    pub read_write: ReadWrite,
    /// The pool of read scaling connections.
    pub read_scaling: ReadScaling,
}

/// The result of a request for the Ducklings of a user that exists.
#[derive(Debug)]
pub struct Instances {
    /// The Ducklings, or why the response cannot be decoded.
    pub ducklings: Result<Ducklings, Arc<Error>>,
}

/// Configuration of the read/write Duckling.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ReadWrite {
    /// `pulse`, `standard`, `jumbo`, `mega` or `giga`; responses may contain new values.
    pub instance_size: String,
    /// The seconds until it ends after its last query, 60 to 86400. If a request omits it, the API sets the
    /// size's default and does not keep the value; with `pulse` it is refused.
    #[serde(
        default,
        deserialize_with = "optional_whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub cooldown_seconds: Option<u32>,
}

/// Configuration of the read scaling pool.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct ReadScaling {
    /// As in [`ReadWrite`].
    pub instance_size: String,
    /// The maximum number of Ducklings in the pool, 0 to 64.
    #[serde(deserialize_with = "whole_number")]
    pub flock_size: u32,
    /// As in [`ReadWrite`].
    #[serde(
        default,
        deserialize_with = "optional_whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub cooldown_seconds: Option<u32>,
}

impl Client {
    /// Checks whether a user exists. Every user has a configuration, and the API has no other request for
    /// this. If the user does not exist, [`Error::is_gone`] is true.
    pub async fn find_user(&self, username: &str) -> Result<Reply<()>, Error> {
        let found = self.get_instances(username).await?;
        found.decode::<json::Object>()?;
        Ok(found.reply(()))
    }

    /// Reads the configuration of a user. If the user does not exist, [`Error::is_gone`] is true.
    pub async fn ducklings(&self, username: &str) -> Result<Reply<Ducklings>, Error> {
        self.get_instances(username).await?.decoded_reply()
    }

    /// Sends a request that is not shared with other reads.
    async fn get_instances(&self, username: &str) -> Result<Success, Error> {
        let request = ApiRequest::get(["users", username, "instances"]);
        let found = self.operation().send(request).await;
        self.inner.generations.discard_responses(username);
        found
    }

    /// Reads the configuration of a user for the read of a managed object, which may share the request with
    /// others.
    pub async fn read_shared_instances(
        &self,
        username: &str,
        freshness: Freshness,
    ) -> ReadResults<Instances> {
        self.shared_read(
            &self.instance_reads,
            username,
            freshness,
            async |client, username| {
                let request = ApiRequest::get(["users", &username, "instances"]);
                let success = client.operation().send(request).await?;
                success.decode::<json::Object>()?;
                let ducklings = success.decode().map_err(Arc::new);
                Ok(success.reply(Instances { ducklings }))
            },
        )
        .await
    }

    /// Replaces the whole configuration and returns the one now in force. The response may lack a default
    /// cooldown that the API has set.
    pub async fn set_ducklings(&self, username: &str, config: &Ducklings) -> Result<Reply<Ducklings>, Error> {
        // The request wraps the configuration in `config`, unlike the response.
        let request = ApiRequest::put(["users", username, "instances"], json!({ "config": config }));
        self.operation().send(request).await?.decoded_reply()
    }
}

/// Decodes a whole number that may be written with a fraction of zero: the contract calls these fields
/// numbers, and some JSON libraries write all numbers as floats.
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    to_u32(&Number::deserialize(deserializer)?)
}

fn optional_whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    Option::<Number>::deserialize(deserializer)?
        .as_ref()
        .map(to_u32)
        .transpose()
}

fn to_u32<E: de::Error>(number: &Number) -> Result<u32, E> {
    let float = number
        .as_f64()
        .filter(|float| float.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(float));
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in this range and without a fraction the conversion is exact"
    )]
    float
        .map(|float| float as u32)
        .ok_or_else(|| E::custom(json::NOT_A_WHOLE_NUMBER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fake::{Script, status};

    fn ducklings(read_write: Option<u32>, flock_size: u32, read_scaling: Option<u32>) -> Ducklings {
        Ducklings {
            read_write: ReadWrite {
                instance_size: "jumbo".into(),
                cooldown_seconds: read_write,
            },
            read_scaling: ReadScaling {
                instance_size: "pulse".into(),
                flock_size,
                cooldown_seconds: read_scaling,
            },
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ducklings_accepts_whole_floats_nulls_and_unknown_fields() {
        for (body, expected) in [
            (
                r#"{"read_write":{"instance_size":"jumbo","cooldown_seconds":60},
                    "read_scaling":{"instance_size":"pulse","flock_size":4}}"#,
                ducklings(Some(60), 4, None),
            ),
            (
                r#"{"read_write":{"instance_size":"jumbo","cooldown_seconds":6e1,"x":1},"y":[],
                    "read_scaling":{"instance_size":"pulse","flock_size":4.0,"cooldown_seconds":90.00}}"#,
                ducklings(Some(60), 4, Some(90)),
            ),
            (
                r#"{"read_write":{"instance_size":"jumbo","cooldown_seconds":null},
                    "read_scaling":{"instance_size":"pulse","flock_size":0,"cooldown_seconds":null}}"#,
                ducklings(None, 0, None),
            ),
        ] {
            let script = Script::new().respond(status(200).text(body));
            let reply = script.client().ducklings("ada").await.unwrap();
            assert_eq!(reply.body, expected);
            assert_eq!(script.sent(), ["GET /v1/users/ada/instances"]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ducklings_with_an_invalid_flock_size_is_an_error() {
        for flock in ["4.5", "-1", "\"4\"", "null", "4294967296", "1e400", "true"] {
            let body = format!(
                r#"{{"read_write":{{"instance_size":"jumbo"}},
                    "read_scaling":{{"instance_size":"pulse","flock_size":{flock}}}}}"#
            );
            let script = Script::new().respond(status(200).text(&body));
            let error = script.client().ducklings("ada").await.unwrap_err();
            let expected = match flock {
                "\"4\"" | "null" | "true" => "`read_scaling.flock_size` is not a number",
                _ => "`read_scaling.flock_size` is not a whole number from 0 to 4294967295",
            };
            assert!(error.to_string().ends_with(expected), "{flock}: {error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn set_ducklings_sends_both_blocks_in_config() {
        let response = json!({
            "read_write": { "instance_size": "jumbo", "cooldown_seconds": 60 },
            "read_scaling": { "instance_size": "pulse", "flock_size": 2 },
        });
        let script = Script::new()
            .respond(status(200).json(&response))
            .respond(status(200).json(&response));
        let client = script.client();
        let reply = client
            .set_ducklings("ada", &ducklings(None, 2, None))
            .await
            .unwrap();
        client
            .set_ducklings("ada", &ducklings(Some(60), 2, Some(90)))
            .await
            .unwrap();
        assert_eq!(reply.body, ducklings(Some(60), 2, None));
        assert_eq!(
            script.sent()[0].split(' ').take(2).collect::<Vec<_>>(),
            ["PUT", "/v1/users/ada/instances"]
        );
        assert_eq!(
            script.sent_body(0),
            json!({ "config": {
                "read_write": { "instance_size": "jumbo" },
                "read_scaling": { "instance_size": "pulse", "flock_size": 2 },
            }})
        );
        assert_eq!(
            script.sent_body(1),
            json!({ "config": {
                "read_write": { "instance_size": "jumbo", "cooldown_seconds": 60 },
                "read_scaling": { "instance_size": "pulse", "flock_size": 2, "cooldown_seconds": 90 },
            }})
        );
    }
}
