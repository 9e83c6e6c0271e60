//! Secrets in the service's format: a header, claims and a signature in base64url, separated by dots. The
//! signature is random, because clients must not check it. After the response only the digest of a secret is
//! stored.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Digest {
    /// Returns the plain SHA-256. Secrets of the emulator are random and long, so a slow hash would have no
    /// advantage. The admin token is chosen by the user, and a short one can be guessed from its digest;
    /// therefore only the owner can read the state file.
    pub(crate) fn new(secret: &str) -> Self {
        let digest = digest(&SHA256, secret.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// Returns the digest of an unknown secret.
    pub(crate) fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest")
    }
}

/// The account and the token of a secret.
#[derive(Debug)]
pub(crate) struct Claims<'a> {
    pub(crate) user_id: Uuid,
    pub(crate) email: &'a str,
    pub(crate) token_type: &'static str,
    pub(crate) read_only: bool,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Option<Timestamp>,
}

/// Generates the secret of an access token.
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

/// Generates the secret of an embed session, which has no structure.
pub(crate) fn embed_session() -> SecretString {
    format!("{}{}{}", random_base64(), random_base64(), random_base64()).into()
}

fn random_base64() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
