//! The server to check.

use secrecy::SecretString;

/// A server of the API.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its base URL, without a slash at the end.
    pub base_url: String,
    /// A read/write token of an Admin.
    pub token: SecretString,
    /// How to handle checks that need a token to expire, which takes at least five minutes.
    pub time: Time,
    /// A human member other than the owner of the token, to probe an Admin's permissions for that member. The
    /// requests cannot change anything: a listing, a creation with an invalid body, and a revocation of a
    /// token that does not exist.
    pub person: Option<String>,
}

/// How a check lets a token expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The check is skipped.
    Skip,
    /// The check waits.
    Wait,
    /// The check advances the clock of the emulator.
    Emulator,
}
