//! List resources: the existing objects of a managed resource type, for `terraform query`.

use std::fmt;
use std::ops::ControlFlow;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::block::Block;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::value::{Codec, Value};

/// Lists the objects of the managed resource with the same type name. Its schema is that of the `config`
/// block, which filters the objects.
#[async_trait]
pub trait ListResource: Block {
    /// Reports each object as soon as it is found, until there are no more or the limit is reached. It sends
    /// only requests that read, because the future is dropped when the receiver is dropped.
    async fn list(
        &self,
        request: ListRequest<Self::Model>,
        found: &mut ListResults,
    ) -> Result<(), Diagnostics>;
}

/// A request to list objects.
#[derive(Debug, Clone)]
pub struct ListRequest<C> {
    /// The configuration.
    pub config: C,
    /// Whether whole objects are requested. If not, the attributes of the identity are enough.
    pub include_object: bool,
}

/// A listed object.
#[derive(Debug, Clone)]
pub struct ListResult<S> {
    /// The object as a state of the managed resource.
    pub state: S,
    /// The name to display.
    pub display_name: String,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}

/// A message to the receiver.
#[derive(Debug)]
pub(super) enum Report {
    /// A listed object.
    Object(ListResult<Value>),
    /// An object that is not listed; the warnings state the reasons.
    Skipped(Diagnostics),
}

/// Sends objects to a receiver that accepts a limited number of them.
pub struct ListResults {
    sender: mpsc::Sender<Report>,
    remaining: usize,
    check: Check,
}

/// Returns why no configuration can be generated for an object; empty if one can.
pub(super) type Check = Box<dyn Fn(&Value) -> Diagnostics + Send + Sync>;

impl ListResults {
    /// Creates a sender of at most `limit` objects, all of which pass the check.
    pub(super) fn new(sender: mpsc::Sender<Report>, limit: usize, check: Check) -> Self {
        ListResults {
            sender,
            remaining: limit,
            check,
        }
    }

    /// Returns how many more objects the receiver accepts. At zero the list is complete.
    pub fn remaining(&self) -> usize {
        self.remaining
    }

    /// Reports an object, and waits until there is capacity for the next one. Returns `Break` after the last
    /// one.
    ///
    /// An object for which no configuration can be generated is not listed, and the user is warned.
    pub async fn report<S: Codec>(&mut self, result: ListResult<S>) -> ControlFlow<()> {
        if self.remaining == 0 {
            return ControlFlow::Break(());
        }
        let result = ListResult {
            state: result.state.into_value(),
            display_name: result.display_name,
            warnings: result.warnings,
        };
        let errors = (self.check)(&result.state);
        let report = if errors.is_empty() {
            self.remaining -= 1;
            Report::Object(result)
        } else {
            Report::Skipped(skipped(&result.display_name, &errors).into())
        };
        match self.sender.send(report).await {
            Ok(()) if self.remaining > 0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

impl fmt::Debug for ListResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListResults")
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}

fn skipped(display_name: &str, errors: &Diagnostics) -> Diagnostic {
    Diagnostic::warning(
        "An object is not listed",
        format!(
            "{display_name:?} is not listed. It exists, but no configuration could be generated for it: {}",
            errors.details()
        ),
    )
}
