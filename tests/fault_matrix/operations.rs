//! The provider's operations.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, ListQuery, Session, TOKEN, TOKEN_ID, edited};

const DIVE: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// The account of most operations.
pub(crate) const LOADER: &str = "loader";

/// An account that does not exist before the operation.
pub(crate) const NEW: &str = "fresh";

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) type_name: &'static str,
    pub(crate) kind: OperationKind,
}

/// The kind of an operation with its configuration. The objects that it needs are created first.
#[derive(Debug)]
pub(crate) enum OperationKind {
    Create(Json),
    Read(Json),
    Update {
        from: Json,
        to: Json,
    },
    Delete(Json),
    Import {
        id: String,
        config: Json,
    },
    ReadDataSource(Json),
    /// Opens the ephemeral resource, and closes it if that succeeded.
    Open(Json),
    List(ListQuery),
    Invoke(Json),
}

/// Returns the organization before an operation.
pub(crate) fn seed() -> Json {
    json!({
        "users": [
            {
                "username": LOADER, "is_service_account": true,
                "tokens": [{
                    "id": TOKEN_ID, "name": "laptop", "token_type": "read_write",
                    "created_ts": "2026-01-01T00:00:00Z", "expire_at": null,
                }],
            },
            { "username": "viewer", "is_service_account": true },
            { "username": "grace", "is_service_account": false },
        ],
        "dives": [{ "id": DIVE, "title": "Sales", "version": 3 }],
        "running_ducklings": [
            { "username": "viewer", "ducklings": [{ "id": "rw", "type": "read_write", "status": "active" }] },
        ],
    })
}

/// Returns every operation. A resource type or call without an operation fails the test.
pub(crate) fn all() -> Vec<Operation> {
    use OperationKind::{Create, Delete, Import, Invoke, List, Open, Read, ReadDataSource, Update};

    let account = |username: &str| json!({ "username": username, "deletion_protection": false });
    let protected = json!({ "username": NEW, "deletion_protection": true });
    let fixed = json!({ "username": LOADER, "name": "nightly", "ttl": 7200, "description": "loads" });
    let prefixed = json!({ "username": LOADER, "name_prefix": "etl-", "ttl": 7200, "description": "loads" });
    let of_loader = || json!({ "username": LOADER });
    let sized = |size: &str| {
        json!({
            "username": LOADER,
            "read_write": { "instance_size": size, "cooldown_seconds": 120 },
            "read_scaling": { "instance_size": size, "flock_size": 2, "cooldown_seconds": 120 },
        })
    };
    let half = |size: &str| json!({ "username": LOADER, "read_write": { "instance_size": size, "cooldown_seconds": 120 } });
    let update = |from: &Json, to: Json| Update {
        from: from.clone(),
        to,
    };
    let import = |id: String, config| Import { id, config };
    let operations = vec![
        ("create", ACCOUNT, Create(account(NEW))),
        ("read", ACCOUNT, Read(account(NEW))),
        ("update", ACCOUNT, update(&account(NEW), protected)),
        ("delete", ACCOUNT, Delete(account(NEW))),
        ("import", ACCOUNT, import(LOADER.into(), account(LOADER))),
        ("create by name", TOKEN, Create(fixed.clone())),
        ("create by prefix", TOKEN, Create(prefixed.clone())),
        ("read", TOKEN, Read(fixed.clone())),
        (
            "update",
            TOKEN,
            update(&prefixed, edited(&prefixed, "early_rotation_seconds", json!(600))),
        ),
        (
            "replace by name",
            TOKEN,
            update(&fixed, edited(&fixed, "description", json!("unloads"))),
        ),
        (
            "replace by prefix",
            TOKEN,
            update(&prefixed, edited(&prefixed, "keepers", json!({ "round": "2" }))),
        ),
        ("delete", TOKEN, Delete(fixed.clone())),
        (
            "delete without revocation",
            TOKEN,
            Delete(edited(&prefixed, "revoke_on_destroy", json!(false))),
        ),
        (
            "import",
            TOKEN,
            import(
                format!("{LOADER}/{TOKEN_ID}"),
                json!({ "username": LOADER, "name": "laptop" }),
            ),
        ),
        ("create", DUCKLINGS, Create(sized("jumbo"))),
        ("create one block", DUCKLINGS, Create(half("jumbo"))),
        ("read", DUCKLINGS, Read(sized("jumbo"))),
        ("update", DUCKLINGS, update(&sized("jumbo"), sized("mega"))),
        (
            "update one block",
            DUCKLINGS,
            update(&half("jumbo"), half("mega")),
        ),
        ("delete", DUCKLINGS, Delete(sized("jumbo"))),
        (
            "delete and restore",
            DUCKLINGS,
            Delete(edited(&sized("jumbo"), "restore_on_destroy", json!(true))),
        ),
        ("import", DUCKLINGS, import(LOADER.into(), half("standard"))),
        ("read", "motherduck_active_accounts", ReadDataSource(json!({}))),
        ("read", DUCKLINGS, ReadDataSource(of_loader())),
        ("read", ACCOUNT, ReadDataSource(of_loader())),
        ("read", "motherduck_tokens", ReadDataSource(of_loader())),
        ("read", "motherduck_users", ReadDataSource(json!({}))),
        ("open", TOKEN, Open(of_loader())),
        (
            "open by name",
            TOKEN,
            Open(json!({ "username": LOADER, "name": "nightly" })),
        ),
        (
            "open",
            "motherduck_dive_embed_session",
            Open(json!({ "dive_id": DIVE, "username": "viewer" })),
        ),
        ("list", ACCOUNT, List(ListQuery::all(ACCOUNT).with_resources())),
        ("list", TOKEN, List(ListQuery::all(TOKEN).with_resources())),
        (
            "list",
            DUCKLINGS,
            List(ListQuery::all(DUCKLINGS).with_resources()),
        ),
        (
            "list of one",
            TOKEN,
            List(ListQuery::all(TOKEN).of_account(LOADER)),
        ),
        (
            "list of one",
            DUCKLINGS,
            List(ListQuery::all(DUCKLINGS).of_account(LOADER)),
        ),
        ("invoke", "motherduck_revoke_tokens", Invoke(of_loader())),
    ];
    let operations = operations.into_iter();
    operations
        .map(|(name, type_name, kind)| Operation {
            name,
            type_name,
            kind,
        })
        .collect()
}

