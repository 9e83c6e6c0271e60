//! What a token is created for.

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

    /// How to find a token that may be live and should not be, and what to do then.
    pub(super) fn about_possible_token(self, username: &str) -> String {
        let revoke = "Look with the data source `motherduck_tokens` or in MotherDuck's settings. Revoke the token \
                      there or with the action `motherduck_revoke_tokens`";
        match self {
            Purpose::Managed => format!("{revoke}, or import it as `{username}/<id>` and destroy it."),
            Purpose::Ephemeral => format!("{revoke}, or let it expire after its `ttl`."),
        }
    }
}
