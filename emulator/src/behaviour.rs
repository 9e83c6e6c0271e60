//! Switches for uncertain behaviour of the API. Clients should work with either behaviour.

use clap::ValueEnum;

use crate::ducklings_at_start::DucklingsAtStart;

/// The behaviour of the emulator where the API's contract is uncertain. The default is the more likely
/// behaviour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each of them named where it is set"
)]
pub struct Behaviour {
    /// `GET /v1/users` is not served, as in regions without it: it returns the plain-text 404.
    pub missing_users_endpoint: bool,
    /// A token's `description` is dropped from requests and absent from responses.
    pub unknown_description: bool,
    /// The status of the response to a name that is already taken.
    pub duplicate_status: DuplicateStatus,
    /// One user may have several live tokens of the same name.
    pub repeated_token_names: bool,
    /// Names of tokens that differ only in letter case are the same name.
    pub caseless_token_names: bool,
    /// An expired token keeps its name, so no other token of the user can have it.
    pub expired_tokens_keep_names: bool,
    /// DELETE of a token takes its id only, not its name.
    pub token_ids_only: bool,
    /// The Duckling configuration of a new account, if it is not the plan's.
    pub new_account: Option<DucklingsAtStart>,
    /// The response to a PUT of a Duckling configuration lacks the default cooldowns that the service has
    /// set; a GET contains them.
    pub put_without_default_cooldown: bool,
    /// Usernames of service accounts are limited to ASCII letters, digits and underscores.
    pub ascii_usernames: bool,
    /// The plan of the organization.
    pub plan: Plan,
}

/// The status of the response to a name that is already taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DuplicateStatus {
    /// 400 with code `BAD_REQUEST`.
    #[value(name = "400")]
    BadRequest,
    /// 409 with code `CONFLICT`.
    #[default]
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
    /// Returns the name as the API's messages spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lite => "lite",
            Self::Business => "business",
        }
    }
}
