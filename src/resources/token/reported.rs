//! What the API reports of a token, made into a state: when it is made, listed, and taken over.

use jiff::Timestamp;
use secrecy::SecretString;

use super::{DESCRIPTION_AS_SENT, FIRST_KEEPERS, State, TTL_REBUILT, lifetime};
use crate::api;
use crate::framework::{Diagnostic, Diagnostics, Field, Private, Stored};
use crate::motherduck::{token_answer, token_rules};

/// A token just made: what was planned, filled up with what the API gave.
pub(super) fn created(
    planned: State,
    token: SecretString,
    made: &api::Token,
    now: Timestamp,
) -> Stored<State> {
    let mut private = Private::new();
    let mut warnings = Diagnostics::new();
    let sent = planned.description.text();
    let kept = "The state keeps what was configured.";
    if let Some(warning) = token_answer::other_description(sent, made, kept) {
        private.set(DESCRIPTION_AS_SENT, &true);
        warnings.push(warning);
    }
    let description = match planned.description {
        sent @ Field::Known(_) => sent,
        _ => token_answer::description(made).map(str::to_owned).into(),
    };
    let mut state = State {
        description,
        id: Field::Known(made.id.clone()),
        token: Field::Known(token),
        expire_at: made.expire_at.clone().into(),
        created_ts: Field::Known(made.created_ts.clone()),
        read_only: Field::Known(made.read_only),
        ..planned
    };
    state.ready_for_rotation = Field::Known(lifetime::is_ready(&state, now));
    Stored {
        state,
        private,
        warnings,
    }
}

/// A token after a look at its listing. What the listing leaves out stays.
pub(super) fn refreshed(
    state: State,
    listed: &api::Token,
    now: Timestamp,
    private: Private,
) -> Stored<State> {
    let reported = token_answer::description(listed).filter(|_| !private.flag(DESCRIPTION_AS_SENT));
    let mut state = State {
        name: listed.name.clone().map_or(state.name, Field::Known),
        description: reported.map_or(state.description, |reported| Field::Known(reported.to_owned())),
        token_type: Field::Known(listed.token_type.clone()),
        id: Field::Known(listed.id.clone()),
        expire_at: lifetime::same_spelling(state.expire_at, listed.expire_at.as_deref()),
        created_ts: lifetime::same_spelling(state.created_ts, Some(&listed.created_ts)),
        read_only: Field::Known(listed.read_only),
        ..state
    };
    state.ready_for_rotation = Field::Known(lifetime::is_ready(&state, now));
    Stored::new(state, private)
}

/// A token that is taken over: all but its secret, which nobody can read again.
pub(crate) fn imported(
    username: &str,
    listed: &api::Token,
    now: Timestamp,
) -> Result<Stored<State>, Diagnostics> {
    let name = listed.name.clone().unwrap_or_default();
    if let Err(broken) = token_rules::check_name(&name) {
        return Err(Diagnostic::error(
            format!("Token {:?} of {username:?} cannot be imported", listed.id),
            format!("Its name is {name:?}, and `name` {broken}. Nothing was imported."),
        )
        .into());
    }
    let mut private = Private::new();
    private.set(FIRST_KEEPERS, &true);
    let (ttl, warnings) = lifetime::rebuild_ttl(listed);
    if ttl.is_some() {
        private.set(TTL_REBUILT, &true);
    }
    let state = State {
        username: Field::Known(username.to_owned()),
        name: Field::Known(name),
        ttl: ttl.into(),
        ..State::default()
    };
    let stored = refreshed(state, listed, now, private);
    Ok(Stored { warnings, ..stored })
}
