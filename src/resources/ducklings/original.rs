//! The configuration before Terraform first wrote, stored in private state for the destroy.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::State;
use super::compute::{self, BlockName};
use crate::api;
use crate::framework::Private;
use crate::motherduck::account_name;

/// The name in private state of the original configuration.
const ORIGINAL: &str = "original";

/// The configuration before Terraform first wrote, and the blocks that it has managed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Original {
    /// The account, because private state can outlive a change of it.
    username: String,
    read_write: api::ReadWrite,
    read_scaling: api::ReadScaling,
    /// The blocks that were ever managed. Only those are restored.
    #[serde(default)]
    managed: BTreeSet<BlockName>,
}

impl Original {
    pub(super) fn new(username: &str, live: &api::Ducklings) -> Self {
        Original {
            username: username.to_owned(),
            read_write: live.read_write.clone(),
            read_scaling: live.read_scaling.clone(),
            managed: BTreeSet::new(),
        }
    }

    /// Adds the blocks of this configuration to those that were ever managed.
    pub(super) fn mark_managed(&mut self, config: &State) {
        self.managed.extend(compute::managed_blocks(config));
    }

    /// Returns the blocks that were ever managed.
    pub(super) fn managed(&self) -> &BTreeSet<BlockName> {
        &self.managed
    }

    pub(super) fn username(&self) -> &str {
        &self.username
    }

    pub(super) fn save(&self, private: &mut Private) {
        private.set(ORIGINAL, self);
    }

    /// Returns the original configuration of this account, if it is stored.
    pub(super) fn load(private: &Private, username: &str) -> Option<Self> {
        private
            .get::<Original>(ORIGINAL)
            .filter(|original| account_name::same(&original.username, username))
    }

    /// Returns the configuration to send at the destroy: the original one for blocks that were ever managed,
    /// and the live one otherwise.
    pub(super) fn restored(&self, live: &api::Ducklings) -> api::Ducklings {
        let mut wanted = live.clone();
        if self.managed.contains(&BlockName::ReadWrite) {
            wanted.read_write = self.read_write.clone();
        }
        if self.managed.contains(&BlockName::ReadScaling) {
            wanted.read_scaling = self.read_scaling.clone();
        }
        compute::sendable(wanted)
    }
}

impl fmt::Display for Original {
    /// Writes the configuration in a form for restoring it by hand.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cooldown = |seconds: Option<u32>| match seconds {
            Some(seconds) => format!(", cooldown_seconds = {seconds}"),
            None => String::new(),
        };
        let (write, scale) = (&self.read_write, &self.read_scaling);
        write!(
            f,
            "read_write = {{ instance_size = {:?}{} }}, \
             read_scaling = {{ instance_size = {:?}, flock_size = {}{} }}",
            write.instance_size,
            cooldown(write.cooldown_seconds),
            scale.instance_size,
            scale.flock_size,
            cooldown(scale.cooldown_seconds)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::ReadWrite;
    use super::*;
    use crate::framework::Field;

    fn ducklings(size: &str, flock_size: u32) -> api::Ducklings {
        api::Ducklings {
            read_write: api::ReadWrite {
                instance_size: size.into(),
                cooldown_seconds: Some(75),
            },
            read_scaling: api::ReadScaling {
                instance_size: size.into(),
                flock_size,
                cooldown_seconds: Some(75),
            },
        }
    }

    #[test]
    fn restored_changes_only_managed_blocks() {
        let mut original = Original::new("Ada", &ducklings("standard", 3));
        assert!(original.managed().is_empty());
        original.mark_managed(&State {
            read_write: Field::Known(ReadWrite::default()),
            ..State::default()
        });
        original.mark_managed(&State {
            read_write: Field::Unknown,
            ..State::default()
        });
        let mut private = Private::new();
        original.save(&mut private);
        let private = Private::decode(&private.encode());

        let original = Original::load(&private, "ADA").unwrap();
        assert_eq!(original.managed, BTreeSet::from([BlockName::ReadWrite]));
        let wanted = original.restored(&ducklings("giga", 9));
        assert_eq!(wanted.read_write.instance_size, "standard");
        assert_eq!(
            (
                wanted.read_scaling.instance_size.as_str(),
                wanted.read_scaling.flock_size
            ),
            ("giga", 9)
        );
    }

    #[test]
    fn original_is_displayed_as_configuration() {
        assert_eq!(
            Original::new("Ada", &ducklings("standard", 3)).to_string(),
            "read_write = { instance_size = \"standard\", cooldown_seconds = 75 }, read_scaling = { \
             instance_size = \"standard\", flock_size = 3, cooldown_seconds = 75 }"
        );
    }

    #[test]
    fn load_of_another_account_is_none() {
        let mut private = Private::new();
        Original::new("ada", &ducklings("standard", 3)).save(&mut private);
        assert_eq!(Original::load(&private, "bob"), None);
        assert_eq!(Original::load(&Private::new(), "ada"), None);
    }
}
