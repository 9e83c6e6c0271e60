//! An attempt to create a token, and how listed tokens are assigned to it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::api::{Error, NewToken, Token};
use crate::motherduck::settle::{self, LATE_TOKEN_CREATION};
use crate::motherduck::token_checks;

/// The tolerance for creation times outside of an attempt, because the API may cut them to the second.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// One request to create a token.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The request.
    pub(crate) sent: NewToken,
    /// Whether the name was generated for this attempt, so that no other token has it.
    pub(crate) is_generated: bool,
    /// The local time at which the request was sent.
    pub(crate) requested_at: Timestamp,
    /// Whether the API itself responded, so that nothing is carried out after the response.
    pub(crate) has_api_responded: bool,
    /// When the response or the failure was received.
    pub(crate) ended_at: Instant,
    /// A token that has not appeared by this time is not expected to appear.
    pub(crate) expected_until: Instant,
    /// The first moment at which the API may have carried out the request.
    processed_from: Instant,
    /// The last moment at which the API may have carried out the request.
    processed_until: Instant,
    /// The id of the token, once a response or a listing has shown it.
    id: OnceLock<String>,
    /// Whether its token was revoked.
    is_settled: AtomicBool,
}

impl Attempt {
    /// Creates an attempt that starts now.
    pub(crate) fn new(sent: NewToken, is_generated: bool) -> Self {
        let now = Instant::now();
        Attempt {
            sent,
            is_generated,
            requested_at: Timestamp::now(),
            has_api_responded: false,
            ended_at: now,
            expected_until: now,
            processed_from: now,
            processed_until: now,
            id: OnceLock::new(),
            is_settled: AtomicBool::new(false),
        }
    }

    /// Returns the attempt after it failed with this error. A request without a response of the API may
    /// still be carried out for a moment.
    pub(crate) fn failed_with(&self, error: &Error) -> Self {
        let (now, has_api_responded) = (Instant::now(), settle::has_api_responded(error));
        let id = error.created_id().map(|id| OnceLock::from(id.to_owned()));
        let late = if has_api_responded {
            Duration::ZERO
        } else {
            LATE_TOKEN_CREATION
        };
        Attempt {
            // Earlier requests were not processed.
            processed_from: error.sent_at().unwrap_or(self.processed_from),
            has_api_responded,
            ended_at: now,
            expected_until: now + settle::limit(error),
            processed_until: now + late,
            id: id.unwrap_or_default(),
            is_settled: AtomicBool::new(false),
            sent: self.sent.clone(),
            ..*self
        }
    }

    /// Returns the name in the request.
    pub(crate) fn name(&self) -> &str {
        &self.sent.name
    }

    /// Returns the id of the token, if it is known.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.get().map(String::as_str)
    }

    /// Records the id of the token. From now on no other token with the configured name is assigned to the
    /// attempt.
    pub(crate) fn identify(&self, id: &str) {
        self.id.get_or_init(|| id.to_owned());
    }

    /// Records that its token was revoked. Returns whether the attempt must still be remembered: with a
    /// configured name the revoked token may have been another request's, and this one may still be carried
    /// out.
    pub(crate) fn settle(&self) -> bool {
        self.is_settled.store(true, Ordering::Relaxed);
        !self.is_generated && !self.has_api_responded
    }

    /// Whether its token was revoked.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_settled.load(Ordering::Relaxed)
    }

    /// Whether the token certainly belongs to this attempt: it has the known id or the generated name.
    fn identifies(&self, token: &Token) -> bool {
        self.id().is_some_and(|id| id.eq_ignore_ascii_case(&token.id))
            || self.is_generated && token_checks::has_generated_name(token, self.name())
    }

    /// Whether the token may belong to this attempt by its name.
    fn may_match_by_name(&self, token: &Token) -> bool {
        let listed = token.name.as_deref().unwrap_or_default();
        let is_open = self.id().is_none() || self.is_settled();
        is_open && !self.is_generated && token_checks::is_same_text(listed, self.name())
    }

    /// Whether a token with the name of this attempt was created during it, with the properties of the
    /// request.
    fn fits(&self, token: &Token, time: &ListingTime) -> bool {
        let (Some(from), Some(until), Ok(created)) = (
            time.api_time_at(self.processed_from, time.requested),
            time.api_time_at(self.processed_until, time.received),
            token.created_ts.parse::<Timestamp>(),
        ) else {
            return false;
        };
        self.may_match_by_name(token)
            && created.duration_since(from) >= -CLOCK_SLACK
            && created.duration_since(until) <= CLOCK_SLACK
            && token_checks::difference(&self.sent, token).is_none()
            && token_checks::description(token).is_some() == self.sent.description.is_some()
    }
}

