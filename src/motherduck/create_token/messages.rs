//! Diagnostics about failed creations of tokens.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::Instant;

use super::looks::{Remaining, Settled};
use super::{Creation, Prefix};
use crate::api::{Error, Token};
use crate::framework::{Diagnostic, Diagnostics, Path};
use crate::motherduck::errors;
use crate::motherduck::settle::until_decided;
use crate::motherduck::token_memory::LostAttempts;
use crate::motherduck::token_memory::attempt::Attempt;

/// How long to look for the token whose name the API refused.
const HOLDER_LOOK: Duration = Duration::from_secs(3);

impl Creation<'_> {
    fn summary(&self, name: &str) -> String {
        format!("Token {name:?} of {:?} could not be created", self.username)
    }

    /// Returns the error that the API refused the request, so that no token exists.
    pub(super) fn refused(&self, name: &str, error: &Error) -> Diagnostics {
        let summary = self.summary(name);
        if error.is_gone() {
            return errors::no_account(&summary, error);
        }
        errors::failure(&summary, error, &self.request.attributes)
    }

    /// Returns the error that all names generated from the prefix were refused.
    pub(super) fn prefix_refused(&self, prefix: &Prefix, refusals: u32, error: &Error) -> Diagnostics {
        let summary = format!(
            "A token with the prefix {:?} of {:?} could not be created",
            prefix.text(),
            self.username
        );
        let names = match refusals {
            1 => "The API refused the generated name as taken, and no token was created.".to_owned(),
            _ => format!("The API refused {refusals} generated names as taken, and no token was created."),
        };
        let next = if self.client.is_stopped() {
            "The run was stopped, so no other name was generated. Apply again."
        } else {
            "Check `name_prefix`, then apply again."
        };
        let diagnostics = errors::failure_with(
            &summary,
            error,
            &format!("{names} {next}"),
            &self.request.attributes,
        );
        if diagnostics.iter().any(|diagnostic| diagnostic.path.is_some()) {
            return diagnostics;
        }
        let at_prefix = |diagnostic: Diagnostic| diagnostic.at(Path::attribute("name_prefix"));
        diagnostics.into_iter().map(at_prefix).collect()
    }

    /// Returns the error that a stop preceded the first request.
    pub(super) fn interrupted(&self, name: &str) -> Diagnostics {
        Diagnostic::error(
            self.summary(name),
            "The run was interrupted while the creation waited for another token of this name, or for the listing \
             of the account's tokens. No request to create the token was sent. Run again.",
        )
        .into()
    }

    /// Returns the error that the tokens of the account could not be listed before the first attempt.
    pub(super) fn not_listed_before(&self, name: &str, error: &Error) -> Diagnostics {
        let mut diagnostics = self.refused(name, error);
        if !error.is_gone() {
            diagnostics.push(Diagnostic::error(
                "No request to create the token was sent",
                "The tokens of the account are listed before a token with a fixed `name` is created, to find out \
                 afterwards which token is the new one. That listing failed. With `name_prefix` in place of `name` no \
                 listing is needed.",
            ));
        }
        diagnostics
    }

    /// Returns the error that the API refused the name because a token has it.
    pub(super) async fn name_taken(&self, name: &str, error: &Error) -> Diagnostics {
        let is_conflict = error.status() == Some(409);
        let look = || async {
            match self.settling.tokens(self.username).await {
                Ok(mut listing) => {
                    listing.body.retain(|token| self.has_name(token, name));
                    // Reads can be behind. A 400 usually has another reason than a token with this name.
                    if is_conflict && listing.body.is_empty() {
                        ControlFlow::Continue(None)
                    } else {
                        ControlFlow::Break(listing.body)
                    }
                }
                Err(error) => ControlFlow::Continue(Some(error)),
            }
        };
        let holders = match until_decided(&self.settling, HOLDER_LOOK, look).await {
            Ok(holders) if !holders.is_empty() => {
                let holders: Vec<_> = holders
                    .iter()
                    .map(|token| describe(self.username, token))
                    .collect();
                holders.join(" ")
            }
            _ if !is_conflict => return self.refused(name, error),
            Err(Some(Some(look))) => format!("The tokens could not be listed: {}", errors::cause(&look)),
            Err(None) => "The tokens could not be listed.".to_owned(),
            Ok(_) | Err(Some(None)) => {
                "No live token with this name is listed: an expired or revoked one may still hold it."
                    .to_owned()
            }
        };
        Diagnostic::error(
            format!("{:?} has a token named {name:?} already", self.username),
            format!(
                "{}\n\n{holders}\n\n{}",
                errors::cause(error),
                self.request.purpose.about_taken_name()
            ),
        )
        .at(Path::attribute("name"))
        .into()
    }

    /// Returns the error after the last attempt, with what may remain of all attempts.
    pub(super) fn attempts_failed(
        &self,
        attempt: &Attempt,
        error: &Error,
        lost: &LostAttempts<'_>,
        settled: &Settled,
    ) -> Diagnostics {
        let summary = self.summary(attempt.name());
        let mut found = match settled.revoked.as_slice() {
            [] => Vec::new(),
            ids => vec![format!(
                "The request had created a token whose secret was lost with the response. It was revoked ({}).",
                ids.join(", ")
            )],
        };
        found.extend(match &settled.remaining {
            Remaining::NoAccount => return errors::no_account(&summary, error),
            Remaining::Nothing => None,
            Remaining::Absent { for_certain: true } if !found.is_empty() => None,
            Remaining::Absent { for_certain: true } => Some(
                "The tokens of the account were listed afterwards, and the request had created none."
                    .to_owned(),
            ),
            Remaining::Absent { for_certain: false } => Some(
                "It is not known whether the API processes the request. The next error contains details."
                    .to_owned(),
            ),
            Remaining::Live(id, _) => Some(format!(
                "The request created token {id}, and its response cannot be used."
            )),
            Remaining::NotListed(_) | Remaining::Unclear(_) => Some(
                "It is not known whether the request created a token. The next error lists the tokens that \
                 may exist."
                    .to_owned(),
            ),
        });
        if matches!(settled.remaining, Remaining::Nothing | Remaining::Absent { .. }) {
            let next_step = if self.client.is_stopped() {
                "The run was stopped, so the request was not repeated. Apply again."
            } else {
                "Apply again. `max_retries` in the provider block says how often such a request is repeated."
            };
            found.push(next_step.to_owned());
        }
        let mut diagnostics =
            errors::failure_with(&summary, error, &found.join(" "), &self.request.attributes);
        diagnostics.append(self.remaining_error(lost, &settled.remaining));
        diagnostics
    }

    /// Returns the error about a token that exists, or may be created later, without being in any state.
    pub(super) fn remaining_error(&self, lost: &LostAttempts<'_>, remaining: &Remaining) -> Diagnostics {
        let username = self.username;
        let why = |error: &Option<Error>| {
            let error = error.as_ref();
            error.map_or_else(String::new, |error| format!("{}\n\n", errors::cause(error)))
        };
        let (summary, found) = match remaining {
            Remaining::Nothing | Remaining::NoAccount | Remaining::Absent { for_certain: true } => {
                return Diagnostics::default();
            }
            Remaining::Absent { for_certain: false } => (
                "A token may appear that is in no state",
                format!(
                    "A request to create a token of {username:?} had no usable response: {}. No token of it has \
                     been listed so far. If it appears later, its secret is lost.",
                    requests(lost)
                ),
            ),
            Remaining::NotListed(error) => (
                "A token may exist that is in no state",
                format!(
                    "{}The tokens of {username:?} could not be listed. A token whose secret is lost may exist: {}.",
                    why(error),
                    requests(lost)
                ),
            ),
            Remaining::Unclear(candidates) => {
                let tokens: Vec<String> = candidates.iter().map(|token| describe(username, token)).collect();
                (
                    "A token may exist that is in no state",
                    format!(
                        "{} It is not certain whether this request created it, so it was not revoked. If it \
                         did, its secret is lost.",
                        tokens.join(" ")
                    ),
                )
            }
            Remaining::Live(id, error) => {
                return Diagnostic::error(
                    format!("Token {id} of {username:?} could not be revoked"),
                    format!(
                        "{}{}",
                        why(error),
                        self.request.purpose.about_live_token(username, id)
                    ),
                )
                .into();
            }
        };
        let next_step = self.request.purpose.about_possible_token(username);
        Diagnostic::error(summary, format!("{found}\n\n{next_step}")).into()
    }

    /// Returns the warning after a successful creation that an earlier request may still be carried out.
    pub(super) fn may_appear(&self, lost: &LostAttempts<'_>) -> Option<Diagnostic> {
        let now = Instant::now();
        let open = lost.open();
        open.iter()
            .any(|attempt| !attempt.has_api_responded && attempt.expected_until > now)
            .then(|| {
                let username = self.username;
                Diagnostic::warning(
                    "A token may appear that is in no state",
                    format!(
                        "The token was created. Earlier requests to create it for {username:?} had no usable response, \
                         and no token of them has been listed so far: {}. If one appears later, its secret is lost.\n\n{}",
                        requests(lost),
                        self.request.purpose.about_possible_token(username)
                    ),
                )
            })
    }
}

/// Lists the requests without a usable response: their names and times.
fn requests(lost: &LostAttempts<'_>) -> String {
    let requests: Vec<String> = lost
        .open()
        .iter()
        .map(|attempt| format!("{:?}, requested at {:.0}", attempt.name(), attempt.requested_at))
        .collect();
    requests.join("; ")
}

/// Describes an existing token, with the id to import it.
fn describe(username: &str, token: &Token) -> String {
    let end = match &token.expire_at {
        Some(end) => format!("expires at {end}"),
        None => "never expires".to_owned(),
    };
    format!(
        "Token {} named {:?} was created at {} and {end}; its import id is `{username}/{}`.",
        token.id,
        token.name.as_deref().unwrap_or_default(),
        token.created_ts,
        token.id
    )
}
