//! Secrets that look like the service's: three parts of base64url separated by dots, a header, claims and a
//! signature. The signature is random, since clients must not check it. After the response only the digest of
//! a secret is kept.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

/// The digest of a secret, which recognizes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Digest {
    /// Plain SHA-256. Secrets of the emulator are random and long, so that a slow hash would gain nothing.
    /// The admin token is chosen by the user, and a short one can be guessed from its digest: the state file
    /// is readable by its owner only.
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

/// The account and the token that a secret stands for.
#[derive(Debug)]
pub(crate) struct Claims<'a> {
    pub(crate) user_id: Uuid,
    pub(crate) email: &'a str,
    pub(crate) token_type: &'static str,
    pub(crate) read_only: bool,
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
        "readOnly": claims.read_only,
        "tokenType": claims.token_type,
        "iat": claims.issued.as_second(),
    });
    if let Some(expires) = claims.expires {
        payload["exp"] = expires.as_second().into();
    }
    let [header, payload] = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{payload}.{}", random_base64()).into()
}

/// A new embed session, which has no inner structure.
pub(crate) fn embed_session() -> SecretString {
    format!("{}{}{}", random_base64(), random_base64(), random_base64()).into()
}

/// 256 random bits.
fn random_base64() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
