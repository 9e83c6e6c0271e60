//! One write of an account's Ducklings: the request, its result, and the check for other writers.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::sleep;

use super::compute::{self, BlockName, Difference};
use crate::api::{Client, Ducklings, Error};
use crate::framework::{Diagnostic, Diagnostics};
use crate::motherduck::settle::{self, until_decided};
use crate::motherduck::{ProviderData, errors};

/// The wait before a configuration with an unmanaged block is read back. By then another writer that read
/// before this write has usually written.
const READ_BACK: Duration = Duration::from_secs(1);

/// A configuration to write. The caller has locked the account, so that no other call of the process writes
/// it.
pub(super) struct Write<'a, Merge> {
    pub(super) provider_data: &'a ProviderData,
    pub(super) client: &'a Client,
    pub(super) username: &'a str,
    /// The blocks whose values are compared with those sent.
    pub(super) managed: BTreeSet<BlockName>,
    /// Returns the configuration to send for the live one.
    pub(super) merge: Merge,
}

/// A write that was carried out.
pub(super) struct Written {
    /// The configuration that is live now.
    pub(super) live: Ducklings,
    /// Why the configuration could not be read back.
    pub(super) read_back_error: Option<Box<Error>>,
}

impl Written {
    /// Returns the warning if the configuration could not be read back.
    pub(super) fn warnings(&self, username: &str) -> Diagnostics {
        let warning = self.read_back_error.as_ref().map(|error| {
            Diagnostic::warning(
                "The Ducklings could not be read back",
                format!(
                    "The Ducklings of {username:?} were set, but could not be read afterwards. So it is not \
                     known whether something else wrote at the same time, nor a cooldown that the \
                     configuration leaves to the API. {} The next refresh reads both.",
                    errors::cause(error)
                ),
            )
        });
        warning.into_iter().collect()
    }
}

/// A write that was not carried out, or not as requested.
pub(super) enum WriteFailure {
    /// The request failed and changed nothing.
    Refused(Error),
    /// The request failed and may have been carried out.
    OutcomeUnknown {
        error: Error,
        /// The configuration sent.
        sent: Ducklings,
    },
    /// The API stored other values than were sent.
    StoredDifferently {
        live: Ducklings,
        differences: Vec<Difference>,
    },
    /// Another program wrote at the same time.
    Overwritten {
        live: Ducklings,
        differences: Vec<Difference>,
    },
}

impl<Merge: Fn(&Ducklings) -> Ducklings + Send + Sync> Write<'_, Merge> {
    /// Replaces the live configuration `live`. If another program wrote at the same time, the unmanaged block
    /// is merged again and the request is sent once more.
    pub(super) async fn replace(&self, live: &Ducklings) -> Result<Written, WriteFailure> {
        let first = self.put(live).await;
        let differs = matches!(
            first,
            Err(WriteFailure::StoredDifferently { .. } | WriteFailure::Overwritten { .. })
        );
        if !differs || !self.is_partial() || self.client.is_stopped() {
            return first;
        }
        sleep(settle::random_delay()).await;
        let live = self.client.ducklings(self.username).await;
        self.put(&live.map_err(WriteFailure::Refused)?.body).await
    }

    /// Whether a block is not managed.
    fn is_partial(&self) -> bool {
        self.managed.len() < 2
    }

    async fn put(&self, live: &Ducklings) -> Result<Written, WriteFailure> {
        let sent = (self.merge)(live);
        let request = || self.client.set_ducklings(self.username, &sent);
        let put = self
            .provider_data
            .once_visible(self.client, self.username, request)
            .await;
        let live = match put {
            Ok(reply) => reply.body,
            Err(error) if error.outcome_unknown() => self.settled(live, sent.clone(), error).await?,
            Err(error) => return Err(WriteFailure::Refused(error)),
        };
        let differences = compute::response_differences(&sent, &live, &self.managed);
        if !differences.is_empty() {
            return Err(WriteFailure::StoredDifferently { live, differences });
        }
        let mut written = Written {
            live,
            read_back_error: None,
        };
        if self.is_partial() {
            sleep(READ_BACK).await;
        } else if compute::is_complete(&written.live) {
            return Ok(written);
        }
        let live = match self.client.settling().ducklings(self.username).await {
            Ok(now) => now.body,
            Err(error) => {
                written.read_back_error = Some(Box::new(error));
                return Ok(written);
            }
        };
        let differences = compute::differences(&sent, &live, &self.managed);
        if differences.is_empty() {
            Ok(Written { live, ..written })
        } else if self.is_partial() {
            Err(WriteFailure::Overwritten { live, differences })
        } else {
            Err(WriteFailure::StoredDifferently { live, differences })
        }
    }

    /// Reads back the effect of a request whose response was lost. It was already repeated if that was
    /// possible, so the looks only wait for delayed reads.
    async fn settled(
        &self,
        before: &Ducklings,
        sent: Ducklings,
        error: Error,
    ) -> Result<Ducklings, WriteFailure> {
        let client = self.client.settling();
        let look = || async {
            match client.ducklings(self.username).await {
                Ok(now) if compute::differences(&sent, &now.body, &self.managed).is_empty() => {
                    ControlFlow::Break(now.body)
                }
                now => ControlFlow::Continue(now.ok()),
            }
        };
        match until_decided(&client, settle::READ_DELAY, look).await {
            Ok(now) => Ok(now),
            // The API has responded to the request, and it changed nothing.
            Err(Some(Some(now))) if now.body == *before && settle::has_api_responded(&error) => {
                Err(WriteFailure::Refused(error))
            }
            Err(_) => Err(WriteFailure::OutcomeUnknown { error, sent }),
        }
    }
}

/// Returns the error about values that the API changed, or another program overwrote.
pub(super) fn differing(summary: String, explanation: &str, differences: &[Difference]) -> Diagnostic {
    let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let error = Diagnostic::error(summary, format!("{explanation}\n\n{}", lines.join("\n")));
    match differences.first() {
        Some(first) => error.at(first.path.clone()),
        None => error,
    }
}
