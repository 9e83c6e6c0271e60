//! One request to create a token, and which listed tokens are its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::api::{Error, NewToken, Token};
use crate::motherduck::settle::{self, LATE_COMMIT};
use crate::motherduck::token_checks;

/// How far the times of the API may lie outside of an attempt, since they may be cut to the second.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// One request to create a token.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What was sent.
    pub(super) sent: NewToken,
    /// The name was drawn for this attempt, so no other token has it.
    pub(super) is_drawn: bool,
    /// The local time at which the request was sent.
    pub(super) started_at: Timestamp,
    /// Whether the API itself responded, so that nothing is carried out after the response.
    pub(super) is_over: bool,
    /// When the response, or the failure in its place, was there.
    pub(super) ended: Instant,
    /// When a token that does not appear until then can be expected to appear no more.
    pub(super) expected_until: Instant,
    started: Instant,
    /// The last moment at which the API may have carried out the request.
    over: Instant,
    /// The id of the token, once a response or a listing has shown it.
    id: OnceLock<String>,
    /// Its token was revoked.
    is_settled: AtomicBool,
}

impl Attempt {
    /// An attempt that begins now.
    pub(super) fn now(sent: NewToken, is_drawn: bool) -> Self {
        let now = Instant::now();
        Attempt {
            sent,
            is_drawn,
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

    /// The same attempt, which has ended with this error. A request without a response of the API may still be
    /// carried out for a moment.
    pub(super) fn ended(&self, error: &Error) -> Self {
        let (now, is_over) = (Instant::now(), settle::is_over(error));
        let late = if is_over { Duration::ZERO } else { LATE_COMMIT };
        Attempt {
            // Requests before the last one were not processed.
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

    /// The name that was sent.
    pub(super) fn name(&self) -> &str {
        &self.sent.name
    }

    /// The id of the token, if it is known.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.get().map(String::as_str)
    }

    /// Records the id of the token. From here on no other token counts as that of a configured name.
    pub(super) fn identify(&self, id: &str) {
        self.id.get_or_init(|| id.to_owned());
    }

    /// Records that its token was revoked. Returns whether the attempt still matters: a token that had a configured
    /// name can have been that of another request after all, if this one may still be carried out.
    pub(super) fn settle(&self) -> bool {
        self.is_settled.store(true, Ordering::Relaxed);
        !self.is_drawn && !self.is_over
    }

    /// Whether its token was revoked.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled.load(Ordering::Relaxed)
    }

    /// Whether the token is certainly the one of this attempt: it has the id that is known, or the name that was
    /// drawn.
    fn identifies(&self, token: &Token) -> bool {
        self.id().is_some_and(|id| id.eq_ignore_ascii_case(&token.id))
            || self.is_drawn && token_checks::has_drawn_name(token, self.name())
    }

    /// Whether the name alone does not rule out that the token is the one of this attempt.
    fn has_name_of(&self, token: &Token) -> bool {
        let listed = token.name.as_deref().unwrap_or_default();
        let is_open = self.id().is_none() || self.is_settled();
        is_open && !self.is_drawn && token_checks::is_same_text(listed, self.name())
    }

    /// Whether a token with the name of this attempt was created during it, with the properties that were sent.
    fn fits(&self, token: &Token, time: &ListingTime) -> bool {
        let (Some(started), Some(over), Ok(created)) = (
            time.of(self.started, time.asked),
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

/// The time of a listing by the API's clock, and between which moments here that was.
pub(super) struct ListingTime {
    api: Timestamp,
    asked: Instant,
    received: Instant,
}

impl ListingTime {
    /// The time of a listing that was asked for at this moment and is here now.
    pub(super) fn new(date: Option<Timestamp>, asked: Instant) -> Self {
        ListingTime {
            api: date.unwrap_or_else(Timestamp::now),
            asked,
            received: Instant::now(),
        }
    }

    /// Whether the listing came fast enough to tell the API's time of an attempt from it.
    fn is_precise(&self) -> bool {
        SignedDuration::try_from(self.received - self.asked).is_ok_and(|took| took <= CLOCK_SLACK)
    }

    /// The API's time at a moment, if the API's time of the listing was that at `listed`.
    fn of(&self, moment: Instant, listed: Instant) -> Option<Timestamp> {
        let since = SignedDuration::try_from(listed.saturating_duration_since(moment)).ok()?;
        let until = SignedDuration::try_from(moment.saturating_duration_since(listed)).ok()?;
        self.api.checked_sub(since).ok()?.checked_add(until).ok()
    }
}

/// What a listing shows of attempts whose outcome is unknown.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Tokens of these attempts.
    pub(super) ours: Vec<(Arc<Attempt>, Token)>,
    /// Tokens that may be of these attempts or of other requests.
    pub(super) unclear: Vec<Token>,
    /// Whether another listing may show more about those.
    pub(super) is_vague: bool,
}

/// Finds the tokens of attempts in a listing. `is_known` says which ids belong to tokens that were there before the
/// attempts, or that this process created or revoked.
pub(super) fn find(
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
    // A request creates one token at most. Where more tokens fit, it is not known which are those of the attempts.
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