impl Operation {
    /// Returns the name of the operation in labels of cells.
    pub(crate) fn label(&self) -> String {
        format!("{} {}: {}", self.kind.kind(), self.type_name, self.name)
    }

    /// Whether the object is deleted and another one is created.
    pub(crate) fn is_replacement(&self) -> bool {
        self.name.starts_with("replace")
    }

    fn covers(&self) -> String {
        format!("{} {}: {}", self.kind.kind(), self.type_name, self.kind.verb())
    }
}

impl OperationKind {
    fn kind(&self) -> &'static str {
        match self {
            OperationKind::Create(_)
            | OperationKind::Read(_)
            | OperationKind::Update { .. }
            | OperationKind::Delete(_)
            | OperationKind::Import { .. } => "resource",
            OperationKind::ReadDataSource(_) => "data source",
            OperationKind::Open(_) => "ephemeral resource",
            OperationKind::List(_) => "list resource",
            OperationKind::Invoke(_) => "action",
        }
    }

    fn verb(&self) -> &'static str {
        match self {
            OperationKind::Create(_) => "create",
            OperationKind::Read(_) | OperationKind::ReadDataSource(_) => "read",
            OperationKind::Update { .. } => "update",
            OperationKind::Delete(_) => "delete",
            OperationKind::Import { .. } => "import",
            OperationKind::Open(_) => "open and close",
            OperationKind::List(_) => "list",
            OperationKind::Invoke(_) => "invoke",
        }
    }
}

/// Returns the parts of the provider's schemas that no operation covers.
pub(crate) async fn missing(session: &Session) -> BTreeSet<String> {
    let schemas = session.schemas().await;
    let of = |kind: &str, types: Vec<&String>, verbs: &[&str]| -> Vec<String> {
        let types = types.into_iter();
        types
            .flat_map(|name| verbs.iter().map(move |verb| format!("{kind} {name}: {verb}")))
            .collect()
    };
    let registered = [
        of(
            "resource",
            schemas.resource_schemas.keys().collect(),
            &["create", "read", "update", "delete", "import"],
        ),
        of(
            "data source",
            schemas.data_source_schemas.keys().collect(),
            &["read"],
        ),
        of(
            "ephemeral resource",
            schemas.ephemeral_resource_schemas.keys().collect(),
            &["open and close"],
        ),
        of(
            "list resource",
            schemas.list_resource_schemas.keys().collect(),
            &["list"],
        ),
        of("action", schemas.action_schemas.keys().collect(), &["invoke"]),
    ];
    let covered: BTreeSet<String> = all().iter().map(Operation::covers).collect();
    let registered = registered.into_iter().flatten();
    registered.filter(|part| !covered.contains(part)).collect()
}
