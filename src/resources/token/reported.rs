//! What the API reports of a token, made into a state: when it is made, listed, and taken over.

use jiff::Timestamp;
use secrecy::SecretString;

use super::{FIRST_KEEPERS, State, TTL_REBUILT, check_name, lifetime};
use crate::api;
use crate::framework::{Diagnostic, Diagnostics, Field, Path, Private, Stored};

/// The state of a token just made: what was planned, filled up with what the API gave.
pub(super) fn created(
    planned: State,
    token: SecretString,
    made: &api::Token,
    now: Timestamp,
) -> (State, Diagnostics) {
    let mut warnings = Diagnostics::new();
    let description = match (&planned.description, &made.description) {
        (Field::Known(sent), answered) if answered.as_ref() != Some(sent) => {
            warnings.push(
                Diagnostic::warning(
                    "The token's description was not stored",
                    "The API made the token without the description it was sent: this region may not know \
                     descriptions yet. The state keeps what was configured.",
                )
                .at(Path::attribute("description")),
            );
            planned.description
        }
        (_, answered) => answered.clone().into(),
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
    (state, warnings)
}

/// The state of a token after a look at its listing. What the listing leaves out stays.
pub(super) fn refreshed(state: State, listed: &api::Token, now: Timestamp) -> State {
    let kept = |listed: &Option<String>, state: Field<String>| listed.clone().map_or(state, Field::Known);
    let mut state = State {
        name: kept(&listed.name, state.name),
        description: kept(&listed.description, state.description),
        token_type: Field::Known(listed.token_type.clone()),
        id: Field::Known(listed.id.clone()),
        expire_at: lifetime::same_spelling(state.expire_at, listed.expire_at.as_deref()),
        created_ts: lifetime::same_spelling(state.created_ts, Some(&listed.created_ts)),
        read_only: Field::Known(listed.read_only),
        ..state
    };
    state.ready_for_rotation = Field::Known(lifetime::is_ready(&state, now));
    state
}

/// The state of a token that is taken over: all but its secret, which nobody can read again.
pub(super) fn imported(
    username: &str,
    listed: &api::Token,
    now: Timestamp,
) -> Result<Stored<State>, Diagnostics> {
    let name = listed.name.clone().unwrap_or_default();
    if let Err(broken) = check_name(&name) {
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
    Ok(Stored {
        state: refreshed(state, listed, now),
        private,
        warnings,
    })
}
