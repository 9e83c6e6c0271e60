//! Access tokens of one account.

use jiff::Timestamp;
use uuid::Uuid;

use crate::secret::Digest;
use crate::validate::named_enum;

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: TokenKind,
    pub(crate) created: Timestamp,
    /// When the token expires; `None` if it never does.
    pub(crate) expires: Option<Timestamp>,
    /// The digest of its secret. The secret is returned once and not stored.
    pub(crate) digest: Digest,
    /// A number that increases with each created token.
    pub(crate) serial: u64,
}

impl Token {
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

named_enum! {
    pub(crate) enum TokenKind {
        ReadWrite = "read_write",
        ReadScaling = "read_scaling",
    }
}
