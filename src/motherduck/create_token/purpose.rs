//! The purpose of a token.

/// The purpose of a token, which decides what a user can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A resource stores it in the state.
    Managed,
    /// It is revoked at the end of the run.
    Ephemeral,
}

impl Purpose {
    /// Returns the next step for a token that is live and should not be.
    pub(crate) fn about_live_token(self, username: &str, id: &str) -> String {
        match self {
            Purpose::Managed => format!(
                "If the token is not in the state as tainted, revoke it in MotherDuck's settings, or import it as \
                 `{username}/{id}` and destroy it."
            ),
            Purpose::Ephemeral => format!(
                "Token {id} of {username:?} is valid until its `ttl` is over. If that is too long, revoke it \
                 in MotherDuck's settings."
            ),
        }
    }

    /// Returns the next step for a token that differs from the request.
    pub(super) fn about_differing_token(self, is_live: bool) -> &'static str {
        match self {
            Purpose::Managed if is_live => {
                " It is in the state as tainted: the next apply revokes it and creates another."
            }
            Purpose::Managed | Purpose::Ephemeral => {
                "\n\nChange the configuration to what the service stores, or ask MotherDuck's support why it \
                 differs."
            }
        }
    }

    /// Returns the next step if a token has the name already.
    pub(super) fn about_taken_name(self) -> &'static str {
        match self {
            Purpose::Managed => {
                "Token names are unique for each user, so `create_before_destroy` needs `name_prefix` in place of \
                 `name`: each token then has a name of its own. Otherwise choose another `name`, revoke the token \
                 that has this one, or import it."
            }
            Purpose::Ephemeral => {
                "Token names are unique for each user, and every run creates a token. Set `name_prefix` in place of \
                 `name`, or leave both out: each token then has a name of its own."
            }
        }
    }

    /// Returns how to find a token that may be live and should not be, and the next step then.
    pub(super) fn about_possible_token(self, username: &str) -> String {
        let revoke = "Check with the data source `motherduck_tokens` or in MotherDuck's settings. Revoke the \
                      token there or with the action `motherduck_revoke_tokens`";
        match self {
            Purpose::Managed => format!("{revoke}, or import it as `{username}/<id>` and destroy it."),
            Purpose::Ephemeral => format!("{revoke}, or let it expire after its `ttl`."),
        }
    }
}
