//! The database in the state file: its tables and transactions.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use redb::{
    Database, Durability, ReadableDatabase as _, ReadableTable as _, TableDefinition, WriteTransaction,
};

use super::StateError;
use super::backend::DeferredFile;
use super::rows::{AccountRow, DiveRow, SessionRow, TokenRow, decode, encode};
use crate::behaviour::Behaviour;
use crate::state::{Change, Organization};

/// The version of the tables and rows. It increases with every change of them.
const FORMAT: u64 = 1;

/// The version, under its name.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("motherduck-emulator");
const FORMAT_KEY: &str = "format";
/// How far the clock is ahead of the system's, in seconds; one row.
const CLOCK: TableDefinition<'_, (), i64> = TableDefinition::new("clock");
/// Accounts by folded username.
const ACCOUNTS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("accounts");
/// Tokens by folded username and serial.
const TOKENS: TableDefinition<'_, (&str, u64), &[u8]> = TableDefinition::new("tokens");
/// Dives by id.
const DIVES: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("dives");
/// Sessions by serial.
const SESSIONS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("embed_sessions");

/// Everything is read once, at the start, so the cache is only needed for writes.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

/// A state file, open and locked.
#[derive(Debug)]
pub(crate) struct StateFile {
    database: Database,
}

pub(crate) struct Content {
    pub(crate) organization: Organization,
    pub(crate) clock_offset_seconds: i64,
}

impl StateFile {
    /// Opens the file, or creates one that contains the changes of `initial` so far.
    pub(crate) fn open_or_create(
        path: &Path,
        initial: &mut Organization,
    ) -> Result<(Self, Content), StateError> {
        match fs::metadata(path) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => create(path, initial)?,
            Err(error) => return Err(error.into()),
        }
        Self::open(path, initial.behaviour())
    }

    fn open(path: &Path, behaviour: Behaviour) -> Result<(Self, Content), StateError> {
        // The type is checked before the file is opened: opening a pipe would block until a process writes to
        // it.
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(StateError::NotAFile);
        }
        if metadata.len() == 0 {
            return Err(StateError::Empty);
        }
        let backend = DeferredFile::new(OpenOptions::new().read(true).write(true).open(path)?)?;
        let file = Self {
            database: builder().create_with_backend(backend.clone())?,
        };
        let content = file.read(behaviour)?;
        backend.release()?;
        Ok((file, content))
    }

    fn read(&self, behaviour: Behaviour) -> Result<Content, StateError> {
        let transaction = self.database.begin_read()?;
        let about = transaction.open_table(ABOUT)?;
        let found = about.get(FORMAT_KEY)?.ok_or(StateError::Foreign)?.value();
        if found > FORMAT {
            return Err(StateError::Newer { found, known: FORMAT });
        }
        let mut organization = Organization::empty(behaviour);
        for row in transaction.open_table(ACCOUNTS)?.iter()? {
            let (_, row) = row?;
            organization.apply(Change::PutAccount(decode::<AccountRow>(row.value())?.into()));
        }
        for row in transaction.open_table(TOKENS)?.iter()? {
            let (key, row) = row?;
            let (owner, serial) = key.value();
            let token = decode::<TokenRow>(row.value())?.into_token(serial);
            organization.apply(Change::PutToken(owner.to_owned(), token));
        }
        for row in transaction.open_table(DIVES)?.iter()? {
            let (_, row) = row?;
            organization.apply(Change::PutDive(decode::<DiveRow>(row.value())?.into()));
        }
        for row in transaction.open_table(SESSIONS)?.iter()? {
            let (serial, row) = row?;
            let session = decode::<SessionRow>(row.value())?.into_session(serial.value());
            organization.apply(Change::AddSession(session));
        }
        let clock = transaction.open_table(CLOCK)?;
        let clock_offset_seconds = clock.get(())?.map_or(0, |offset| offset.value());
        Ok(Content {
            organization,
            clock_offset_seconds,
        })
    }

    /// Makes changes durable: all of them, or none on failure.
    pub(crate) fn write(&self, changes: &[Change]) -> Result<(), StateError> {
        let transaction = self.begin()?;
        write_changes(&transaction, changes)?;
        Ok(transaction.commit()?)
    }

    /// Makes an advance of the clock durable.
    pub(super) fn write_clock(&self, offset_seconds: i64) -> Result<(), StateError> {
        let transaction = self.begin()?;
        transaction.open_table(CLOCK)?.insert((), offset_seconds)?;
        Ok(transaction.commit()?)
    }

    fn begin(&self) -> Result<WriteTransaction, StateError> {
        let mut transaction = self.database.begin_write()?;
        transaction
            .set_durability(Durability::Immediate)
            .map_err(|error| StateError::Io(io::Error::other(error)))?;
        // With two phases a file with damaged new pages is reported as damaged. Without them it would look
        // like a file whose last commit was interrupted, and that commit would be undone although its
        // response was sent.
        transaction.set_two_phase_commit(true);
        Ok(transaction)
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder
        .set_cache_size(CACHE_BYTES)
        // This check finds a flipped bit at the start and not later, in a response.
        .set_check_integrity_on_open(true);
    builder
}

