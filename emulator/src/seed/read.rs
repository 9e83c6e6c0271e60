//! Parses a seed from JSON. Unlike the API, it refuses unknown fields.

use std::collections::HashSet;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

use crate::requests::duckling_config;
use crate::state::{Dive, DucklingConfig, Role, RunningDuckling, TokenKind};
use crate::validate::Node;

/// The content of a seed. An absent field keeps its value in an existing object and has its default in a new
/// one.
pub(super) struct Seed {
    pub(super) users: Vec<SeedUser>,
    pub(super) dives: Vec<Dive>,
    pub(super) running: Vec<(String, Vec<RunningDuckling>)>,
}

/// A user to add or change.
pub(super) struct SeedUser {
    pub(super) username: String,
    pub(super) is_service_account: Option<bool>,
    pub(super) is_deprovisioned: Option<bool>,
    pub(super) email: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) roles: Option<Vec<Role>>,
    pub(super) ducklings: Option<DucklingConfig>,
    pub(super) tokens: Vec<SeedToken>,
}

/// A token to add or replace.
pub(super) struct SeedToken {
    pub(super) id: Option<Uuid>,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) kind: TokenKind,
    pub(super) created: Option<Timestamp>,
    pub(super) expires: Option<Timestamp>,
}

/// Parses a whole seed.
pub(super) fn read_seed(node: &Node<'_>) -> Option<Seed> {
    let fields = node.object()?;
    fields.only(&["users", "dives", "running_ducklings"]);
    let users = fields
        .field("users")
        .optional(|node| node.list(|user| read_user(&user)));
    let dives = fields
        .field("dives")
        .optional(|node| node.list(|dive| read_dive(&dive)));
    let running = fields
        .field("running_ducklings")
        .optional(|node| node.list(|entry| read_running(&entry)));
    Some(Seed {
        users: users.unwrap_or_default(),
        dives: dives.unwrap_or_default(),
        running: running.unwrap_or_default(),
    })
}

fn read_user(node: &Node<'_>) -> Option<SeedUser> {
    let fields = node.object()?;
    fields.only(&[
        "username",
        "is_service_account",
        "is_deprovisioned",
        "email",
        "first_name",
        "last_name",
        "roles",
        "ducklings",
        "tokens",
    ]);
    let text = |name| {
        fields
            .field(name)
            .unless_null()
            .optional(|node| node.string().map(str::to_owned))
    };
    let flag = |name| fields.field(name).optional(|node| node.boolean());
    let username = fields.field("username").string_of(1..=255);
    Some(SeedUser {
        is_service_account: flag("is_service_account"),
        is_deprovisioned: flag("is_deprovisioned"),
        email: text("email"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        roles: fields
            .field("roles")
            .optional(|node| node.list(|role| role.enum_value())),
        ducklings: fields.field("ducklings").optional(|node| duckling_config(&node)),
        tokens: fields
            .field("tokens")
            .optional(|node| node.list(|token| read_token(&token)))
            .unwrap_or_default(),
        username: username?.to_owned(),
    })
}

fn read_token(node: &Node<'_>) -> Option<SeedToken> {
    let fields = node.object()?;
    fields.only(&[
        "id",
        "name",
        "description",
        "token_type",
        "created_ts",
        "expire_at",
    ]);
    let name = fields.field("name").string_of(1..=255);
    let description = fields
        .field("description")
        .unless_null()
        .optional(|node| node.string());
    let kind = fields.field("token_type").optional(|node| node.enum_value());
    let time = |name| {
        fields
            .field(name)
            .unless_null()
            .optional(|node| parsed::<Timestamp>(&node, "Invalid RFC 3339 time"))
    };
    Some(SeedToken {
        id: fields.field("id").optional(|node| parsed(&node, "Invalid uuid")),
        description: description.map(str::to_owned),
        kind: kind.unwrap_or(TokenKind::ReadWrite),
        created: time("created_ts"),
        expires: time("expire_at"),
        name: name?.to_owned(),
    })
}

fn read_dive(node: &Node<'_>) -> Option<Dive> {
    let fields = node.object()?;
    fields.only(&["id", "title", "version"]);
    let id = parsed(&fields.field("id"), "Invalid uuid");
    let title = fields.field("title").unless_null().optional(|node| node.string());
    let version = fields
        .field("version")
        .optional(|node| node.integer(&(1..=i64::from(u32::MAX))));
    Some(Dive {
        id: id?,
        title: title.unwrap_or("Untitled").to_owned(),
        version: u32::try_from(version.unwrap_or(1)).ok()?,
    })
}

fn read_running(node: &Node<'_>) -> Option<(String, Vec<RunningDuckling>)> {
    let fields = node.object()?;
    fields.only(&["username", "ducklings"]);
    let username = fields.field("username").string_of(1..=255);
    let mut numbers = HashSet::new();
    let ducklings = fields.field("ducklings").list(|node| {
        let duckling = read_duckling(&node)?;
        if !numbers.insert(duckling.number) {
            return node.reject("custom", "Another one of this account has the same id");
        }
        Some(duckling)
    });
    Some((username?.to_owned(), ducklings?))
}

fn read_duckling(node: &Node<'_>) -> Option<RunningDuckling> {
    let fields = node.object()?;
    fields.only(&["id", "type", "status"]);
    let id = fields.field("id");
    let number = id.string().and_then(|text| match text.strip_prefix("rs.") {
        Some(digits) => match digits.parse::<u32>() {
            // With another spelling the id of the response would differ from the one in the seed.
            Ok(number) if number.to_string() == digits => Some(Some(number)),
            _ => id.reject("custom", "Expected 'rw', or 'rs.' and a number"),
        },
        None if text == "rw" => Some(None),
        None => id.reject("custom", "Expected 'rw', or 'rs.' and a number"),
    });
    let kind = fields.field("type").enum_value::<TokenKind>();
    let status = fields.field("status").enum_value();
    let (number, kind, status) = (number?, kind?, status?);
    if number.is_some() != (kind == TokenKind::ReadScaling) {
        return fields.field("type").reject("custom", "Does not go with the id");
    }
    Some(RunningDuckling { number, status })
}

fn parsed<T: FromStr>(node: &Node<'_>, complaint: &str) -> Option<T> {
    let text = node.string()?;
    text.parse()
        .ok()
        .or_else(|| node.reject("invalid_string", complaint))
}
