//! A list resource: the objects of a managed type that exist already, for `terraform query`.

use std::fmt;
use std::ops::ControlFlow;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::erased::typed;
use super::schema::Schema;
use super::value::{Model, Value};

/// Finds the objects of the managed resource of the same type name.
#[async_trait]
pub trait ListResource: Send + Sync + 'static {
    /// The typed form of the schema.
    type Config: Model;

    /// The type name of the managed resource whose objects it lists.
    fn type_name(&self) -> &'static str;

    /// What narrows the search: the inside of the `config` block. Asked once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown, which breaks no rule.
    fn validate(&self, _config: &Self::Config) -> Diagnostics {
        Diagnostics::new()
    }

    /// Reports each object as soon as it is found, until there are no more or the listener has enough. Calls
    /// no API that changes anything: it is dropped in the middle when the listener leaves.
    async fn list(&self, request: ListRequest<Self::Config>, found: &mut Findings)
    -> Result<(), Diagnostics>;
}

/// What is to be listed.
#[derive(Debug, Clone)]
pub struct ListRequest<C> {
    /// What the user wrote.
    pub config: C,
    /// Whether whole objects are asked for. Otherwise the attributes of the identity are enough.
    pub include_object: bool,
}

/// An object that was found.
#[derive(Debug, Clone)]
pub struct Finding<S> {
    /// The object, in the form of the managed resource's state.
    pub state: S,
    /// What people call it.
    pub display_name: String,
    /// What the reader should know.
    pub warnings: Diagnostics,
}

/// What the listener hears.
#[derive(Debug)]
pub(super) enum Report {
    /// An object was found.
    Object(Finding<Value>),
    /// One was found and is not listed; warnings say why.
    LeftOut(Diagnostics),
}

/// Where findings go: to a listener that takes so many and no more.
pub struct Findings {
    listener: mpsc::Sender<Report>,
    room: usize,
    check: Check,
}

/// Says why no configuration can be generated for an object; nothing if one can.
pub(super) type Check = Box<dyn Fn(&Value) -> Diagnostics + Send + Sync>;

impl Findings {
    /// Reports to this listener at most so many objects, all of which pass the check.
    pub(super) fn new(listener: mpsc::Sender<Report>, limit: usize, check: Check) -> Self {
        Findings {
            listener,
            room: limit,
            check,
        }
    }

    /// How many objects the listener takes yet. With none nothing more has to be looked for.
    pub fn room(&self) -> usize {
        self.room
    }

    /// Reports an object, and waits until there is room for the next one. Breaks when that was the last one
    /// anybody wants.
    ///
    /// An object for which no configuration can be generated is not listed, and the reader is warned.
    pub async fn report<S: Model>(&mut self, finding: Finding<S>) -> ControlFlow<()> {
        if self.room == 0 {
            return ControlFlow::Break(());
        }
        let finding = Finding {
            state: finding.state.into_value(),
            display_name: finding.display_name,
            warnings: finding.warnings,
        };
        let broken = (self.check)(&finding.state);
        let report = if broken.is_empty() {
            self.room -= 1;
            Report::Object(finding)
        } else {
            Report::LeftOut(left_out(&finding.display_name, &broken).into())
        };
        match self.listener.send(report).await {
            Ok(()) if self.room > 0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Findings")
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
}

fn left_out(display_name: &str, broken: &Diagnostics) -> Diagnostic {
    Diagnostic::warning(
        "An object is not listed",
        format!(
            "{display_name:?} is not listed. It exists, but no configuration could be generated for it: {}",
            broken.details()
        ),
    )
}

/// A list resource with a configuration of plain values, as the protocol service drives it.
pub type AnyListResource = dyn ListResource<Config = Value>;

/// Lets the protocol service drive a typed list resource.
pub fn erase_list_resource<L: ListResource>(list: L) -> Box<AnyListResource> {
    Box::new(Erased(list))
}

struct Erased<L>(L);

#[async_trait]
impl<L: ListResource> ListResource for Erased<L> {
    type Config = Value;

    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn schema(&self) -> Schema {
        self.0.schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match typed(config) {
            Ok(config) => self.0.validate(&config),
            Err(diagnostics) => diagnostics,
        }
    }

    async fn list(&self, request: ListRequest<Value>, found: &mut Findings) -> Result<(), Diagnostics> {
        let request = ListRequest {
            config: typed(&request.config)?,
            include_object: request.include_object,
        };
        self.0.list(request, found).await
    }
}