/// Creates a file. It is complete before it gets its name, so that no process opens a partial file.
fn create(path: &Path, initial: &mut Organization) -> Result<(), StateError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut unnamed = tempfile::Builder::new();
    unnamed.prefix(".motherduck-emulator-");
    // A short admin token can be guessed from its digest, so only the owner may read the file.
    unnamed.permissions(fs::Permissions::from_mode(0o600));
    let unnamed = unnamed.tempfile_in(&folder)?;
    let backend = DeferredFile::new(unnamed.reopen()?)?;
    backend.release()?;
    let file = StateFile {
        database: builder().create_with_backend(backend)?,
    };
    let transaction = file.begin()?;
    transaction.open_table(ABOUT)?.insert(FORMAT_KEY, FORMAT)?;
    transaction.open_table(CLOCK)?;
    transaction.open_table(DIVES)?;
    transaction.open_table(SESSIONS)?;
    write_changes(&transaction, &initial.take_changes())?;
    transaction.commit()?;
    drop(file);
    match unnamed.persist_noclobber(path) {
        Ok(_) => sync_folder(&folder)?,
        // Another emulator created the file first, and it can be used.
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.error.into()),
    }
    Ok(())
}

/// Makes the name of the new file durable, in case the machine crashes.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn write_changes(transaction: &WriteTransaction, changes: &[Change]) -> Result<(), StateError> {
    let mut accounts = transaction.open_table(ACCOUNTS)?;
    let mut tokens = transaction.open_table(TOKENS)?;
    for change in changes {
        match change {
            Change::PutAccount(account) => {
                let row = encode(&AccountRow::from(account))?;
                accounts.insert(account.folded_username().as_str(), row.as_slice())?;
            }
            Change::RemoveAccount(name) => {
                accounts.remove(name.as_str())?;
                tokens.retain_in((name.as_str(), 0)..=(name.as_str(), u64::MAX), |_, _| false)?;
            }
            Change::PutToken(owner, token) => {
                let row = encode(&TokenRow::from(token))?;
                tokens.insert((owner.as_str(), token.serial), row.as_slice())?;
            }
            Change::RemoveToken(owner, serial) => {
                tokens.remove((owner.as_str(), *serial))?;
            }
            Change::PutDive(dive) => {
                let row = encode(&DiveRow::from(dive))?;
                transaction
                    .open_table(DIVES)?
                    .insert(dive.id.as_u128(), row.as_slice())?;
            }
            Change::AddSession(session) => {
                let row = encode(&SessionRow::from(session))?;
                transaction
                    .open_table(SESSIONS)?
                    .insert(session.serial, row.as_slice())?;
            }
            Change::RemoveSession(serial) => {
                transaction.open_table(SESSIONS)?.remove(serial)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
