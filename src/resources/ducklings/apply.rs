//! The write of a create or an update, and the diagnostics and states of one that failed.

use super::write::{self, Write, WriteFailure};
use super::{DucklingsResource, State, compute, text};
use crate::api::{self, Client};
use crate::framework::{Diagnostics, Model};
use crate::motherduck::{duckling_blocks, errors};

impl DucklingsResource {
    /// Reads the live configuration for a write that keeps unmanaged blocks.
    pub(super) async fn live_before_write(
        &self,
        client: &Client,
        username: &str,
    ) -> Result<api::Ducklings, Diagnostics> {
        let look = || client.ducklings(username);
        match self.provider_data.once_visible(client, username, look).await {
            Ok(live) => Ok(live.body),
            Err(error) if error.is_gone() => Err(errors::no_account(&unset(username), &error)),
            Err(error) => Err(errors::failure(&unset(username), &error, &State::attributes())),
        }
    }

    /// Writes the planned configuration, with the live one for unmanaged blocks, and completes the plan with
    /// the API's values. The caller has locked the account.
    pub(super) async fn write(
        &self,
        client: &Client,
        config: &State,
        planned: State,
        live: &api::Ducklings,
    ) -> Result<(State, Diagnostics), WriteError> {
        let username = text(&planned.username).to_owned();
        let write = Write {
            provider_data: &self.provider_data,
            client,
            username: &username,
            managed: compute::managed_blocks(config),
            merge: |live: &api::Ducklings| compute::config_to_send(config, &planned, live),
        };
        match write.replace(live).await {
            Ok(written) => Ok((
                compute::complete(planned, &written.live),
                written.warnings(&username),
            )),
            Err(failed) => Err(write_error(&username, planned, failed)),
        }
    }
}

/// The error of a write that was not carried out, or not as requested.
pub(super) struct WriteError {
    pub(super) diagnostics: Diagnostics,
    /// The state with the values that were written, or may have been; `None` if nothing was written.
    pub(super) kept: Option<State>,
    /// Whether it is not known if the values were written.
    pub(super) outcome_unknown: bool,
}

impl WriteError {
    /// Returns the error of a write that changed nothing.
    fn without_change(diagnostics: Diagnostics) -> Self {
        WriteError {
            diagnostics,
            kept: None,
            outcome_unknown: false,
        }
    }
}

/// Returns the diagnostics of a failed write and the state to keep.
fn write_error(username: &str, planned: State, failed: WriteFailure) -> WriteError {
    let (live, error) = match failed {
        WriteFailure::Refused(error) if error.is_gone() => {
            return WriteError::without_change(errors::no_account(&unset(username), &error));
        }
        WriteFailure::Refused(error) => {
            let diagnostics = if error.outcome_unknown() {
                let next = "The Ducklings were read afterwards and have not changed. Apply again.";
                errors::failure_with(&unset(username), &error, next, &State::attributes())
            } else {
                errors::failure(&unset(username), &error, &State::attributes())
            };
            return WriteError::without_change(diagnostics);
        }
        WriteFailure::OutcomeUnknown { error, sent } => {
            return WriteError {
                diagnostics: errors::failure(&unset(username), &error, &State::attributes()),
                kept: Some(compute::complete(planned, &sent)),
                outcome_unknown: true,
            };
        }
        WriteFailure::StoredDifferently { live, differences } => {
            let explanation = "The API accepted the configuration and stored other values than were sent. The \
                         stored values are in the state. Set them in the configuration, or ask MotherDuck \
                         which values the plan of the organization allows.";
            let summary = format!("The Ducklings of {username:?} were not stored as they were sent");
            (live, write::differing(summary, explanation, &differences))
        }
        WriteFailure::Overwritten { live, differences } => {
            let explanation = "The configuration was sent, and a moment later other values were live: something \
                         else wrote the Ducklings of this account at the same time, for instance another \
                         provider block, another run or a person. The values that are live now are in the \
                         state. Apply again; to be safe, let one resource manage both blocks of an \
                         account.";
            let summary = format!("Something else wrote the Ducklings of {username:?}");
            (live, write::differing(summary, explanation, &differences))
        }
    };
    let (read_write, read_scaling) = duckling_blocks::from_live(&live);
    WriteError {
        diagnostics: error.into(),
        kept: Some(State {
            read_write,
            read_scaling,
            ..planned
        }),
        outcome_unknown: false,
    }
}

fn unset(username: &str) -> String {
    format!("The Ducklings of {username:?} could not be set")
}
