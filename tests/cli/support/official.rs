//! A stand-in for MotherDuck's own provider. It has the parts that a configuration with both providers uses:
//! a token for SQL in the `provider` block, and `motherduck_database`.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use motherduck_provider::framework::{
    ApplyResult, Attribute, Block, Configure, Configured, CreateRequest, DeleteRequest, Diagnostics,
    IdentityAttribute, Import, Private, Provider, Read, Registry, Resource, ResourceState,
    ResourceWithIdentity, ResourceWithImport, Schema, UpdateRequest, model,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Runtime;

use super::Story;
use super::attached::{attach, is_token};

const ADDRESS: &str = "motherduckdb/motherduck";

/// A running stand-in. Dropping it ends the server.
pub(crate) struct Official {
    created: Created,
    _runtime: Runtime,
}

/// The created databases, each with whether the token was valid at that moment.
type Created = Arc<Mutex<Vec<(String, bool)>>>;

impl Official {
    /// Starts the stand-in for the following commands. It uses its token as this account.
    #[track_caller]
    pub(crate) fn beside(story: &mut Story, username: &'static str) -> Self {
        let created = Created::default();
        let (api, shared) = (story.emulator().url(), Arc::clone(&created));
        let runtime = attach(story, ADDRESS, move || {
            StandIn(Databases {
                api: api.clone(),
                username,
                token: Arc::default(),
                created: Arc::clone(&shared),
            })
        });
        Official {
            created,
            _runtime: runtime,
        }
    }

    /// Returns the created databases, each with whether the token was valid at that moment.
    pub(crate) fn databases(&self) -> Vec<(String, bool)> {
        self.created
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

model! {
    struct Config {
        token: SecretString,
    }
}

struct StandIn(Databases);

impl Block for StandIn {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "motherduck"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "",
            attributes: vec![Attribute::of::<String>("token").sensitive()],
        }
    }
}

#[async_trait]
impl Provider for StandIn {
    fn address(&self) -> &'static str {
        ADDRESS
    }

    async fn configure(&self, request: Configure<Config>) -> Result<Configured, Diagnostics> {
        *self.0.token.lock().unwrap_or_else(PoisonError::into_inner) = request.config.token.known().cloned();
        Ok(Configured::Ready)
    }

    fn register(&self, registry: &mut Registry) {
        registry.resource(self.0.clone()).with_identity().with_import();
    }
}

model! {
    struct Database {
        name: String,
    }
}

/// The resource `motherduck_database`.
#[derive(Clone)]
struct Databases {
    api: String,
    username: &'static str,
    token: Arc<Mutex<Option<SecretString>>>,
    created: Created,
}

impl Block for Databases {
    type Model = Database;

    fn type_name(&self) -> &'static str {
        "motherduck_database"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "",
            attributes: vec![Attribute::of::<String>("name").required().requires_replace()],
        }
    }
}

#[async_trait]
impl Resource for Databases {
    async fn create(&self, request: CreateRequest<Database>) -> ApplyResult<Database> {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let valid = match &token {
            Some(token) => is_token(&self.api, self.username, token.expose_secret()).await,
            None => false,
        };
        let name = request.planned.name.text().unwrap_or_default().to_owned();
        self.created
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((name, valid));
        Ok(ResourceState::new(request.planned, Private::new()))
    }

    async fn read(&self, request: ResourceState<Database>) -> Result<Read<Database>, Diagnostics> {
        Ok(Read::Found(request))
    }

    async fn update(&self, request: UpdateRequest<Database>) -> ApplyResult<Database> {
        Ok(ResourceState::new(request.planned, Private::new()))
    }

    async fn delete(&self, _: DeleteRequest<Database>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}

impl ResourceWithIdentity for Databases {
    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute {
            name: "name",
            description: "",
        }]
    }
}

#[async_trait]
impl ResourceWithImport for Databases {
    async fn import(&self, what: Import<Database>) -> Result<ResourceState<Database>, Diagnostics> {
        let database = match what {
            Import::Id(_) => Database::default(),
            Import::Identity(database) => database,
        };
        Ok(ResourceState::new(database, Private::new()))
    }
}
