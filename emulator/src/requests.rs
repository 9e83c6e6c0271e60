//! Parses bodies and queries into values or a list of issues. Unknown fields and parameters are ignored, as
//! in the API.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::behaviour::Behaviour;
use crate::error::ApiError;
use crate::instance_size::InstanceSize;
use crate::paging;
use crate::state::{DucklingConfig, EmbedRequest, NewToken, ReadScaling, ReadWrite, TokenKind, UserFilter};
use crate::validate::{Issue, Node, check};

/// Names of the service's own tokens. Only the exact spelling is refused.
const RESERVED_TOKEN_NAMES: [&str; 2] = ["MotherDuck Extension", "MotherDuck Flights"];
pub(crate) const LARGEST_BODY_BYTES: usize = 1024 * 1024;
const DEFAULT_PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 1000;
const RESOURCES_LIMIT_BYTES: usize = 8192;
const INITIAL_STATE_LIMIT_BYTES: usize = 65_536;

/// A body as axum extracts it.
pub(crate) type Payload = Result<Bytes, BytesRejection>;

/// Parses the JSON of a body. An empty body counts as an empty object, so that the missing fields are
/// reported.
pub(crate) fn json(payload: Payload) -> Result<Value, ApiError> {
    let bytes = payload.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => ApiError::TooLarge,
        // The body was truncated.
        _ => ApiError::MalformedJson,
    })?;
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(&bytes).map_err(|_| ApiError::MalformedJson)
}

/// Checks a username in a path. Only its length is limited, because human members may have any name.
pub(crate) fn username_in_path(username: &str) -> Result<(), ApiError> {
    let value = Value::from(username);
    check(&value, |node| node.string_of(1..=255).map(|_| ())).map_err(|mut issues| {
        for issue in &mut issues {
            issue.path = Some(vec!["username".into()]);
        }
        ApiError::Invalid(issues)
    })
}

/// Parses the id of a Dive in a path.
pub(crate) fn dive_in_path(id: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(id).map_err(|_| {
        let mut issue = Issue::custom("Invalid uuid", vec!["dive_id".into()]);
        issue.code = Some("invalid_string");
        ApiError::Invalid(vec![issue])
    })
}

/// Parses the username of a service account to create.
pub(crate) fn create_service_account(body: &Value, behaviour: Behaviour) -> Result<String, Vec<Issue>> {
    check(body, |node| {
        new_username(&node.object()?.field("username"), behaviour)
    })
}

fn new_username(node: &Node<'_>, behaviour: Behaviour) -> Option<String> {
    let username = node.string_of(3..=255)?;
    let letter = |c: char| c.is_ascii_alphabetic() || !behaviour.ascii_usernames && c.is_alphabetic();
    let digit = |c: char| c.is_ascii_digit() || !behaviour.ascii_usernames && c.is_numeric();
    if !username.starts_with(letter) {
        return node.reject(
            "invalid_string",
            "Username must start with an alphabetic character",
        );
    }
    if !username.chars().all(|c| letter(c) || digit(c) || c == '_') {
        return node.reject(
            "invalid_string",
            "Username must contain only letters, digits and underscores",
        );
    }
    Some(username.to_owned())
}

/// Parses a token to create.
pub(crate) fn create_token(body: &Value, behaviour: Behaviour) -> Result<NewToken, Vec<Issue>> {
    check(body, |node| {
        let fields = node.object()?;
        let name = token_name(&fields.field("name"));
        let ttl_seconds = fields
            .field("ttl")
            .optional(|ttl| ttl.integer(&(300..=31_536_000)));
        let kind = fields.field("token_type").optional(|kind| kind.enum_value());
        let description = if behaviour.ignore_descriptions {
            None
        } else {
            fields.field("description").optional(|node| description(&node))
        };
        Some(NewToken {
            name: name?,
            ttl_seconds,
            kind: kind.unwrap_or(TokenKind::ReadWrite),
            description,
        })
    })
}

fn token_name(node: &Node<'_>) -> Option<String> {
    let name = node.string_of(1..=255)?;
    if RESERVED_TOKEN_NAMES.contains(&name) {
        return node.reject("custom", format!("Token name '{name}' is reserved"));
    }
    Some(name.to_owned())
}

/// Parses a description. An empty one is stored as null; its length counts UTF-16 code units.
fn description(node: &Node<'_>) -> Option<String> {
    let text = node.string()?;
    if text.is_empty() {
        return None;
    }
    node.length(text.encode_utf16().count(), &(1..=1000))?;
    if text.trim().is_empty() {
        return node.reject("custom", "Description must not be blank");
    }
    Some(text.to_owned())
}

/// Parses a Duckling configuration in the wrapper of the PUT.
pub(crate) fn set_duckling_config(body: &Value) -> Result<DucklingConfig, Vec<Issue>> {
    check(body, |node| duckling_config(&node.object()?.field("config")))
}

