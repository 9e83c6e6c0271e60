//! Records of one run that connect the two halves of a replacement.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::original::Original;
use super::sizes::NewerSizes;
use crate::framework::Private;
use crate::lock::lock;
use crate::motherduck::account_name::folded;

/// The name in private state of the time of creation.
const OBJECT: &str = "object";

/// The time at which an object was created in Terraform. It distinguishes the objects of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CreationTime(Timestamp);

impl CreationTime {
    /// Returns the time of creation of a new object, and stores it.
    pub(super) fn new(private: &mut Private) -> Self {
        let now = CreationTime(Timestamp::now());
        private.set(OBJECT, &now);
        now
    }

    /// Returns the stored time of creation. Imported objects have none.
    pub(super) fn load(private: &Private) -> Option<Self> {
        private.get(OBJECT)
    }
}

/// The changes of accounts in one run. Core does not connect the two halves of a replacement, but the second
/// half must neither treat the first one's configuration as the original, nor undo it.
#[derive(Default)]
pub(super) struct RunEvents(Mutex<Run>);

/// What happened since the provider was configured for this run. Accounts are identified by their folded
/// usernames.
#[derive(Default)]
struct Run {
    /// The number of configurations, which identifies the run.
    configure_count: u64,
    /// The last event of each account.
    events: HashMap<String, Event>,
    /// The newer instance sizes in the states of each account.
    newer_sizes: HashMap<String, NewerSizes>,
    /// Whether a plan of this run has the warning that Ducklings are left as they are.
    has_warned: bool,
}

enum Event {
    /// This object of the account was created.
    Created(CreationTime),
    /// An object of this account was destroyed or removed; it had this original configuration.
    Destroyed(Original),
}

impl RunEvents {
    /// Returns what happened in this run. The records of another run are removed.
    fn run(&self, configure_count: u64) -> MutexGuard<'_, Run> {
        let mut run = lock(&self.0);
        if run.configure_count != configure_count {
            *run = Run {
                configure_count,
                ..Run::default()
            };
        }
        run
    }

    /// Records that this run created this object of the account.
    pub(super) fn created(&self, configure_count: u64, username: &str, creation_time: CreationTime) {
        let mut run = self.run(configure_count);
        run.events.insert(folded(username), Event::Created(creation_time));
    }

    /// Records the original configuration of an object that this run destroys.
    pub(super) fn destroyed(&self, configure_count: u64, original: &Original) {
        let mut run = self.run(configure_count);
        let event = Event::Destroyed(original.clone());
        run.events.insert(folded(original.username()), event);
    }

    /// Whether this run created another object of the account than this one: its replacement.
    pub(super) fn has_successor(
        &self,
        configure_count: u64,
        username: &str,
        creation_time: Option<&CreationTime>,
    ) -> bool {
        let run = self.run(configure_count);
        let event = run.events.get(&folded(username));
        matches!(event, Some(Event::Created(created)) if Some(created) != creation_time)
    }

    /// Returns the original configuration of the account's object that this run has destroyed.
    pub(super) fn original_of_destroyed(&self, configure_count: u64, username: &str) -> Option<Original> {
        match self.run(configure_count).events.get(&folded(username))? {
            Event::Destroyed(original) => Some(original.clone()),
            Event::Created(_) => None,
        }
    }

    /// Records the newer sizes in the state of this account. The plan of a replacement that is made at apply,
    /// and that of a tainted object, have no other information about them.
    pub(super) fn note_sizes(&self, configure_count: u64, username: &str, newer_sizes: NewerSizes) {
        let mut run = self.run(configure_count);
        run.newer_sizes
            .entry(folded(username))
            .or_default()
            .extend(newer_sizes);
    }

    /// Returns the newer sizes in the states of this account in this run.
    pub(super) fn sizes(&self, configure_count: u64, username: &str) -> NewerSizes {
        let run = self.run(configure_count);
        run.newer_sizes
            .get(&folded(username))
            .cloned()
            .unwrap_or_default()
    }

    /// Whether this is the first warning of the run that Ducklings are left as they are.
    pub(super) fn is_first_warning(&self, configure_count: u64) -> bool {
        !std::mem::replace(&mut self.run(configure_count).has_warned, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;

    fn original() -> Original {
        let live = api::Ducklings {
            read_write: api::ReadWrite {
                instance_size: "standard".into(),
                cooldown_seconds: None,
            },
            read_scaling: api::ReadScaling {
                instance_size: "pulse".into(),
                flock_size: 3,
                cooldown_seconds: None,
            },
        };
        Original::new("Ada", &live)
    }

    #[test]
    fn events_are_visible_only_to_their_run() {
        let original = original();
        let run_events = RunEvents::default();
        run_events.destroyed(1, &original);
        assert_eq!(run_events.original_of_destroyed(1, "ada"), Some(original.clone()));
        assert_eq!(run_events.original_of_destroyed(2, "ada"), None);
        assert!(!run_events.has_successor(1, "ada", None));
        let mut private = Private::new();
        let object = CreationTime::new(&mut private);
        assert_eq!(
            CreationTime::load(&Private::decode(&private.encode())),
            Some(object.clone())
        );
        run_events.created(1, "ADA", object.clone());
        assert!(!run_events.has_successor(1, "ada", Some(&object)));
        let older = CreationTime(Timestamp::MIN);
        assert!(run_events.has_successor(1, "ada", Some(&older)) && run_events.has_successor(1, "ada", None));
        assert!(!run_events.has_successor(2, "ada", Some(&older)));
        assert_eq!(run_events.original_of_destroyed(1, "ada"), None);
    }

    #[test]
    fn original_of_destroyed_ignores_case_and_normal_form_of_the_username() {
        let run_events = RunEvents::default();
        let mut live = api::fake::ducklings();
        live.read_write.instance_size = "mega".into();
        let original = Original::new("Gro\u{308}ße", &live);
        run_events.destroyed(1, &original);
        assert_eq!(run_events.original_of_destroyed(1, "gr\u{f6}ße"), Some(original));
        run_events.note_sizes(1, "Gro\u{308}ße", NewerSizes::from(["nano".to_owned()]));
        assert!(run_events.sizes(1, "gr\u{f6}ße").contains("nano"));
    }
}
