//! Switches for uncertain behaviour of the API. Clients should work with either behaviour.

use clap::{Args, ValueEnum};

use crate::new_account_ducklings::NewAccountDucklings;

/// The emulator's behaviour where the API's contract allows several, as flags of the command line. The default is
/// the likelier behaviour.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Undocumented behaviour of the API")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each of them named where it is set"
)]
pub struct Behaviour {
    /// Do not serve GET /v1/users, as in a region without it
    #[arg(long)]
    pub missing_users_endpoint: bool,
    /// Ignore descriptions of tokens
    #[arg(long = "unknown-description")]
    pub ignore_descriptions: bool,
    /// Status of the response to a name that is taken
    #[arg(long, value_name = "STATUS", default_value_t, value_enum)]
    pub duplicate_status: DuplicateStatus,
    /// Allow several live tokens of the same name for one user
    #[arg(long)]
    pub repeated_token_names: bool,
    /// Treat names of tokens that differ only in letter case as the same name
    #[arg(long)]
    pub caseless_token_names: bool,
    /// Let an expired token keep its name, so that no other token of the user can have it
    #[arg(long)]
    pub expired_tokens_keep_names: bool,
    /// Accept only ids, not names, in DELETE of a token
    #[arg(long)]
    pub token_ids_only: bool,
    /// Ducklings of a new account: read/write size, read scaling size, flock size; the default depends on the
    /// plan
    #[arg(long, value_name = "SIZE/SIZE/FLOCK")]
    pub new_account: Option<NewAccountDucklings>,
    /// Leave default cooldowns out of the response to a PUT
    #[arg(long)]
    pub put_without_default_cooldown: bool,
    /// Accept only ASCII letters, digits and underscores in usernames of service accounts
    #[arg(long)]
    pub ascii_usernames: bool,
    /// Plan of the organization
    #[arg(long, default_value_t, value_enum)]
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
