//! The generated names of tokens, none of which is used twice within a short time.

use std::collections::HashSet;
use std::sync::Mutex;

use crate::lock::lock;
use crate::motherduck::account_name::folded;
use crate::motherduck::expiring_set::ExpiringSet;
use crate::motherduck::settle::REMEMBERED;

/// The generated names.
#[derive(Default)]
pub(super) struct GeneratedNames(Mutex<Names>);

/// The names in the form in which they are compared.
struct Names {
    /// The names of attempts that have not ended.
    in_use: HashSet<String>,
    /// The names of other attempts, whose tokens may still be listed.
    used: ExpiringSet<String>,
}

impl Default for Names {
    fn default() -> Self {
        Names {
            in_use: HashSet::new(),
            used: ExpiringSet::new(REMEMBERED),
        }
    }
}

/// Returns a name in the form in which an API may compare it.
pub(super) fn compared(name: &str) -> String {
    folded(name.trim())
}

impl GeneratedNames {
    /// Calls `generate` until its name is free. `is_taken` returns whether a compared name is used elsewhere.
    pub(super) fn generate(
        &self,
        generate: impl Fn() -> String,
        is_taken: impl Fn(&str) -> bool,
    ) -> GeneratedName<'_> {
        let mut names = lock(&self.0);
        loop {
            let name = generate();
            let key = compared(&name);
            if !names.used.contains(&key) && !is_taken(&key) && names.in_use.insert(key) {
                return GeneratedName {
                    generated: self,
                    name,
                };
            }
        }
    }

    /// Returns the number of stored names.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let names = lock(&self.0);
        names.in_use.len() + names.used.len()
    }
}

/// A name that was generated for an attempt. It is not generated again while this exists, and for two minutes
/// afterwards.
pub(crate) struct GeneratedName<'a> {
    generated: &'a GeneratedNames,
    name: String,
}

impl GeneratedName<'_> {
    /// Returns the name.
    pub(crate) fn text(&self) -> &str {
        &self.name
    }
}

impl Drop for GeneratedName<'_> {
    fn drop(&mut self) {
        let name = compared(&self.name);
        let mut names = lock(&self.generated.0);
        names.in_use.remove(&name);
        names.used.insert(name);
    }
}
