//! A cell: an operation with faults, and its outcome.

use std::time::Duration;

use motherduck_emulator::LoggedRequest;
use serde_json::{Value as Json, json};

use crate::check::{Broken, Findings, check_outcome};
use crate::host::{Action, Applied, Diagnostics, Session, StoredObject};
use crate::operations::{Operation, OperationKind, seed};
use crate::organization::{LiveToken, Organization, revoke};
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
    pub(crate) async fn prepare(
        &self,
        organization: &Organization,
        schemas: &Session,
    ) -> Option<StoredObject> {
        let (OperationKind::Read(config)
        | OperationKind::Update { from: config, .. }
        | OperationKind::Delete(config)) = &self.kind
        else {
            return None;
        };
        let process = organization.provider(schemas).await;
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
                assert_ne!(plan.action, Action::NoOp, "the plan has no changes");
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
            OperationKind::ReadDataSource(config) => {
                match session.try_read_data_source(type_name, config).await {
                    Ok(found) => Returned {
                        shown: vec![found.to_string()],
                        ..Returned::default()
                    },
                    Err(diagnostics) => Returned::refused(diagnostics, None),
                }
            }
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
                let invoked = session.invoke(type_name, config).await;
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
struct FinishedOperation {
    organization: Organization,
    prior: Option<StoredObject>,
    /// The tokens that were live before the operation.
    before: Vec<LiveToken>,
    returned: Returned,
    /// The requests sent before the operation returned.
    until_returned: Vec<LoggedRequest>,
}

impl FinishedOperation {
    async fn under(operation: &Operation, rules: &Json, schemas: &Session) -> Self {
        let organization = Organization::new(&seed()).await;
        let prior = operation.prepare(&organization, schemas).await;
        let before = organization.live_tokens();
        let process = organization.provider(schemas).await;
        organization.api.clear_requests();
        organization.api.set_faults(rules).expect("rules");
        let returned = operation.act(&process.session, prior.as_ref()).await;
        let until_returned = organization.api.requests();
        process.end().await;
        FinishedOperation {
            organization,
            prior,
            before,
            returned,
            until_returned,
        }
    }
}

/// Returns the requests that the operation sends with these faults.
pub(crate) async fn record(operation: &Operation, rules: &Json, schemas: &Session) -> Vec<LoggedRequest> {
    let done = FinishedOperation::under(operation, rules, schemas).await;
    done.organization.api.requests()
}

/// Runs the operation with these faults and returns everything that is wrong with the outcome.
pub(crate) async fn run(operation: &Operation, rules: &Json, schemas: &Session) -> Vec<Broken> {
    log::take();
    let done = FinishedOperation::under(operation, rules, schemas).await;
    let organization = &done.organization;
    // Requests that the API carries out later are part of the outcome.
    tokio::time::sleep(WATCH).await;
    let requests = organization.api.requests();
    organization.api.set_faults(&json!([])).expect("no rules");

    let Findings {
        mut broken,
        unnamed,
        named,
    } = check_outcome(&Outcome {
        operation,
        organization,
        prior: done.prior.as_ref(),
        before: &done.before,
        returned: &done.returned,
        until_returned: &done.until_returned,
        requests: &requests,
    });
    let process = organization.provider(schemas).await;
    for token in unnamed.iter().chain(&named) {
        revoke(token, &process.session).await;
    }
    broken.extend(
        converge::check(
            operation,
            organization,
            &process.session,
            &done.before,
            &done.returned,
        )
        .await,
    );
    process.end().await;
    let (log, secrets) = (log::take(), organization.secrets());
    if secrets.iter().any(|secret| log.contains(secret)) {
        broken.push(Broken::secret("the log contains a secret"));
    }
    broken
}

/// The data that the checks use.
pub(crate) struct Outcome<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) organization: &'a Organization,
    pub(crate) prior: Option<&'a StoredObject>,
    /// The tokens that were live before the operation.
    pub(crate) before: &'a [LiveToken],
    pub(crate) returned: &'a Returned,
    /// The requests sent before the operation returned. Messages cannot mention later ones.
    pub(crate) until_returned: &'a [LoggedRequest],
    pub(crate) requests: &'a [LoggedRequest],
}
