//! Masks secrets in errors and logs.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, OnceLock};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::spellings::spellings;
use super::text;
use crate::lock::lock;

mod shapes;
#[cfg(test)]
mod tests;

/// The replacement for a secret.
const REPLACEMENT: &str = "***";

/// The maximum size of a logged body. A parsed tree of values takes many times its size.
const LOGGED_LIMIT: usize = 64 << 10;

/// Parts of names whose values are secrets.
const SECRET_WORDS: [&str; 11] = [
    "token",
    "session",
    "secret",
    "passw",
    "key",
    "authorization",
    "credential",
    "jwt",
    "bearer",
    "cookie",
    "signature",
];

/// Names with such a part whose values are not secret.
const HARMLESS_NAMES: [&str; 7] = [
    "tokens",
    "token_type",
    "tokentype",
    "token_id",
    "token_name",
    "session_name",
    "session_hint",
];

/// Replaces secrets in foreign text: known ones, values of members with names of secrets, and text with the
/// shape of a secret. An error body can repeat the request, and a gateway's error can contain a response.
#[derive(Debug, Clone, Default)]
pub(super) struct Masker {
    known: Arc<KnownSecrets>,
    /// Texts of the request that are not masked, whatever their shape.
    public_texts: Vec<String>,
}

/// The known secrets, each once.
#[derive(Debug, Default)]
struct KnownSecrets {
    secrets: Vec<SecretString>,
    spellings: OnceLock<Vec<SecretString>>,
}

impl KnownSecrets {
    /// Returns these secrets and those of `others`, each once.
    fn with(&self, others: &[SecretString]) -> Self {
        let mut secrets = self.secrets.clone();
        for other in others {
            let is_same = |known: &SecretString| known.expose_secret() == other.expose_secret();
            if !secrets.iter().any(is_same) {
                secrets.push(other.clone());
            }
        }
        KnownSecrets {
            secrets,
            spellings: OnceLock::new(),
        }
    }

    /// Returns every spelling of the secrets, longest first, so that none leaves the end of another visible.
    /// They are computed when the first text is masked, because most calls know a secret and print nothing.
    fn spellings(&self) -> &[SecretString] {
        self.spellings.get_or_init(|| {
            let secrets = self.secrets.iter();
            let spellings = secrets.flat_map(|secret| spellings(secret.expose_secret()));
            let mut spellings: Vec<SecretString> = spellings.map(SecretString::from).collect();
            spellings.sort_by(|a, b| {
                let (a, b) = (a.expose_secret(), b.expose_secret());
                b.len().cmp(&a.len()).then_with(|| a.cmp(b))
            });
            spellings.dedup_by(|a, b| a.expose_secret() == b.expose_secret());
            spellings
        })
    }
}

impl Masker {
    pub(super) fn new(secret: &SecretString) -> Self {
        Masker::default().with_secret(secret)
    }

    pub(super) fn with_secret(mut self, secret: &SecretString) -> Self {
        self.known = Arc::new(self.known.with(std::slice::from_ref(secret)));
        self
    }

    /// Adds the secrets of another masker.
    pub(super) fn merge(&mut self, other: &Masker) {
        if !Arc::ptr_eq(&self.known, &other.known) {
            self.known = Arc::new(self.known.with(&other.known.secrets));
        }
    }

    /// Returns the masker that also leaves these texts of the request, which contain no secrets, unmasked.
    pub(super) fn with_public_texts(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        self.public_texts.extend(texts);
        self
    }

    /// Returns the text with stars in place of every secret.
    pub(super) fn mask(&self, text: &str) -> String {
        let masked = self.mask_known(text);
        let named = shapes::mask_named_values(&masked);
        shapes::mask_by_shape(&named, &self.public_texts)
    }

    /// Returns the text with stars in place of the known secrets.
    pub(super) fn mask_known<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        for spelling in self.known.spellings() {
            if masked.contains(spelling.expose_secret()) {
                masked = Cow::Owned(masked.replace(spelling.expose_secret(), REPLACEMENT));
            }
        }
        masked
    }

    /// Prepares foreign text for an error: on one line, without secrets, cut to size. The steps have this
    /// order because a secret that contains a control character or is cut in half would not be recognised.
    pub(super) fn sanitize(&self, text: &str) -> String {
        text::truncated(self.mask(&text::printable(text)))
    }

    /// Returns a body for the log. Only JSON is logged, and only up to a size. Any other body could contain a
    /// secret anywhere, so only its size is logged.
    pub(super) fn loggable_body(&self, body: &[u8]) -> String {
        if body.len() > LOGGED_LIMIT {
            return format!("({} bytes, too many for the log)", body.len());
        }
        match serde_json::from_slice::<Value>(text::trimmed(body)) {
            Ok(mut json) => {
                mask_members(&mut json);
                self.mask(&json.to_string())
            }
            Err(_) => format!("({} bytes, not JSON)", body.len()),
        }
    }
}

/// Whether a member or parameter with this name may contain a secret.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    !HARMLESS_NAMES.contains(&name.as_str()) && SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// Replaces the values of members with names of secrets, at any depth.
fn mask_members(json: &mut Value) {
    match json {
        Value::Object(members) => {
            for (name, value) in members {
                if is_secret_name(name) && !matches!(value, Value::Null | Value::Bool(_)) {
                    *value = REPLACEMENT.into();
                } else {
                    mask_members(value);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(mask_members),
        _ => {}
    }
}

/// The masker of one call. Secrets can be added while the call runs. Clones share it.
#[derive(Clone)]
pub(super) struct CallMasker(Arc<Mutex<Masker>>);

impl CallMasker {
    pub(super) fn new(masker: Masker) -> Self {
        CallMasker(Arc::new(Mutex::new(masker)))
    }

    /// Returns a masker with all secrets that were added so far.
    pub(super) fn current(&self) -> Masker {
        lock(&self.0).clone()
    }

    pub(super) fn add(&self, secret: &SecretString) {
        let mut masker = lock(&self.0);
        *masker = masker.clone().with_secret(secret);
    }

    /// Adds the secrets of another call.
    pub(super) fn merge(&self, other: &CallMasker) {
        let other = other.current();
        lock(&self.0).merge(&other);
    }
}
