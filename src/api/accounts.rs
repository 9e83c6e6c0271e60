//! A map by username from which unused values are removed.

use std::collections::HashMap;

use icu_normalizer::ComposingNormalizerBorrowed;

/// The minimum number of accounts at which unused values are removed.
pub(super) const PRUNED_FROM: usize = 64;

/// Returns a username in the form that all its spellings share, composed (NFC) and in lower case, because the
/// API ignores letter case.
pub fn folded_username(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(name)
        .to_lowercase()
}

/// A map with one value for each account.
#[derive(Default)]
pub(super) struct Accounts<V> {
    by_name: HashMap<String, V>,
    /// The number of accounts after the last removal of unused values.
    in_use: usize,
}

impl<V: Default> Accounts<V> {
    pub(super) fn get_mut(&mut self, username: &str) -> Option<&mut V> {
        self.by_name.get_mut(&folded_username(username))
    }

    /// Returns the value of an account, which is added if it is missing. Before that, unused values are
    /// removed if there are many.
    pub(super) fn entry(&mut self, username: &str, mut is_in_use: impl FnMut(&V) -> bool) -> &mut V {
        let key = folded_username(username);
        let prune_from = PRUNED_FROM.max(2 * self.in_use);
        if !self.by_name.contains_key(&key) && self.by_name.len() >= prune_from {
            self.by_name.retain(|_, value| is_in_use(value));
            self.in_use = self.by_name.len();
        }
        self.by_name.entry(key).or_default()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }
}
