//! The server to check.

use secrecy::SecretString;

/// A server of the API.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its base URL, without a slash at the end.
    pub base_url: String,
    /// A read/write token of an Admin.
    pub token: SecretString,
    /// What to do in a check that needs a token to expire, which takes at least five minutes.
    pub time: Time,
    /// A human member other than the owner of the token, to probe what an Admin may do there. The requests for that member
    /// cannot change anything: a listing, a creation with an invalid body, a revocation of a token that does not exist.
    pub person: Option<String>,
}

/// How to let a token expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The check is skipped.
    Skip,
    /// The check waits.
    Wait,
    /// The check moves the clock of the emulator.
    Emulator,
}
