//! The provider's operations.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, ListQuery, Session, TOKEN};

const DIVE: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// A token that exists before the operation.
pub(crate) const SEEDED_TOKEN: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

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
                    "id": SEEDED_TOKEN, "name": "laptop", "token_type": "read_write",
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
    let account = |username: &str| json!({ "username": username, "deletion_protection": false });
    let protected = json!({ "username": NEW, "deletion_protection": true });
    let fixed = json!({ "username": LOADER, "name": "nightly", "ttl": 7200, "description": "loads" });
    let prefixed = json!({ "username": LOADER, "name_prefix": "etl-", "ttl": 7200, "description": "loads" });
    let with = |config: &Json, name: &str, value: Json| {
        let mut config = config.clone();
        config[name] = value;
        config
    };
    let sized = |size: &str| {
        json!({
            "username": LOADER,
            "read_write": { "instance_size": size, "cooldown_seconds": 120 },
            "read_scaling": { "instance_size": size, "flock_size": 2, "cooldown_seconds": 120 },
        })
    };
    let half = |size: &str| json!({ "username": LOADER, "read_write": { "instance_size": size, "cooldown_seconds": 120 } });
    let operation = |name, type_name, kind| Operation {
        name,
        type_name,
        kind,
    };
    let update = |from: &Json, to: Json| OperationKind::Update {
        from: from.clone(),
        to,
    };
    let import = |id: String, config| OperationKind::Import { id, config };
    vec![
        operation("create", ACCOUNT, OperationKind::Create(account(NEW))),
        operation("read", ACCOUNT, OperationKind::Read(account(NEW))),
        operation("update", ACCOUNT, update(&account(NEW), protected)),
        operation("delete", ACCOUNT, OperationKind::Delete(account(NEW))),
        operation("import", ACCOUNT, import(LOADER.into(), account(LOADER))),
        operation("create by name", TOKEN, OperationKind::Create(fixed.clone())),
        operation("create by prefix", TOKEN, OperationKind::Create(prefixed.clone())),
        operation("read", TOKEN, OperationKind::Read(fixed.clone())),
        operation(
            "update",
            TOKEN,
            update(&prefixed, with(&prefixed, "early_rotation_seconds", json!(600))),
        ),
        operation(
            "replace by name",
            TOKEN,
            update(&fixed, with(&fixed, "description", json!("unloads"))),
        ),
        operation(
            "replace by prefix",
            TOKEN,
            update(&prefixed, with(&prefixed, "keepers", json!({ "round": "2" }))),
        ),
        operation("delete", TOKEN, OperationKind::Delete(fixed.clone())),
        operation(
            "delete without revocation",
            TOKEN,
            OperationKind::Delete(with(&prefixed, "revoke_on_destroy", json!(false))),
        ),
        operation(
            "import",
            TOKEN,
            import(
                format!("{LOADER}/{SEEDED_TOKEN}"),
                json!({ "username": LOADER, "name": "laptop" }),
            ),
        ),
        operation("create", DUCKLINGS, OperationKind::Create(sized("jumbo"))),
        operation(
            "create one block",
            DUCKLINGS,
            OperationKind::Create(half("jumbo")),
        ),
        operation("read", DUCKLINGS, OperationKind::Read(sized("jumbo"))),
        operation("update", DUCKLINGS, update(&sized("jumbo"), sized("mega"))),
        operation(
            "update one block",
            DUCKLINGS,
            update(&half("jumbo"), half("mega")),
        ),
        operation("delete", DUCKLINGS, OperationKind::Delete(sized("jumbo"))),
        operation(
            "delete and restore",
            DUCKLINGS,
            OperationKind::Delete(with(&sized("jumbo"), "restore_on_destroy", json!(true))),
        ),
        operation("import", DUCKLINGS, import(LOADER.into(), half("standard"))),
        operation(
            "read",
            "motherduck_active_accounts",
            OperationKind::ReadDataSource(json!({})),
        ),
        operation(
            "read",
            DUCKLINGS,
            OperationKind::ReadDataSource(json!({ "username": LOADER })),
        ),
        operation(
            "read",
            ACCOUNT,
            OperationKind::ReadDataSource(json!({ "username": LOADER })),
        ),
        operation(
            "read",
            "motherduck_tokens",
            OperationKind::ReadDataSource(json!({ "username": LOADER })),
        ),
        operation(
            "read",
            "motherduck_users",
            OperationKind::ReadDataSource(json!({})),
        ),
        operation("open", TOKEN, OperationKind::Open(json!({ "username": LOADER }))),
        operation(
            "open by name",
            TOKEN,
            OperationKind::Open(json!({ "username": LOADER, "name": "nightly" })),
        ),
        operation(
            "open",
            "motherduck_dive_embed_session",
            OperationKind::Open(json!({ "dive_id": DIVE, "username": "viewer" })),
        ),
        operation(
            "list",
            ACCOUNT,
            OperationKind::List(ListQuery::all(ACCOUNT).with_resources()),
        ),
        operation(
            "list",
            TOKEN,
            OperationKind::List(ListQuery::all(TOKEN).with_resources()),
        ),
        operation(
            "list",
            DUCKLINGS,
            OperationKind::List(ListQuery::all(DUCKLINGS).with_resources()),
        ),
        operation(
            "list of one",
            TOKEN,
            OperationKind::List(ListQuery::all(TOKEN).of_account(LOADER)),
        ),
        operation(
            "list of one",
            DUCKLINGS,
            OperationKind::List(ListQuery::all(DUCKLINGS).of_account(LOADER)),
        ),
        operation(
            "invoke",
            "motherduck_revoke_tokens",
            OperationKind::Invoke(json!({ "username": LOADER })),
        ),
    ]
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
