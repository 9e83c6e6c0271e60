//! A cell: an operation with faults, and its outcome.

use std::time::Duration;

use motherduck_emulator::LoggedRequest;
use serde_json::{Value as Json, json};

use crate::check::{Broken, Findings, check_outcome};
use crate::host::{Action, Applied, Diagnostics, Session, StoredObject};
use crate::operations::{Operation, OperationKind, seed};
use crate::world::{Live, World, revoke};
use crate::{converge, log};

/// How long the emulator keeps running after the provider's process has ended. This is longer than its
/// slowest fault.
const WATCH: Duration = Duration::from_secs(60);

/// The response of an operation, and what core stores afterwards.
#[derive(Debug, Default)]
pub(crate) struct Returned {
    pub(crate) stored: Option<StoredObject>,
    /// Whether the object in the state was created by an operation that failed.
    pub(crate) tainted: bool,
    pub(crate) failed: bool,
    pub(crate) diagnostics: Vec<Diagnostics>,
    /// All other texts that are shown or stored besides states: progress events, private state, listed
    /// objects.
    pub(crate) shown: Vec<String>,
}

impl Returned {
    /// Returns all diagnostics.
    pub(crate) fn text(&self) -> String {
        let texts: Vec<String> = self.diagnostics.iter().map(Diagnostics::text).collect();
        texts.join("\n---\n")
    }

    fn of_change(result: Result<Applied, Applied>, prior: Option<&StoredObject>) -> Self {
        let failed = result.is_err();
        let applied = result.unwrap_or_else(|failed| failed);
        let is_new = |stored: &StoredObject| prior.is_none_or(|prior| prior["id"] != stored["id"]);
        Returned {
            tainted: failed && applied.stored.as_ref().is_some_and(is_new),
            stored: applied.stored,
            failed,
            diagnostics: vec![applied.diagnostics],
            shown: Vec::new(),
        }
    }

    fn refused(diagnostics: Diagnostics, kept: Option<&StoredObject>) -> Self {
        Returned {
            stored: kept.cloned(),
            failed: true,
            diagnostics: vec![diagnostics],
            ..Returned::default()
        }
    }
}

impl Operation {
    /// Creates the objects that the operation needs, in an earlier process.
    pub(crate) async fn prepare(&self, world: &World, schemas: &Session) -> Option<StoredObject> {
        let (OperationKind::Read(config)
        | OperationKind::Update { from: config, .. }
        | OperationKind::Delete(config)) = &self.kind
        else {
            return None;
        };
        let process = world.provider(schemas).await;
        let created = process.session.create(self.type_name, config).await;
        process.end().await;
        Some(created)
    }

    /// Runs the operation.
    pub(crate) async fn act(&self, session: &Session, prior: Option<&StoredObject>) -> Returned {
        let type_name = self.type_name;
        match &self.kind {
            OperationKind::Create(config) | OperationKind::Update { to: config, .. } => {
                let plan = match session.try_plan(type_name, config, prior).await {
                    Ok(plan) => plan,
                    Err(diagnostics) => return Returned::refused(diagnostics, prior),
                };
                assert_ne!(plan.action, Action::NoOp, "there is nothing to do");
                Returned::of_change(session.try_apply(&plan).await, prior)
            }
            OperationKind::Delete(_) => {
                let stored = prior.expect("it was created");
                match session.plan_destroy(type_name, stored).await {
                    Ok(plan) => Returned::of_change(session.try_apply(&plan).await, prior),
                    Err(diagnostics) => Returned::refused(diagnostics, prior),
                }
            }
            OperationKind::Read(_) => match session.try_read(type_name, prior.expect("it was created")).await
            {
                Ok(read) => Returned::of_change(Ok(read), prior),
                Err(diagnostics) => Returned::refused(diagnostics, prior),
            },
            OperationKind::Import { id, .. } => match session.try_import(type_name, id).await {
                Ok(imported) => Returned::of_change(Ok(imported), None),
                Err(diagnostics) => Returned::refused(diagnostics, None),
            },
            OperationKind::LookUp(config) => match session.try_read_data_source(type_name, config).await {
                Ok(found) => Returned {
                    shown: vec![found.to_string()],
                    ..Returned::default()
                },
                Err(diagnostics) => Returned::refused(diagnostics, None),
            },
            OperationKind::Open(config) => match session.try_open(type_name, config).await {
                Ok(opened) => {
                    let private =
                        String::from_utf8_lossy(opened.private.as_deref().unwrap_or_default()).into();
                    let closed = session.close(type_name, opened.private).await;
                    Returned {
                        failed: closed.has_errors(),
                        diagnostics: vec![opened.diagnostics, closed],
                        shown: vec![private],
                        ..Returned::default()
                    }
                }
                Err(diagnostics) => Returned::refused(diagnostics, None),
            },
            OperationKind::List(question) => {
                let listed = session.try_list(question).await;
                Returned {
                    failed: listed.diagnostics.has_errors(),
                    shown: listed.found.iter().map(|found| format!("{found:?}")).collect(),
                    diagnostics: vec![listed.diagnostics],
                    ..Returned::default()
                }
            }
            OperationKind::Invoke(config) => {
                let request = session.invocation(type_name, config).await;
                let invoked = session.invoke(request).await;
                Returned {
                    failed: invoked.diagnostics.has_errors(),
                    diagnostics: vec![invoked.diagnostics],
                    shown: invoked.progress,
                    ..Returned::default()
                }
            }
        }
    }
}

