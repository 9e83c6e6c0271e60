//! Diagnostics about tokens that were not created.

use super::{Attempt, Creation, Prefix, Settled};
use crate::api::{Error, Token};
use crate::framework::{Diagnostic, Diagnostics, Path};
use crate::motherduck::explain;

/// What a token is created for. What a user can do about a failure depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A resource keeps it in the state.
    Managed,
    /// It ends with the run.
    Ephemeral,
}

impl Purpose {
    /// What to do about a token that is live and should not be.
    pub(crate) fn about_live_token(self, username: &str, id: &str) -> String {
        match self {
            Purpose::Managed => format!(
                "If the token is not in the state as tainted, revoke it in MotherDuck's settings, or import it as \
                 `{username}/{id}` and destroy it."
            ),
            Purpose::Ephemeral => format!(
                "Token {id} of {username:?} is live until its `ttl` is over. If that is too long, revoke it in \
                 MotherDuck's settings."
            ),
        }
    }
}

impl Creation<'_> {
    fn summary(&self, name: &str) -> String {
        format!("Token {name:?} of {:?} could not be created", self.username)
    }

    /// The API refused the request, so no token exists.
    pub(super) fn refused(&self, attempt: &Attempt, error: &Error) -> Diagnostics {
        let summary = self.summary(&attempt.name);
        if error.is_gone() {
            return explain::no_account(&summary, error);
        }
        explain::failure(&summary, error)
    }

    /// No name that was drawn from the prefix was accepted.
    pub(super) fn prefix_refused(&self, prefix: &Prefix, error: &Error) -> Diagnostics {
        let summary = format!(
            "A token with the prefix {:?} of {:?} could not be created",
            prefix.text(),
            self.username
        );
        let next = "Every name that was drawn from the prefix was refused as taken. Nothing was created. Check \
                    `name_prefix`, then apply again.";
        let mut diagnostics = explain::advised(&summary, error, next);
        if diagnostics.iter().all(|diagnostic| diagnostic.path.is_none()) {
            diagnostics = diagnostics
                .into_iter()
                .map(|diagnostic| diagnostic.at(Path::attribute("name_prefix")))
                .collect();
        }
        diagnostics
    }

    /// The tokens of the account could not be listed before the first attempt.
    pub(super) fn not_listed_before(&self, name: &str, error: &Error) -> Diagnostics {
        let summary = self.summary(name);
        if error.is_gone() {
            return explain::no_account(&summary, error);
        }
        let mut diagnostics = explain::failure(&summary, error);
        diagnostics.push(Diagnostic::error(
            "No request to create the token was sent",
            "The tokens of the account are listed before a token with a fixed `name` is created, to find out \
             afterwards which token is the new one. That listing failed. With `name_prefix` in place of `name` no \
             listing is needed.",
        ));
        diagnostics
    }

    /// The API refused the name because a token has it.
    pub(super) async fn name_taken(&self, name: &str, error: &Error) -> Diagnostics {
        let summary = self.summary(name);
        let listing = match self.settling.tokens(self.username).await {
            Ok(listing) => listing.body,
            Err(look) if error.status() == Some(409) => {
                let unlisted = format!("The tokens could not be listed: {}", explain::sentence(&look));
                return self.taken(name, error, &unlisted);
            }
            Err(_) => return explain::failure(&summary, error),
        };
        let holders: Vec<String> = listing
            .iter()
            .filter(|token| {
                let listed = token.name.as_deref().unwrap_or_default();
                listed.to_lowercase() == name.to_lowercase()
            })
            .map(|token| describe(self.username, token))
            .collect();
        match (holders.is_empty(), error.status()) {
            (false, _) => self.taken(name, error, &holders.join(" ")),
            (true, Some(409)) => self.taken(
                name,
                error,
                "No live token with this name is listed: an expired or revoked one may still hold it.",
            ),
            (true, _) => explain::failure(&summary, error),
        }
    }

    fn taken(&self, name: &str, error: &Error, holder: &str) -> Diagnostics {
        let way_out = match self.purpose {
            Purpose::Managed => {
                "Token names are unique for each user, so `create_before_destroy` needs `name_prefix` in place of \
                 `name`: each token then has a name of its own. Otherwise choose another `name`, revoke the token \
                 that has this one, or import it."
            }
            Purpose::Ephemeral => {
                "Token names are unique for each user, and every run creates a token. Set `name_prefix` in place of \
                 `name`, or leave both out: each token then has a name of its own."
            }
        };
        Diagnostic::error(
            format!("{:?} has a token named {name:?} already", self.username),
            format!("{}\n\n{holder}\n\n{way_out}", explain::sentence(error)),
        )
        .at(Path::attribute("name"))
        .into()
    }

    /// No attempt follows a settled one.
    pub(super) fn given_up(&self, attempt: &Attempt, error: &Error, settled: &Settled) -> Diagnostics {
        let summary = self.summary(&attempt.name);
        let found = match settled {
            Settled::NoAccount => return explain::no_account(&summary, error),
            Settled::Absent => {
                "The tokens of the account were listed afterwards, and the request had created none."
                    .to_owned()
            }
            Settled::Revoked(ids) => format!(
                "The request had created a token whose secret was lost with the response. It was revoked ({}).",
                ids.join(", ")
            ),
        };
        let next = if self.client.is_stopped() {
            "The run was stopped, so the request was not repeated. Apply again."
        } else {
            "Apply again. `max_retries` in the provider block says how often such a request is repeated."
        };
        explain::advised(&summary, error, &format!("{found} {next}"))
    }

    /// It could not be found out what an attempt did.
    pub(super) fn unsettled(
        &self,
        attempt: &Attempt,
        error: &Error,
        candidates: &[Token],
        trouble: Option<&Error>,
    ) -> Diagnostics {
        let summary = self.summary(&attempt.name);
        let mut diagnostics = explain::advised(
            &summary,
            error,
            "It is not known whether the request created a token. What may exist is named in the next error.",
        );
        let username = self.username;
        let tried = trouble.map_or_else(String::new, |error| format!("{}\n\n", explain::sentence(error)));
        let candidate = if candidates.is_empty() {
            format!(
                "The tokens of {username:?} could not be listed. A token named {:?} may exist since {}, whose \
                 secret is lost.",
                attempt.name,
                attempt.started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
        } else {
            let tokens: Vec<String> = candidates.iter().map(|token| describe(username, token)).collect();
            format!(
                "{} It cannot be told safely whether this request created it, so it was left alone. If it did, \
                 its secret is lost.",
                tokens.join(" ")
            )
        };
        diagnostics.push(Diagnostic::error(
            "A token may exist that is in no state",
            format!(
                "{tried}{candidate}\n\n\
                 Look with the data source `motherduck_tokens` or in MotherDuck's settings. Revoke the token there \
                 or with the action `motherduck_revoke_tokens`, or import it as `{username}/<id>` and destroy it."
            ),
        ));
        diagnostics
    }

    /// A token whose id is known could not be revoked.
    pub(super) fn left_live(
        &self,
        name: &str,
        id: &str,
        error: &Error,
        trouble: Option<&Error>,
    ) -> Diagnostics {
        let mut diagnostics = explain::advised(
            &self.summary(name),
            error,
            &format!("The request created token {id}, and its response cannot be used."),
        );
        let why = trouble.map_or_else(String::new, |error| format!("{}\n\n", explain::sentence(error)));
        diagnostics.push(Diagnostic::error(
            format!("Token {id} of {:?} could not be revoked", self.username),
            format!("{why}{}", self.purpose.about_live_token(self.username, id)),
        ));
        diagnostics
    }
}

/// A token that exists, with the id to import it by.
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
