//! Reads back files, and refuses files that are truncated, damaged, foreign, or from a newer version.

use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::clock::Clock;
use crate::seed;
use crate::snapshot::Snapshot;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn initial() -> Organization {
    Organization::new(Behaviour::default(), "admin secret", NOW)
}

fn state_path() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    (folder, path)
}

fn open(path: &Path) -> Result<(StateFile, Content), StateError> {
    StateFile::open_or_create(path, &mut initial())
}

/// Returns the visible state without the time.
fn visible_state(content: &Content) -> Value {
    let clock = Clock::ahead_by(content.clock_offset_seconds);
    let mut seen = serde_json::to_value(Snapshot::new(&content.organization, &clock)).unwrap();
    seen["clock"]["now"].take();
    seen
}

/// Creates a state with at least one object of every kind.
fn write_full_state(path: &Path) -> Value {
    let (file, mut content) = open(path).unwrap();
    let organization = &mut content.organization;
    let users: Vec<Value> = (0..40)
        .map(|number| {
            json!({
                "username": format!("Svc_{number}"), "is_service_account": number % 3 != 0, "roles": ["builder"],
                "first_name": "Grace", "tokens": [
                    { "name": "n", "description": "ü", "expire_at": "2030-01-01T00:00:00.25Z" },
                    { "name": "rs", "token_type": "read_scaling" },
                ],
                "ducklings": {
                    "read_write": { "instance_size": "giga" },
                    "read_scaling": { "instance_size": "standard", "flock_size": 3, "cooldown_seconds": 90 },
                },
            })
        })
        .collect();
    let seed = json!({
        "users": users,
        "dives": [{ "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "title": "Sales", "version": 3 }],
        "running_ducklings": [{ "username": "svc_1", "ducklings": [
            { "id": "rw", "type": "read_write", "status": "active" },
            { "id": "rs.4", "type": "read_scaling", "status": "cooldown" },
        ] }],
    });
    seed::apply(&seed, organization, NOW).unwrap();
    let dive = organization.dives().next().unwrap().id;
    let request = |username: &str| crate::state::EmbedRequest {
        username: username.to_owned(),
        session_name: Some("customer".to_owned()),
        version: None,
    };
    organization
        .create_embed_session(dive, request("svc_1"), NOW)
        .unwrap();
    organization
        .create_embed_session(dive, request("svc_2"), NOW)
        .unwrap();
    organization.delete_user("svc_7").unwrap();
    file.write(&organization.take_changes()).unwrap();
    let token = organization.find("svc_1").unwrap().tokens[0].id.to_string();
    let admin = organization.authenticate(Some("admin secret"), NOW).unwrap();
    organization.revoke_token(&admin, "svc_1", &token, NOW).unwrap();
    file.write(&organization.take_changes()).unwrap();
    file.write_clock(-86_400).unwrap();
    content.clock_offset_seconds = -86_400;
    visible_state(&content)
}

#[test]
fn written_state_is_read_again() {
    let (_folder, path) = state_path();
    let before = write_full_state(&path);
    let (_, content) = open(&path).unwrap();
    assert_eq!(visible_state(&content), before);
    let organization = content.organization;
    assert!(organization.authenticate(Some("admin secret"), NOW).is_ok());
    // New serials continue after those in the file.
    let serials = organization
        .accounts()
        .flat_map(|account| account.tokens.iter().map(|token| token.serial));
    assert!(serials.max() < Some(organization.next_serial()));
}

#[test]
fn new_file_is_private_complete_and_locked() {
    let (folder, path) = state_path();
    let (file, content) = open(&path).unwrap();
    assert!(
        content
            .organization
            .authenticate(Some("admin secret"), NOW)
            .is_ok()
    );
    assert!(matches!(open(&path), Err(StateError::InUse)));
    drop(file);
    open(&path).unwrap();
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["state"]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(
        open(&folder.path().join("nowhere/state")),
        Err(StateError::Io(_))
    ));
}

#[test]
fn foreign_file_is_an_error_and_unchanged() {
    let (folder, path) = state_path();
    let refused = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        let error = open(&path).map(drop).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), content);
        error
    };
    assert!(matches!(refused(b""), StateError::Empty));
    assert!(matches!(refused(b"x"), StateError::Foreign));
    assert!(matches!(
        refused("\0".repeat(100_000).as_bytes()),
        StateError::Foreign
    ));
    assert!(matches!(
        refused("{ \"version\": 4 }\n".repeat(1000).as_bytes()),
        StateError::Foreign
    ));
    assert!(matches!(open(folder.path()), Err(StateError::NotAFile)));

    // A database of another program in the same format, closed properly or not.
    let other = folder.path().join("other");
    let database = Database::create(&other).unwrap();
    let transaction = database.begin_write().unwrap();
    let table: TableDefinition<'_, &str, &str> = TableDefinition::new("accounts");
    transaction
        .open_table(table)
        .unwrap()
        .insert("foreign", "foreign")
        .unwrap();
    transaction.commit().unwrap();
    assert!(matches!(refused(&fs::read(&other).unwrap()), StateError::Foreign));
    drop(database);
    assert!(matches!(refused(&fs::read(&other).unwrap()), StateError::Foreign));
}

