//! States of tokens from responses of the API: created, listed, imported.

use jiff::Timestamp;

use super::{DESCRIPTION_AS_SENT, RECORDS_FIRST_KEEPERS, State, TTL_REBUILT, lifetime};
use crate::api;
use crate::framework::{Diagnostic, Diagnostics, Field, Private, ResourceState};
use crate::motherduck::create_token::Created;
use crate::motherduck::{token_checks, token_rules};

/// Returns the state of a created token: the plan, completed with the response.
pub(super) fn created(planned: State, created: Created) -> ResourceState<State> {
    let Created {
        secret,
        token,
        sent,
        now,
        warning,
    } = created;
    let mut private = Private::new();
    let mut warnings: Diagnostics = warning.into_iter().collect();
    let consequence = "The state keeps the configured one.";
    if let Some(warning) = token_checks::description_missing(sent.description.as_deref(), &token, consequence)
    {
        private.set(DESCRIPTION_AS_SENT, &true);
        warnings.push(warning);
    }
    let description = match planned.description {
        sent @ Field::Known(_) => sent,
        _ => token_checks::description(&token).map(str::to_owned).into(),
    };
    let mut state = State {
        name: Field::Known(sent.name),
        description,
        id: Field::Known(token.id),
        token: Field::Known(secret),
        expire_at: token.expire_at.into(),
        created_ts: Field::Known(token.created_ts),
        read_only: Field::Known(token.read_only),
        ..planned
    };
    state.ready_for_rotation = Field::Known(lifetime::is_ready(&state, now));
    ResourceState {
        state,
        private,
        warnings,
    }
}

/// Returns the state of a token after a listing. Values that the listing lacks are kept.
pub(super) fn refreshed(
    state: State,
    listed: &api::Token,
    now: Timestamp,
    private: Private,
) -> ResourceState<State> {
    let reported = token_checks::description(listed).filter(|_| !private.flag(DESCRIPTION_AS_SENT));
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
    ResourceState::new(state, private)
}

/// Returns the state of an imported token: everything except its secret, which cannot be read again.
pub(crate) fn imported(
    username: &str,
    listed: &api::Token,
    now: Timestamp,
) -> Result<ResourceState<State>, Diagnostics> {
    let name = listed.name.clone().unwrap_or_default();
    if let Err(error) = token_rules::check_name(&name) {
        return Err(Diagnostic::error(
            format!("Token {:?} of {username:?} cannot be imported", listed.id),
            format!(
                "Its name is {name:?}, and `name` {error}. Nothing was imported. Create another token \
                 instead, and revoke this one in MotherDuck's settings."
            ),
        )
        .into());
    }
    let mut private = Private::new();
    private.set(RECORDS_FIRST_KEEPERS, &true);
    let (ttl, warnings) = lifetime::rebuild_ttl(listed);
    if ttl.is_some() {
        private.set(TTL_REBUILT, &true);
    }
    let state = State {
        username: Field::Known(username.to_owned()),
        name: Field::Known(name),
        ttl: ttl.into(),
        revoke_on_destroy: Field::Known(true),
        ..State::default()
    };
    let stored = refreshed(state, listed, now, private);
    Ok(ResourceState { warnings, ..stored })
}
