//! Secrets that look like the service's: three dot-separated parts of base64url, a header, claims and a signature. They are
//! random, so nobody can check the signature; clients must treat them as opaque anyway. Once it is told, only the digest of
//! a secret is kept.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use crate::state::TokenKind;
use crate::validate::Choice as _;

/// What is kept of a secret: enough to recognise it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Digest {
    /// SHA-256, plain. What the emulator mints is random and long, so nothing is gained by making it slow. The admin token is
    /// what its user chose, and a short one can be guessed from its digest: the state file is for its owner's eyes only.
    pub(crate) fn of(secret: &str) -> Self {
        let digest = digest(&SHA256, secret.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest")
    }
}

/// Whom and what a token stands for.
#[derive(Debug)]
pub(crate) struct Claims<'a> {
    pub(crate) user_id: Uuid,
    pub(crate) email: &'a str,
    pub(crate) kind: TokenKind,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Option<Timestamp>,
}

/// A new access token.
pub(crate) fn access_token(claims: &Claims<'_>) -> SecretString {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let mut payload = json!({
        "email": claims.email,
        "userId": claims.user_id,
        "pat": random_base64(),
        "iss": "md_pat",
        "readOnly": claims.kind == TokenKind::ReadScaling,
        "tokenType": claims.kind.name(),
        "iat": claims.issued.as_second(),
    });
    if let Some(expires) = claims.expires {
        payload["exp"] = expires.as_second().into();
    }
    let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{payload}.{}", random_base64()).into()
}

/// A new embed session, without inner structure.
pub(crate) fn embed_session() -> SecretString {
    format!("{}{}{}", random_base64(), random_base64(), random_base64()).into()
}

/// 256 random bits.
fn random_base64() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
