//! Dives and their embed sessions.

use jiff::Timestamp;
use uuid::Uuid;

/// A dashboard. The API has no call to create one; Dives come from a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dive {
    pub(crate) id: Uuid,
    pub(crate) title: String,
    /// The current version. Every version from 1 up to it exists.
    pub(crate) version: u32,
}

/// The stored data of an embed session: everything except its secret.
#[derive(Clone, Debug)]
pub(crate) struct EmbedSession {
    pub(crate) dive: Uuid,
    pub(crate) version: u32,
    pub(crate) username: String,
    pub(crate) session_name: Option<String>,
    pub(crate) expires: Timestamp,
    /// A number that increases with each created session.
    pub(crate) serial: u64,
}
