//! The test provider, with a block of each kind. The configuration of a block selects the behaviour of a
//! call; a test controls and observes the calls with [`Controls`].

mod action;
mod ephemeral_resource;
mod list_resource;
mod resource;
mod write_only;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::framework::block::Block;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::private::Private;
use crate::framework::provider::{ConfigureRequest, ConfigureResponse, Provider};
use crate::framework::registry::Registry;
use crate::framework::server::ProviderService;
pub(crate) use action::MANY;
use action::TestAction;
use ephemeral_resource::TestEphemeralResource;
pub(crate) use ephemeral_resource::private_of;
use list_resource::TestListResource;
pub(crate) use resource::{TestResource, created};
use write_only::TestWriteOnly;

/// A time that is longer than any test takes. With a paused clock it passes immediately.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Controls the calls of a test provider and records what they do.
#[derive(Clone)]
pub(crate) struct Controls {
    /// Notified by a call that waits.
    pub(crate) entered: Arc<Notify>,
    /// Lets a waiting call continue.
    pub(crate) proceed: Arc<Notify>,
    /// Notified at the end of a call that has waited, and of each list.
    pub(crate) done: Arc<Notify>,
    /// The names of the objects whose creation was undone.
    pub(crate) undone: Arc<Mutex<Vec<String>>>,
    /// How often the provider has finished.
    pub(crate) finished: Arc<AtomicUsize>,
    /// Receives the private data of each closed ephemeral resource.
    pub(crate) closed: UnboundedSender<Private>,
    /// Receives the number of each result that a list has looked for.
    pub(crate) searched: UnboundedSender<usize>,
}

/// The receivers of what the blocks report.
pub(crate) struct Reports {
    /// The private data of each closed ephemeral resource.
    pub(crate) closed: UnboundedReceiver<Private>,
    /// The number of each result that a list has looked for.
    pub(crate) searched: UnboundedReceiver<usize>,
}

impl Controls {
    /// Returns controls and the receivers of the reports.
    pub(crate) fn reporting() -> (Self, Reports) {
        let (to_closed, closed) = unbounded_channel();
        let (to_searched, searched) = unbounded_channel();
        let controls = Controls {
            entered: Arc::default(),
            proceed: Arc::default(),
            done: Arc::default(),
            undone: Arc::default(),
            finished: Arc::default(),
            closed: to_closed,
            searched: to_searched,
        };
        (controls, Reports { closed, searched })
    }
}

impl Default for Controls {
    fn default() -> Self {
        Controls::reporting().0
    }
}

crate::model! {
    /// The `provider` block.
    pub(crate) struct Config {
        /// Selects the behaviour of `configure`.
        setting: String,
    }
}

/// The test provider. It is configured unless `setting` is unknown.
pub(crate) struct TestProvider {
    pub(crate) controls: Controls,
    /// Registers the blocks.
    pub(crate) register: fn(&Controls, &mut Registry),
}

impl TestProvider {
    /// Creates the provider with all blocks.
    pub(crate) fn new(controls: Controls) -> Self {
        TestProvider {
            controls,
            register: register_all,
        }
    }
}

fn register_all(controls: &Controls, registry: &mut Registry) {
    registry
        .resource(TestResource(controls.clone()))
        .with_import()
        .with_undelivered_create();
    registry.resource(TestWriteOnly).with_import();
    registry.list_resource(TestListResource(controls.clone()));
    registry.ephemeral_resource(TestEphemeralResource(controls.clone()));
    registry.action(TestAction(controls.clone()));
}

impl Block for TestProvider {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "test"
    }
}

#[async_trait]
impl Provider for TestProvider {
    fn address(&self) -> &'static str {
        "test/test"
    }

    async fn configure(&self, request: ConfigureRequest<Config>) -> Result<ConfigureResponse, Diagnostics> {
        Ok(if request.config.setting.is_unknown() {
            ConfigureResponse::Deferred
        } else {
            ConfigureResponse::Ready
        })
    }

    async fn finish(&self) {
        self.controls.finished.fetch_add(1, Ordering::SeqCst);
    }

    fn register(&self, registry: &mut Registry) {
        (self.register)(&self.controls, registry);
    }
}

/// Creates a service of the test provider.
pub(crate) fn service() -> ProviderService {
    controlled(&Controls::default())
}

/// Creates a service with these controls.
pub(crate) fn controlled(controls: &Controls) -> ProviderService {
    let controls = controls.clone();
    ProviderService::new(move || TestProvider::new(controls.clone()))
}

/// Creates a service with the blocks that `register` adds.
pub(crate) fn service_of(register: fn(&Controls, &mut Registry)) -> ProviderService {
    ProviderService::new(move || TestProvider {
        controls: Controls::default(),
        register,
    })
}
