//! Writes changes to the state file, if there is one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{StateError, StateFile};
use crate::error::StorageError;
use crate::state::Change;

/// Stores changes in a file, or only keeps them in memory.
#[derive(Debug)]
pub(crate) struct Storage(Mutex<Mode>);

#[derive(Debug)]
enum Mode {
    InMemory,
    InFile(StateFile),
    /// The file lacks changes that are in memory, or is closed. No further response may be sent, because it
    /// might contain data that is not stored.
    Closed(StorageError),
}

impl Storage {
    pub(crate) fn new(file: Option<StateFile>) -> Self {
        Self(Mutex::new(file.map_or(Mode::InMemory, Mode::InFile)))
    }

    /// Returns an error unless everything in memory is stored.
    pub(crate) fn check_up_to_date(&self) -> Result<(), StorageError> {
        match &*self.mode() {
            Mode::Closed(why) => Err(why.clone()),
            Mode::InMemory | Mode::InFile(_) => Ok(()),
        }
    }

    /// Stores changes. They are durable when this returns `Ok`.
    pub(crate) fn store(&self, changes: &[Change]) -> Result<(), StorageError> {
        if changes.is_empty() {
            return self.check_up_to_date();
        }
        self.write(|file| file.write(changes))
    }

    pub(crate) fn store_clock(&self, offset_seconds: i64) -> Result<(), StorageError> {
        self.write(|file| file.write_clock(offset_seconds))
    }

    /// Closes the file, so that another emulator can open it.
    pub(crate) fn close(&self) {
        let mut mode = self.mode();
        if matches!(*mode, Mode::InFile(_)) {
            *mode = Mode::Closed(StorageError::Stopped);
        }
    }

    fn write(&self, write: impl FnOnce(&StateFile) -> Result<(), StateError>) -> Result<(), StorageError> {
        let mut mode = self.mode();
        match &*mode {
            Mode::InMemory => Ok(()),
            Mode::Closed(why) => Err(why.clone()),
            Mode::InFile(file) => write(file).map_err(|error| {
                let why = StorageError::Failed(error.to_string());
                *mode = Mode::Closed(why.clone());
                why
            }),
        }
    }

    fn mode(&self) -> MutexGuard<'_, Mode> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
