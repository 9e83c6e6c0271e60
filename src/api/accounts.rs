//! A map by username that drops what is no longer in use.

use std::collections::HashMap;

use icu_normalizer::ComposingNormalizerBorrowed;

/// With fewer accounts than this, none is dropped.
pub(super) const PRUNED_FROM: usize = 64;

/// Returns a username in the form that all its spellings share, composed (NFC) and in lower case, because the
/// API ignores letter case.
pub fn folded_username(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(name)
        .to_lowercase()
}

/// A value for each account.
pub(super) struct Accounts<V> {
    by_name: HashMap<String, V>,
    /// The number of accounts from which on the unused ones are dropped.
    prune_from: usize,
}

impl<V> Default for Accounts<V> {
    fn default() -> Self {
        Accounts {
            by_name: HashMap::new(),
            prune_from: PRUNED_FROM,
        }
    }
}

impl<V: Default> Accounts<V> {
    pub(super) fn get_mut(&mut self, username: &str) -> Option<&mut V> {
        self.by_name.get_mut(&folded_username(username))
    }

    /// The value of an account, after those without use were dropped if a new one is to be added to many.
    pub(super) fn entry(&mut self, username: &str, mut is_in_use: impl FnMut(&V) -> bool) -> &mut V {
        let key = folded_username(username);
        if !self.by_name.contains_key(&key) && self.by_name.len() >= self.prune_from {
            self.by_name.retain(|_, value| is_in_use(value));
            self.prune_from = PRUNED_FROM.max(2 * self.by_name.len());
        }
        self.by_name.entry(key).or_default()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }
}
