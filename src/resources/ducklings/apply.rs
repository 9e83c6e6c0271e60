//! The write of a create or an update, and the diagnostics and states of one that failed.

use super::compute::{self, Managed};
use super::write::{self, Write, WriteFailure, Written};
use super::{Ducklings, State, text};
use crate::api::{self, Client};
use crate::framework::{Diagnostics, Model};
use crate::motherduck::{duckling_blocks, errors};

impl Ducklings {
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
            managed: Managed::by(config),
            merge: |live: &api::Ducklings| compute::config_to_send(config, &planned, live),
        };
        match write.replace(live).await {
            Ok(Written {
                live,
                read_back_error,
            }) => {
                let warnings = read_back_error.map(|error| write::read_back_error(&username, &error));
                let warnings = warnings.into_iter().collect();
                Ok((compute::complete(planned, &live), warnings))
            }
            Err(failed) => Err(write_error(&username, planned, failed)),
        }
    }
}

/// The error of a write that was not carried out, or not as requested.
pub(super) struct WriteError {
    pub(super) diagnostics: Diagnostics,
    /// The states to keep; `None` if nothing was written.
    pub(super) kept: Option<KeptStates>,
}

/// The states to keep after a failed write.
pub(super) struct KeptStates {
    /// The state after a create.
    pub(super) after_create: State,
    /// The state after an update; `None` if the prior state stays and the next refresh reads what is live.
    pub(super) after_update: Option<State>,
}

/// Returns the diagnostics of a failed write and the states to keep.
fn write_error(username: &str, planned: State, failed: WriteFailure) -> WriteError {
    let (live, error) = match failed {
        WriteFailure::Refused(error) if error.is_gone() => {
            return WriteError {
                diagnostics: errors::no_account(&unset(username), &error),
                kept: None,
            };
        }
        WriteFailure::Refused(error) => {
            let diagnostics = if error.outcome_unknown() {
                let next = "The Ducklings were read afterwards and have not changed. Apply again.";
                errors::failure_with(&unset(username), &error, next, &State::attributes())
            } else {
                errors::failure(&unset(username), &error, &State::attributes())
            };
            return WriteError {
                diagnostics,
                kept: None,
            };
        }
        WriteFailure::OutcomeUnknown { error, sent } => {
            return WriteError {
                diagnostics: errors::failure(&unset(username), &error, &State::attributes()),
                kept: Some(KeptStates {
                    after_create: compute::complete(planned, &sent),
                    after_update: None,
                }),
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
    let state = State {
        read_write,
        read_scaling,
        ..planned
    };
    WriteError {
        diagnostics: error.into(),
        kept: Some(KeptStates {
            after_create: state.clone(),
            after_update: Some(state),
        }),
    }
}

fn unset(username: &str) -> String {
    format!("The Ducklings of {username:?} could not be set")
}
