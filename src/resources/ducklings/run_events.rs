//! Records of one run that connect the two halves of a replacement.

use std::collections::HashMap;
use std::sync::Mutex;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::restore::Original;
use super::sizes::Newer;
use crate::framework::Private;
use crate::lock::lock;

/// The name in private state of an object's mark.
const OBJECT: &str = "object";

/// Distinguishes objects of one account: the instant at which one was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectMark(Timestamp);

impl ObjectMark {
    /// Creates and stores the mark of a new object.
    pub(super) fn new(private: &mut Private) -> Self {
        let mark = ObjectMark(Timestamp::now());
        private.set(OBJECT, &mark);
        mark
    }

    /// Returns the mark of an object that this provider created; imported ones have none.
    pub(super) fn load(private: &Private) -> Option<Self> {
        private.get(OBJECT)
    }
}

/// The changes of accounts in one run. Core does not connect the two halves of a replacement, but the second
/// half must neither treat the first one's configuration as the original, nor undo it.
#[derive(Default)]
pub(super) struct RunEvents {
    events: Mutex<HashMap<String, Entry>>,
    /// Instance sizes in the states of this run that this version does not know.
    sizes: Mutex<HashMap<String, (u64, Newer)>>,
}

struct Entry {
    run: u64,
    event: Event,
}

enum Event {
    /// This object of the account was created.
    Created(ObjectMark),
    /// An object of this account was destroyed or removed; it had this original configuration.
    Released(Original),
}

impl RunEvents {
    /// Records that this run created this object of the account.
    pub(super) fn created(&self, run: u64, username: &str, object: ObjectMark) {
        self.note(run, username, Event::Created(object));
    }

    /// Records the original configuration of an object that this run destroys.
    pub(super) fn released(&self, run: u64, original: &Original) {
        self.note(run, original.username(), Event::Released(original.clone()));
    }

    /// Whether this run created another object of the account than this one: its replacement.
    pub(super) fn has_successor(&self, run: u64, username: &str, object: Option<&ObjectMark>) -> bool {
        let entries = lock(&self.events);
        match entries.get(&username.to_lowercase()) {
            Some(Entry {
                run: of,
                event: Event::Created(created),
            }) => *of == run && Some(created) != object,
            _ => false,
        }
    }

    /// Returns the original configuration of the account's object that this run has destroyed.
    pub(super) fn released_original(&self, run: u64, username: &str) -> Option<Original> {
        let entries = lock(&self.events);
        match entries.get(&username.to_lowercase()) {
            Some(Entry {
                run: of,
                event: Event::Released(original),
            }) if *of == run => Some(original.clone()),
            _ => None,
        }
    }

    /// Records the newer sizes in the state of this account. The plan of a replacement that is made at apply,
    /// and that of a tainted object, have no other information about them.
    pub(super) fn note_sizes(&self, run: u64, username: &str, newer_sizes: Newer) {
        if newer_sizes.is_empty() {
            return;
        }
        let mut sizes = lock(&self.sizes);
        sizes.retain(|_, (of, _)| *of == run);
        let (_, noted) = sizes
            .entry(username.to_lowercase())
            .or_insert((run, newer_sizes.clone()));
        noted.extend(newer_sizes);
    }

    /// Returns the newer sizes in the states of this account in this run.
    pub(super) fn sizes(&self, run: u64, username: &str) -> Newer {
        let sizes = lock(&self.sizes);
        match sizes.get(&username.to_lowercase()) {
            Some((of, newer_sizes)) if *of == run => newer_sizes.clone(),
            _ => Newer::new(),
        }
    }

    fn note(&self, run: u64, username: &str, event: Event) {
        let mut entries = lock(&self.events);
        entries.retain(|_, entry| entry.run == run);
        entries.insert(username.to_lowercase(), Entry { run, event });
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
        Original::of("Ada", &live)
    }

    #[test]
    fn events_are_visible_only_to_their_run() {
        let original = original();
        let run_events = RunEvents::default();
        run_events.released(1, &original);
        assert_eq!(run_events.released_original(1, "ada"), Some(original.clone()));
        assert_eq!(run_events.released_original(2, "ada"), None);
        assert!(!run_events.has_successor(1, "ada", None));
        let mut private = Private::new();
        let object = ObjectMark::new(&mut private);
        assert_eq!(
            ObjectMark::load(&Private::decode(&private.encode())),
            Some(object.clone())
        );
        run_events.created(1, "ADA", object.clone());
        assert!(!run_events.has_successor(1, "ada", Some(&object)));
        let older = ObjectMark(Timestamp::MIN);
        assert!(run_events.has_successor(1, "ada", Some(&older)) && run_events.has_successor(1, "ada", None));
        assert!(!run_events.has_successor(2, "ada", Some(&older)));
        assert_eq!(run_events.released_original(1, "ada"), None);
    }
}