/// Parses both halves of a Duckling configuration.
pub(crate) fn duckling_config(node: &Node<'_>) -> Option<DucklingConfig> {
    let fields = node.object()?;
    let read_write = read_write(&fields.field("read_write"));
    let read_scaling = read_scaling(&fields.field("read_scaling"));
    Some(DucklingConfig {
        read_write: read_write?,
        read_scaling: read_scaling?,
    })
}

fn read_write(node: &Node<'_>) -> Option<ReadWrite> {
    let fields = node.object()?;
    let size = fields.field("instance_size").enum_value();
    let cooldown_seconds = cooldown(fields.field("cooldown_seconds"), size);
    Some(ReadWrite {
        size: size?,
        cooldown_seconds,
    })
}

fn read_scaling(node: &Node<'_>) -> Option<ReadScaling> {
    let fields = node.object()?;
    let size = fields.field("instance_size").enum_value();
    let flock_size = fields
        .field("flock_size")
        .integer(&(0..=64))
        .and_then(|size| u32::try_from(size).ok());
    let cooldown_seconds = cooldown(fields.field("cooldown_seconds"), size);
    Some(ReadScaling {
        size: size?,
        flock_size: flock_size?,
        cooldown_seconds,
    })
}

fn cooldown(node: Node<'_>, size: Option<InstanceSize>) -> Option<u32> {
    node.optional(|node| {
        let seconds = node.integer(&(60..=86_400))?;
        if size == Some(InstanceSize::Pulse) {
            return node.reject(
                "custom",
                "cooldown_seconds is not configurable for instance size pulse",
            );
        }
        u32::try_from(seconds).ok()
    })
}

/// Parses an embed session to create.
pub(crate) fn create_embed_session(body: &Value) -> Result<EmbedRequest, Vec<Issue>> {
    check(body, |node| {
        let fields = node.object()?;
        let username = fields.field("username").string_of(1..=255);
        let name = fields
            .field("session_name")
            .optional(|node| node.string_of(1..=usize::MAX));
        let hint = fields.field("session_hint").optional(|node| {
            let hint = node.string_of(1..=usize::MAX)?;
            if name.is_some() {
                return node.reject(
                    "custom",
                    "session_hint is the old name of session_name: send one of them",
                );
            }
            Some(hint)
        });
        let version = fields
            .field("version")
            .optional(|node| node.integer(&(1..=i64::MAX)));
        fields
            .field("required_resources")
            .optional(|node| required_resources(&node));
        fields.field("initial_state").optional(|node| {
            node.object()?;
            at_most(&node, INITIAL_STATE_LIMIT_BYTES)
        });
        Some(EmbedRequest {
            username: username?.to_owned(),
            session_name: name.or(hint).map(str::to_owned),
            version: version.and_then(|version| u64::try_from(version).ok()),
        })
    })
}

fn required_resources(node: &Node<'_>) -> Option<()> {
    node.list(|element| {
        let fields = element.object()?;
        let url = fields.field("url").string_of(1..=usize::MAX);
        fields
            .field("alias")
            .optional(|node| node.string_of(1..=usize::MAX));
        url
    })?;
    at_most(node, RESOURCES_LIMIT_BYTES)
}

/// Limits a value by the UTF-8 bytes of its compact JSON.
fn at_most(node: &Node<'_>, limit: usize) -> Option<()> {
    if node.any()?.to_string().len() > limit {
        return node.reject("too_big", format!("Must be at most {limit} bytes as JSON"));
    }
    Some(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UserQuery {
    pub(crate) filter: UserFilter,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

/// Parses the query of `GET /v1/users`. The last value of a repeated parameter counts.
pub(crate) fn list_users(parameters: Vec<(String, String)>) -> Result<UserQuery, Vec<Issue>> {
    let parameters = Value::Object(
        parameters
            .into_iter()
            .map(|(key, value)| (key, value.into()))
            .collect(),
    );
    check(&parameters, |node| {
        let fields = node.object()?;
        let limit = fields
            .field("limit")
            .optional(|node| node.integer_text(&(1..=LARGEST_PAGE)));
        let flag = |name| fields.field(name).optional(|node| boolean_text(&node));
        let filter = UserFilter {
            is_service_account: flag("is_service_account"),
            is_deprovisioned: flag("is_deprovisioned"),
        };
        let offset = fields.field("page_token").optional(|node| {
            paging::page_offset(node.string()?, filter)
                .or_else(|| node.reject("custom", "Invalid page token, or one of other filters"))
        });
        Some(UserQuery {
            filter,
            offset: offset.unwrap_or(0),
            limit: usize::try_from(limit.unwrap_or(DEFAULT_PAGE)).ok()?,
        })
    })
}

fn boolean_text(node: &Node<'_>) -> Option<bool> {
    match node.string()? {
        "true" => Some(true),
        "false" => Some(false),
        other => node.reject(
            "invalid_enum_value",
            format!("Invalid enum value. Expected 'true' | 'false', received '{other}'"),
        ),
    }
}

#[cfg(test)]
mod tests;
