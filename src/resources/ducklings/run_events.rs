//! Records of one run that connect the two halves of a replacement.

use std::collections::HashMap;
use std::sync::Mutex;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::original::Original;
use super::sizes::Newer;
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
pub(super) struct RunEvents {
    /// The last event of each account, by its folded username.
    events: Mutex<HashMap<String, Entry>>,
    /// Instance sizes in the states of this run that this version does not know, by the folded username.
    sizes: Mutex<HashMap<String, (u64, Newer)>>,
}

struct Entry {
    /// The number of configurations when the event was recorded.
    configure_count: u64,
    event: Event,
}

enum Event {
    /// This object of the account was created.
    Created(CreationTime),
    /// An object of this account was destroyed or removed; it had this original configuration.
    Destroyed(Original),
}

impl RunEvents {
    /// Records that this run created this object of the account.
    pub(super) fn created(&self, configure_count: u64, username: &str, creation_time: CreationTime) {
        self.note(configure_count, username, Event::Created(creation_time));
    }

    /// Records the original configuration of an object that this run destroys.
    pub(super) fn destroyed(&self, configure_count: u64, original: &Original) {
        self.note(
            configure_count,
            original.username(),
            Event::Destroyed(original.clone()),
        );
    }

    /// Whether this run created another object of the account than this one: its replacement.
    pub(super) fn has_successor(
        &self,
        configure_count: u64,
        username: &str,
        creation_time: Option<&CreationTime>,
    ) -> bool {
        let entries = lock(&self.events);
        match entries.get(&folded(username)) {
            Some(Entry {
                configure_count: count,
                event: Event::Created(created),
            }) => *count == configure_count && Some(created) != creation_time,
            _ => false,
        }
    }

    /// Returns the original configuration of the account's object that this run has destroyed.
    pub(super) fn original_of_destroyed(&self, configure_count: u64, username: &str) -> Option<Original> {
        let entries = lock(&self.events);
        match entries.get(&folded(username)) {
            Some(Entry {
                configure_count: count,
                event: Event::Destroyed(original),
            }) if *count == configure_count => Some(original.clone()),
            _ => None,
        }
    }

    /// Records the newer sizes in the state of this account. The plan of a replacement that is made at apply,
    /// and that of a tainted object, have no other information about them.
    pub(super) fn note_sizes(&self, configure_count: u64, username: &str, newer_sizes: Newer) {
        if newer_sizes.is_empty() {
            return;
        }
        let mut sizes = lock(&self.sizes);
        sizes.retain(|_, (count, _)| *count == configure_count);
        let (_, noted) = sizes
            .entry(folded(username))
            .or_insert((configure_count, newer_sizes.clone()));
        noted.extend(newer_sizes);
    }

    /// Returns the newer sizes in the states of this account in this run.
    pub(super) fn sizes(&self, configure_count: u64, username: &str) -> Newer {
        let sizes = lock(&self.sizes);
        match sizes.get(&folded(username)) {
            Some((count, newer_sizes)) if *count == configure_count => newer_sizes.clone(),
            _ => Newer::new(),
        }
    }

    fn note(&self, configure_count: u64, username: &str, event: Event) {
        let mut entries = lock(&self.events);
        entries.retain(|_, entry| entry.configure_count == configure_count);
        entries.insert(
            folded(username),
            Entry {
                configure_count,
                event,
            },
        );
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
        run_events.note_sizes(1, "Gro\u{308}ße", Newer::from(["nano".to_owned()]));
        assert!(run_events.sizes(1, "gr\u{f6}ße").contains("nano"));
    }
}
