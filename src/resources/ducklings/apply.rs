//! The write of a create or an update, and the diagnostics and states of one that failed.

use super::compute::{self, Managed};
use super::write::{self, Failed, Write, Written};
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
        match self.connection.once_visible(client, username, look).await {
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
    ) -> Result<(State, Diagnostics), Unwritten> {
        let username = text(&planned.username).to_owned();
        let write = Write {
            connection: &self.connection,
            client,
            username: &username,
            managed: Managed::by(config),
            merge: |live: &api::Ducklings| compute::wanted(config, &planned, live),
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
            Err(failed) => Err(unwritten(&username, planned, failed)),
        }
    }
}

/// A write that was not carried out, or not as requested.
pub(super) struct Unwritten {
    pub(super) diagnostics: Diagnostics,
    /// What exists now; `None` if nothing was written.
    pub(super) exists: Option<Exists>,
}

/// The states after a failed write.
pub(super) struct Exists {
    /// After a create.
    pub(super) of_create: State,
    /// After an update; `None` if the next refresh has to determine it.
    pub(super) of_update: Option<State>,
}

/// Returns the diagnostics of a failed write and what exists after it.
fn unwritten(username: &str, planned: State, failed: Failed) -> Unwritten {
    let (live, error) = match failed {
        Failed::Refused(error) if error.is_gone() => {
            return Unwritten {
                diagnostics: errors::no_account(&unset(username), &error),
                exists: None,
            };
        }
        Failed::Refused(error) => {
            let diagnostics = if error.outcome_unknown() {
                let next = "The Ducklings were read afterwards and have not changed. Apply again.";
                errors::failure_with(&unset(username), &error, next, &State::attributes())
            } else {
                errors::failure(&unset(username), &error, &State::attributes())
            };
            return Unwritten {
                diagnostics,
                exists: None,
            };
        }
        Failed::OutcomeUnknown { error, sent } => {
            return Unwritten {
                diagnostics: errors::failure(&unset(username), &error, &State::attributes()),
                exists: Some(Exists {
                    of_create: compute::complete(planned, &sent),
                    of_update: None,
                }),
            };
        }
        Failed::StoredDifferently { live, differences } => {
            let explanation = "The API accepted the configuration and stored other values than were sent. The \
                         stored values are in the state. Set them in the configuration, or ask MotherDuck \
                         which values the plan of the organization allows.";
            let summary = format!("The Ducklings of {username:?} were not stored as they were sent");
            (live, write::differing(summary, explanation, &differences))
        }
        Failed::Overwritten { live, differences } => {
            let explanation = "The configuration was sent, and a moment later other values were live: something \
                         else wrote the Ducklings of this account at the same time, for instance another \
                         provider block, another run or a person. The values that are live now are in the \
                         state. Apply again; to be safe, let one resource manage both blocks of an \
                         account.";
            let summary = format!("Something else wrote the Ducklings of {username:?}");
            (live, write::differing(summary, explanation, &differences))
        }
    };
    let (read_write, read_scaling) = duckling_blocks::of(&live);
    let state = State {
        read_write,
        read_scaling,
        ..planned
    };
    Unwritten {
        diagnostics: error.into(),
        exists: Some(Exists {
            of_create: state.clone(),
            of_update: Some(state),
        }),
    }
}

fn unset(username: &str) -> String {
    format!("The Ducklings of {username:?} could not be set")
}
