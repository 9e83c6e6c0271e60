//! The destroy with `restore_on_destroy`: the write of the earlier configuration, and its diagnostics.

use super::original::Original;
use super::write::{self, Write, WriteFailure};
use super::{DucklingsResource, State};
use crate::api;
use crate::framework::{Diagnostic, Diagnostics, Model};
use crate::motherduck::errors;

impl DucklingsResource {
    /// Restores the earlier configuration. The caller has locked the account.
    pub(super) async fn restore(
        &self,
        username: &str,
        original: Original,
    ) -> Result<Diagnostics, Diagnostics> {
        let client = self.provider_data.client().await?;
        let live = match client.ducklings(username).await {
            Ok(live) => live.body,
            Err(error) if error.is_gone() => return Ok(Diagnostics::new()),
            Err(error) => return Err(restore_failed(username, &error)),
        };
        let write = Write {
            provider_data: &self.provider_data,
            client: &client,
            username,
            managed: original.managed().clone(),
            merge: |live: &api::Ducklings| original.restored(live),
        };
        match write.replace(&live).await {
            Ok(written) => Ok(written.warnings(username)),
            Err(WriteFailure::Refused(error)) if error.is_gone() => Ok(Diagnostics::new()),
            Err(WriteFailure::Refused(error) | WriteFailure::OutcomeUnknown { error, .. }) => {
                Err(restore_failed(username, &error))
            }
            Err(
                WriteFailure::StoredDifferently { differences, .. }
                | WriteFailure::Overwritten { differences, .. },
            ) => {
                let explanation = format!(
                    "The values from before this resource were sent, and other values are live now: the API \
                     does not store them any more, or something else writes the Ducklings of this account at \
                     the same time. {LEAVE_AS_THEY_ARE}"
                );
                let summary = format!("The Ducklings of {username:?} could not be restored");
                Err(write::differing(summary, &explanation, &differences).into())
            }
        }
    }
}

/// How to destroy the resource without another write.
const LEAVE_AS_THEY_ARE: &str = "To destroy this resource and leave the Ducklings as they are, set \
                                 `restore_on_destroy = false`, apply, and destroy it then.";

/// Returns the warning that nothing was restored although `restore_on_destroy` is true.
pub(super) fn not_restored(username: &str, why: &str) -> Diagnostics {
    Diagnostic::warning(
        "The Ducklings were not restored",
        format!("The Ducklings of {username:?} stay as they are. {why}"),
    )
    .into()
}

/// Returns the error of a failed restore. The earlier values may be refused now, for instance by the
/// organization's plan.
fn restore_failed(username: &str, error: &api::Error) -> Diagnostics {
    let summary = format!("The Ducklings of {username:?} could not be restored");
    if error.is_conflict() && !error.outcome_unknown() {
        return errors::failure_with(&summary, error, LEAVE_AS_THEY_ARE, &State::attributes());
    }
    errors::failure(&summary, error, &State::attributes())
}