#[test]
fn newer_format_is_an_error_and_unchanged() {
    let (_folder, path) = state_path();
    let (file, _) = open(&path).unwrap();
    let transaction = file.begin().unwrap();
    let mut about = transaction.open_table(ABOUT).unwrap();
    about.insert(FORMAT_KEY, FORMAT + 1).unwrap();
    drop(about);
    // The tables of a newer format may be unknown.
    transaction.delete_table(SESSIONS).unwrap();
    transaction.commit().unwrap();
    drop(file);
    let before = fs::read(&path).unwrap();
    let error = open(&path).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it has format 2, made by a newer emulator; this one knows format 1"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn invalid_row_is_damage() {
    let (_folder, path) = state_path();
    let (file, _) = open(&path).unwrap();
    let transaction = file.begin().unwrap();
    let mut tokens = transaction.open_table(TOKENS).unwrap();
    tokens.insert(("emulator_admin", 9), b"{}".as_slice()).unwrap();
    drop(tokens);
    transaction.commit().unwrap();
    drop(file);
    assert!(matches!(open(&path), Err(StateError::Damaged(_))));
}

/// Returns the files of an emulator that was killed and of one that ended by itself.
fn files(folder: &Path) -> (Value, [Vec<u8>; 2]) {
    let path = folder.join("state");
    write_full_state(&path);
    let (file, mut content) = open(&path).unwrap();
    // The last change whose response was sent.
    file.write_clock(7).unwrap();
    content.clock_offset_seconds = 7;
    let killed = fs::read(&path).unwrap();
    drop(file);
    (visible_state(&content), [killed, fs::read(&path).unwrap()])
}

/// Opens a damaged file. Either it is refused and unchanged, or it contains everything.
fn is_refused(path: &Path, harmed: &[u8], expected: &Value, how: &str) -> bool {
    fs::write(path, harmed).unwrap();
    match open(path) {
        Ok((_, content)) => {
            assert!(visible_state(&content) == *expected, "{how}: content is missing");
            false
        }
        Err(StateError::Damaged(_) | StateError::Foreign) => {
            assert!(
                fs::read(path).unwrap() == harmed,
                "{how}: it was refused, but changed"
            );
            true
        }
        Err(error) => panic!("{how}: {error:?}"),
    }
}

#[test]
fn truncated_file_is_an_error() {
    let folder = TempDir::new().unwrap();
    let (expected, files) = files(folder.path());
    let path = folder.path().join("cut");
    for file in files {
        for length in [1, 8, 9, 64, 320, 4096, 8192, file.len() / 3, file.len() - 1] {
            let how = format!("cut off after {length} of {} bytes", file.len());
            assert!(is_refused(&path, &file[..length], &expected, &how), "{how}");
        }
    }
}

#[test]
fn damaged_file_is_an_error_or_complete() {
    /// The byte that selects the valid one of the last two commits. The database has no checksum for it.
    const UNPROTECTED: usize = 9;
    let folder = TempDir::new().unwrap();
    let (expected, files) = files(folder.path());
    let path = folder.path().join("damaged");
    let (mut refused, mut unharmed) = (0, 0);
    for mut file in files {
        for page in 0..file.len() / 4096 {
            // Many bytes of the header, which refers to all other pages, and some bytes of each page in use.
            let (length, step) = if page == 0 { (320, 5) } else { (4096, 1900) };
            let start = page * 4096;
            if file[start..start + length].iter().all(|byte| *byte == 0) {
                continue;
            }
            for offset in (start..start + length).skip(page % 7).step_by(step) {
                if offset == UNPROTECTED {
                    continue;
                }
                file[offset] ^= 0x41;
                let how = format!("byte {offset} is another");
                if is_refused(&path, &file, &expected, &how) {
                    refused += 1;
                } else {
                    unharmed += 1;
                }
                file[offset] ^= 0x41;
            }
        }
    }
    // Unused pages may contain anything.
    assert!(
        refused > 100 && unharmed > 0,
        "{refused} refused, {unharmed} unharmed"
    );
}
