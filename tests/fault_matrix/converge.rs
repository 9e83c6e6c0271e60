//! Repeats the operation without faults.

use crate::cell::Returned;
use crate::check::{Broken, Rule};
use crate::host::{ACCOUNT, Action, Session, StoredObject, TOKEN};
use crate::operations::{Operation, OperationKind};
use crate::organization::{LiveToken, Organization};

/// The maximum number of applies until a plan has no changes.
const APPLIES: usize = 2;

/// Repeats the operation without faults, from the state that core keeps, and returns the broken rules.
pub(crate) async fn check(
    operation: &Operation,
    organization: &Organization,
    session: &Session,
    before: &[LiveToken],
    returned: &Returned,
) -> Vec<Broken> {
    let wrong = |what: String| vec![Broken::new(Rule::Convergence, what)];
    let type_name = operation.type_name;
    let end = match &operation.kind {
        OperationKind::Create(config)
        | OperationKind::Read(config)
        | OperationKind::Update { to: config, .. } => {
            let mut stored = returned.stored.clone();
            let mut tainted = returned.tainted;
            if stored.is_none() && type_name == ACCOUNT && organization.has_account(username(config)) {
                // The error recommends this import.
                match session.try_import(type_name, username(config)).await {
                    Ok(imported) => stored = imported.stored,
                    Err(diagnostics) => return wrong(format!("import: {}", diagnostics.text())),
                }
                tainted = false;
            }
            match settle(session, type_name, config, stored, tainted).await {
                Ok(stored) => stored,
                Err(what) => return wrong(what),
            }
        }
        OperationKind::Delete(_) => {
            if let Some(stored) = &returned.stored {
                let plan = session.plan_destroy(type_name, stored).await;
                let plan = match plan {
                    Ok(plan) => plan,
                    Err(diagnostics) => return wrong(diagnostics.text()),
                };
                if let Err(failed) = session.try_apply(&plan).await {
                    return wrong(failed.diagnostics.text());
                }
            }
            None
        }
        OperationKind::Import { config, .. } => {
            let again = operation.act(session, None).await;
            if again.failed {
                return wrong(again.text());
            }
            match settle(session, type_name, config, again.stored, false).await {
                Ok(stored) => stored,
                Err(what) => return wrong(what),
            }
        }
        OperationKind::ReadDataSource(_)
        | OperationKind::Open(_)
        | OperationKind::List(_)
        | OperationKind::Invoke(_) => {
            let again = operation.act(session, None).await;
            if again.failed {
                return wrong(again.text());
            }
            None
        }
    };
    let left: Vec<LiveToken> = organization
        .live_tokens()
        .into_iter()
        .filter(|token| !before.iter().any(|before| before.id == token.id))
        .filter(|token| {
            !(type_name == TOKEN && end.as_ref().is_some_and(|end| end["id"] == token.id.as_str()))
        })
        .collect();
    if left.is_empty() {
        Vec::new()
    } else {
        wrong(format!("tokens are left after all: {left:?}"))
    }
}

fn username(config: &serde_json::Value) -> &str {
    config["username"].as_str().expect("a username")
}

/// Plans and applies until a plan has no changes, as the next runs of Terraform do.
async fn settle(
    session: &Session,
    type_name: &str,
    config: &serde_json::Value,
    mut stored: Option<StoredObject>,
    mut tainted: bool,
) -> Result<Option<StoredObject>, String> {
    for _ in 0..=APPLIES {
        if let Some(known) = &stored {
            let read = session.try_read(type_name, known).await;
            stored = read
                .map_err(|diagnostics| format!("refresh: {}", diagnostics.text()))?
                .stored;
        }
        if let Some(known) = stored.as_ref().filter(|_| tainted) {
            let plan = session.plan_destroy(type_name, known).await;
            let plan = plan.map_err(|diagnostics| format!("destroy: {}", diagnostics.text()))?;
            let applied = session.try_apply(&plan).await;
            applied.map_err(|failed| format!("destroy: {}", failed.diagnostics.text()))?;
            (stored, tainted) = (None, false);
        }
        let plan = session.try_plan(type_name, config, stored.as_ref()).await;
        let plan = plan.map_err(|diagnostics| format!("plan: {}", diagnostics.text()))?;
        if plan.action == Action::NoOp {
            return Ok(stored);
        }
        let applied = session.try_apply(&plan).await;
        stored = applied
            .map_err(|failed| format!("apply: {}", failed.diagnostics.text()))?
            .stored;
    }
    Err("a plan that does not become empty".into())
}