/// The time of a listing by the API's clock, and the local times of its request and response.
pub(crate) struct ListingTime {
    api: Timestamp,
    requested: Instant,
    received: Instant,
}

impl ListingTime {
    /// Creates the time of a listing that was requested at `requested` and has just been received.
    pub(crate) fn new(date: Option<Timestamp>, requested: Instant) -> Self {
        ListingTime {
            api: date.unwrap_or_else(Timestamp::now),
            requested,
            received: Instant::now(),
        }
    }

    /// Whether the listing was fast enough to derive the API's time of an attempt from it.
    fn is_precise(&self) -> bool {
        SignedDuration::try_from(self.received - self.requested).is_ok_and(|took| took <= CLOCK_SLACK)
    }

    /// Returns the API's time at a moment, if the listing's time by the API's clock was that of the moment
    /// `listed`.
    fn api_time_at(&self, moment: Instant, listed: Instant) -> Option<Timestamp> {
        let since = SignedDuration::try_from(listed.saturating_duration_since(moment)).ok()?;
        let until = SignedDuration::try_from(moment.saturating_duration_since(listed)).ok()?;
        self.api.checked_sub(since).ok()?.checked_add(until).ok()
    }
}

/// The tokens in a listing that may belong to attempts of unknown outcome.
#[derive(Debug, Default)]
pub(crate) struct MatchedTokens {
    /// Tokens of these attempts.
    pub(crate) ours: Vec<(Arc<Attempt>, Token)>,
    /// Tokens that may belong to these attempts or to other requests.
    pub(crate) unclear: Vec<Token>,
    /// Whether the listing took so long that another one may decide about those.
    pub(crate) is_imprecise: bool,
}

/// Returns the tokens of attempts in a listing. `is_known` returns true for the ids of tokens that existed
/// before the attempts, or that this process created or revoked.
pub(crate) fn match_tokens(
    attempts: &[Arc<Attempt>],
    listing: Vec<Token>,
    time: &ListingTime,
    is_known: impl Fn(&str) -> bool,
) -> MatchedTokens {
    let mut found = MatchedTokens {
        is_imprecise: !time.is_precise(),
        ..MatchedTokens::default()
    };
    let mut fitting = Vec::new();
    for token in listing {
        if let Some(attempt) = attempts.iter().find(|attempt| attempt.identifies(&token)) {
            found.ours.push((Arc::clone(attempt), token));
        } else if attempts.iter().any(|attempt| attempt.may_match_by_name(&token)) && !is_known(&token.id) {
            if time.is_precise() && attempts.iter().any(|attempt| attempt.fits(&token, time)) {
                fitting.push(token);
            } else {
                found.unclear.push(token);
            }
        }
    }
    // A request creates at most one token. If more tokens fit, it is unknown which of them belong to the
    // attempts.
    let mut free: Vec<&Arc<Attempt>> = attempts.iter().filter(|attempt| !attempt.is_settled()).collect();
    free.sort_by_key(|attempt| attempt.processed_until);
    token_checks::oldest_first(&mut fitting);
    let (mut matched, mut too_many) = (Vec::new(), Vec::new());
    for token in fitting {
        match free.iter().position(|attempt| attempt.fits(&token, time)) {
            Some(position) => matched.push((Arc::clone(free.remove(position)), token)),
            None => too_many.push(token),
        }
    }
    for (attempt, token) in matched {
        if too_many.iter().any(|other| attempt.may_match_by_name(other)) {
            found.unclear.push(token);
        } else {
            found.ours.push((attempt, token));
        }
    }
    found.unclear.append(&mut too_many);
    found
}
