//! What is not known about the API for certain, as switches: a client should work with either answer.

use clap::ValueEnum;

/// How the emulator behaves where the API's contract leaves room. The default is the likelier answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each of them named where it is set"
)]
pub struct Behaviour {
    /// `GET /v1/users` is not served, as in regions that are behind: it answers the plain-text 404.
    pub missing_users_endpoint: bool,
    /// A token's `description` is dropped from requests and absent from answers.
    pub unknown_description: bool,
    /// How a name that is already taken is refused.
    pub duplicate_status: DuplicateStatus,
    /// A second live token of the same name is refused for one user.
    pub unique_token_names: bool,
    /// The answer to a PUT of a Duckling configuration lacks the cooldowns the service filled in; a GET shows them.
    pub put_without_default_cooldown: bool,
    /// Usernames of service accounts are limited to ASCII letters, digits and underscores.
    pub ascii_usernames: bool,
    /// The plan of the organization.
    pub plan: Plan,
}

/// The status of the answer to a name that is already taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DuplicateStatus {
    /// 400 with code `BAD_REQUEST`.
    #[default]
    #[value(name = "400")]
    BadRequest,
    /// 409 with code `CONFLICT`.
    #[value(name = "409")]
    Conflict,
}

/// The plan of an organization, which limits sizes of Ducklings and the embedding of Dives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Plan {
    /// Ducklings of size `pulse` only, no embedding.
    Lite,
    /// Every size, and embedding.
    #[default]
    Business,
}

impl Plan {
    /// As the API's messages spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lite => "lite",
            Self::Business => "business",
        }
    }
}
