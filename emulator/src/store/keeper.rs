//! From changes in memory to the state file, if there is one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{StateError, StateFile};
use crate::state::Change;

/// Makes changes last as long as was asked for: for this run, or for good.
#[derive(Debug)]
pub(crate) struct Keeper(Mutex<Keeping>);

#[derive(Debug)]
enum Keeping {
    InMemory,
    InFile(StateFile),
    /// The file is behind what is in memory, or closed. Nothing may be answered any more, for it might not last.
    NoMore(NotKept),
}

/// Why a change does not last, and nothing else can be done either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The state file could not be written.
    #[error(
        "the state file cannot be written: {0}; what was answered before is in it, restart the emulator to go on"
    )]
    Failed(String),
    /// The state file was closed with the emulator.
    #[error("the emulator was stopped")]
    Stopped,
}

impl Keeper {
    /// Keeps changes in the file, or in memory only.
    pub(crate) fn new(file: Option<StateFile>) -> Self {
        Self(Mutex::new(file.map_or(Keeping::InMemory, Keeping::InFile)))
    }

    /// Whether what is in memory is what lasts.
    pub(crate) fn is_up_to_date(&self) -> Result<(), NotKept> {
        match &*self.keeping() {
            Keeping::NoMore(why) => Err(why.clone()),
            Keeping::InMemory | Keeping::InFile(_) => Ok(()),
        }
    }

    /// Makes changes last. When this gives `Ok`, they do.
    pub(crate) fn keep(&self, changes: &[Change]) -> Result<(), NotKept> {
        if changes.is_empty() {
            return self.is_up_to_date();
        }
        self.write(|file| file.write(changes))
    }

    /// Makes a move of the clock last.
    pub(crate) fn keep_clock(&self, offset_seconds: i64) -> Result<(), NotKept> {
        self.write(|file| file.write_clock(offset_seconds))
    }

    /// Lets go of the file, for others to open it.
    pub(crate) fn close(&self) {
        let mut keeping = self.keeping();
        if matches!(*keeping, Keeping::InFile(_)) {
            *keeping = Keeping::NoMore(NotKept::Stopped);
        }
    }

    fn write(&self, write: impl FnOnce(&StateFile) -> Result<(), StateError>) -> Result<(), NotKept> {
        let mut keeping = self.keeping();
        match &*keeping {
            Keeping::InMemory => Ok(()),
            Keeping::NoMore(why) => Err(why.clone()),
            Keeping::InFile(file) => write(file).map_err(|error| {
                let why = NotKept::Failed(error.to_string());
                *keeping = Keeping::NoMore(why.clone());
                why
            }),
        }
    }

    fn keeping(&self) -> MutexGuard<'_, Keeping> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
