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
    pub(crate) started_at: Timestamp,
    /// Whether the API itself responded, so that nothing is carried out after the response.
    pub(crate) is_over: bool,
    /// When the response or the failure was received.
    pub(crate) ended: Instant,
    /// A token that has not appeared by this time is not expected to appear.
    pub(crate) expected_until: Instant,
    started: Instant,
    /// The last moment at which the API may have carried out the request.
    over: Instant,
    /// The id of the token, once a response or a listing has shown it.
    id: OnceLock<String>,
    /// Whether its token was revoked.
    is_settled: AtomicBool,
}

impl Attempt {
    /// Creates an attempt that starts now.
    pub(crate) fn now(sent: NewToken, is_generated: bool) -> Self {
        let now = Instant::now();
        Attempt {
            sent,
            is_generated,
            started_at: Timestamp::now(),
            is_over: false,
            ended: now,
            expected_until: now,
            started: now,
            over: now,
            id: OnceLock::new(),
            is_settled: AtomicBool::new(false),
        }
    }

    /// Returns the attempt with its end, which is this error. A request without a response of the API may
    /// still be carried out for a moment.
    pub(crate) fn ended(&self, error: &Error) -> Self {
        let (now, is_over) = (Instant::now(), settle::is_over(error));
        let late = if is_over {
            Duration::ZERO
        } else {
            LATE_TOKEN_CREATION
        };
        Attempt {
            // Earlier requests were not processed.
            started: error.sent_at().unwrap_or(self.started),
            is_over,
            ended: now,
            expected_until: now + settle::limit(error),
            over: now + late,
            id: error
                .created_id()
                .map(str::to_owned)
                .map(OnceLock::from)
                .unwrap_or_default(),
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
        !self.is_generated && !self.is_over
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
    fn has_name_of(&self, token: &Token) -> bool {
        let listed = token.name.as_deref().unwrap_or_default();
        let is_open = self.id().is_none() || self.is_settled();
        is_open && !self.is_generated && token_checks::is_same_text(listed, self.name())
    }

    /// Whether a token with the name of this attempt was created during it, with the properties of the
    /// request.
    fn fits(&self, token: &Token, time: &ListingTime) -> bool {
        let (Some(started), Some(over), Ok(created)) = (
            time.of(self.started, time.requested),
            time.of(self.over, time.received),
            token.created_ts.parse::<Timestamp>(),
        ) else {
            return false;
        };
        self.has_name_of(token)
            && created.duration_since(started) >= -CLOCK_SLACK
            && created.duration_since(over) <= CLOCK_SLACK
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
    fn of(&self, moment: Instant, listed: Instant) -> Option<Timestamp> {
        let since = SignedDuration::try_from(listed.saturating_duration_since(moment)).ok()?;
        let until = SignedDuration::try_from(moment.saturating_duration_since(listed)).ok()?;
        self.api.checked_sub(since).ok()?.checked_add(until).ok()
    }
}

/// The tokens in a listing that may belong to attempts of unknown outcome.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Tokens of these attempts.
    pub(crate) ours: Vec<(Arc<Attempt>, Token)>,
    /// Tokens that may belong to these attempts or to other requests.
    pub(crate) unclear: Vec<Token>,
    /// Whether another listing may decide about those.
    pub(crate) is_vague: bool,
}

/// Finds the tokens of attempts in a listing. `is_known` returns true for the ids of tokens that existed
/// before the attempts, or that this process created or revoked.
pub(crate) fn find(
    attempts: &[Arc<Attempt>],
    listing: Vec<Token>,
    time: &ListingTime,
    is_known: impl Fn(&str) -> bool,
) -> Found {
    let mut found = Found {
        is_vague: !time.is_precise(),
        ..Found::default()
    };
    let mut fitting = Vec::new();
    for token in listing {
        if let Some(attempt) = attempts.iter().find(|attempt| attempt.identifies(&token)) {
            found.ours.push((Arc::clone(attempt), token));
        } else if attempts.iter().any(|attempt| attempt.has_name_of(&token)) && !is_known(&token.id) {
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
    free.sort_by_key(|attempt| attempt.over);
    token_checks::oldest_first(&mut fitting);
    let (mut matched, mut too_many) = (Vec::new(), Vec::new());
    for token in fitting {
        match free.iter().position(|attempt| attempt.fits(&token, time)) {
            Some(position) => matched.push((Arc::clone(free.remove(position)), token)),
            None => too_many.push(token),
        }
    }
    for (attempt, token) in matched {
        if too_many.iter().any(|other| attempt.has_name_of(other)) {
            found.unclear.push(token);
        } else {
            found.ours.push((attempt, token));
        }
    }
    found.unclear.append(&mut too_many);
    found
}