/// An operation that ran with faults.
struct Done {
    world: World,
    prior: Option<StoredObject>,
    /// The tokens that were live before the operation.
    before: Vec<Live>,
    returned: Returned,
    /// The requests sent before the operation returned.
    until_returned: Vec<LoggedRequest>,
}

impl Done {
    async fn under(operation: &Operation, rules: &Json, schemas: &Session) -> Self {
        let world = World::new(&seed()).await;
        let prior = operation.prepare(&world, schemas).await;
        let before = world.live();
        let process = world.provider(schemas).await;
        world.api.clear_requests();
        world.api.set_faults(rules).expect("rules");
        let returned = operation.act(&process.session, prior.as_ref()).await;
        let until_returned = world.api.requests();
        process.end().await;
        Done {
            world,
            prior,
            before,
            returned,
            until_returned,
        }
    }
}

/// Returns the requests that the operation sends with these faults.
pub(crate) async fn record(operation: &Operation, rules: &Json, schemas: &Session) -> Vec<LoggedRequest> {
    let done = Done::under(operation, rules, schemas).await;
    done.world.api.requests()
}

/// Runs the operation with these faults and returns everything that is wrong with the outcome.
pub(crate) async fn run(operation: &Operation, rules: &Json, schemas: &Session) -> Vec<Broken> {
    log::take();
    let done = Done::under(operation, rules, schemas).await;
    let world = &done.world;
    // Requests that the API carries out later are part of the outcome.
    tokio::time::sleep(WATCH).await;
    let requests = world.api.requests();
    world.api.set_faults(&json!([])).expect("no rules");

    let Findings {
        mut broken,
        unnamed,
        named,
    } = check_outcome(&Outcome {
        operation,
        world,
        prior: done.prior.as_ref(),
        before: &done.before,
        returned: &done.returned,
        until_returned: &done.until_returned,
        requests: &requests,
    });
    let process = world.provider(schemas).await;
    for token in unnamed.iter().chain(&named) {
        revoke(token, &process.session).await;
    }
    broken.extend(converge::check(operation, world, &process.session, &done.before, &done.returned).await);
    process.end().await;
    let (log, secrets) = (log::take(), world.secrets());
    if secrets.iter().any(|secret| log.contains(secret)) {
        broken.push(Broken::secret("the log holds a secret"));
    }
    broken
}

/// The data that the checks use.
pub(crate) struct Outcome<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) world: &'a World,
    pub(crate) prior: Option<&'a StoredObject>,
    /// The tokens that were live before the operation.
    pub(crate) before: &'a [Live],
    pub(crate) returned: &'a Returned,
    /// The requests sent before the operation returned. Messages cannot mention later ones.
    pub(crate) until_returned: &'a [LoggedRequest],
    pub(crate) requests: &'a [LoggedRequest],
}
