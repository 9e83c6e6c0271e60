//! Applies a seed to the organization.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::read::{Seed, SeedToken, SeedUser, read_seed};
use crate::error::StorageError;
use crate::secret::Digest;
use crate::state::{Account, Change, DucklingConfig, Organization, Token};
use crate::validate::{Issue, Segment, check};

/// Why a seed was not applied.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// The seed is not valid; the list has every mistake.
    #[error("the seed is not valid: {}", .0.join("; "))]
    Invalid(Vec<String>),
    /// The changes could not be stored.
    #[error(transparent)]
    StorageError(#[from] StorageError),
}

impl SeedError {
    pub(crate) fn invalid(issues: &[Issue]) -> Self {
        Self::Invalid(issues.iter().map(Issue::to_string).collect())
    }
}

/// Applies the whole seed to the organization, or nothing of it.
pub(crate) fn apply(body: &Value, organization: &mut Organization, now: Timestamp) -> Result<(), Vec<Issue>> {
    let seed = check(body, |node| read_seed(&node))?;
    let mut seeded = organization.clone();
    let mut owners = owners_of(&seed, organization);
    let mut issues = Vec::new();
    for (index, user) in seed.users.into_iter().enumerate() {
        if let Err(issue) = user.apply(&mut seeded, &mut owners, now, index) {
            issues.push(issue);
        }
    }
    for dive in seed.dives {
        seeded.insert_dive(dive);
    }
    for (index, (username, running)) in seed.running.into_iter().enumerate() {
        if let Some(account) = seeded.find(&username) {
            let account = Account {
                running,
                ..account.without_tokens()
            };
            seeded.change(Change::PutAccount(account));
        } else {
            let path = vec![
                "running_ducklings".into(),
                Segment::Index(index),
                "username".into(),
            ];
            issues.push(Issue::custom("No such user, and none in this seed", path));
        }
    }
    if issues.is_empty() {
        *organization = seeded;
        Ok(())
    } else {
        Err(issues)
    }
}

/// The owner of each token id in the seed.
type Owners = HashMap<Uuid, Uuid>;

fn owners_of(seed: &Seed, organization: &Organization) -> Owners {
    let tokens = seed.users.iter().flat_map(|user| &user.tokens);
    let named: HashSet<Uuid> = tokens.filter_map(|token| token.id).collect();
    if named.is_empty() {
        return Owners::new();
    }
    organization
        .accounts()
        .flat_map(|account| account.tokens.iter().map(|token| (token.id, account.id)))
        .filter(|(token, _)| named.contains(token))
        .collect()
}

impl SeedUser {
    fn apply(
        self,
        organization: &mut Organization,
        owners: &mut Owners,
        now: Timestamp,
        index: usize,
    ) -> Result<(), Issue> {
        let at = |field: &str| vec!["users".into(), Segment::Index(index), field.into()];
        let mut account = match (organization.find(&self.username), self.is_service_account) {
            (Some(account), None) => account.without_tokens(),
            (Some(account), Some(is_service_account)) => Account {
                is_service_account,
                ..account.without_tokens()
            },
            (None, Some(is_service_account)) => {
                let serial = organization.next_serial();
                let ducklings = organization.behaviour().new_account_ducklings();
                Account::new(self.username, is_service_account, ducklings, serial)
            }
            (None, None) => {
                return Err(Issue::custom(
                    "Required for a user that is new",
                    at("is_service_account"),
                ));
            }
        };
        for id in self.tokens.iter().filter_map(|token| token.id) {
            if *owners.entry(id).or_insert(account.id) != account.id {
                return Err(Issue::custom(
                    "A token of another user has one of these ids",
                    at("tokens"),
                ));
            }
        }
        replace(&mut account.is_deprovisioned, self.is_deprovisioned);
        replace(&mut account.email, self.email);
        replace(&mut account.roles, self.roles);
        replace(
            &mut account.ducklings,
            self.ducklings.map(DucklingConfig::filled_in),
        );
        account.first_name = self.first_name.or(account.first_name);
        account.last_name = self.last_name.or(account.last_name);
        organization.change(Change::PutAccount(account.without_tokens()));
        for token in self.tokens {
            let token = token.into_token(organization.next_serial(), now);
            organization.put_token(&account.username, token);
        }
        Ok(())
    }
}

impl SeedToken {
    /// The secret is unknown: a seeded token can be listed and revoked, but not used.
    fn into_token(self, serial: u64, now: Timestamp) -> Token {
        Token {
            id: self.id.unwrap_or_else(Uuid::new_v4),
            name: self.name,
            description: self.description,
            kind: self.kind,
            created: self.created.unwrap_or(now),
            expires: self.expires,
            digest: Digest::random(),
            serial,
        }
    }
}

fn replace<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::behaviour::Behaviour;
    use crate::state::{ADMIN_USERNAME, Role};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn organization() -> Organization {
        Organization::new(Behaviour::default(), "secret", NOW)
    }

    fn error_of(seed: &Value) -> String {
        let mut organization = organization();
        SeedError::invalid(&apply(seed, &mut organization, NOW).unwrap_err()).to_string()
    }

    #[test]
    fn seed_adds_and_updates_only_its_objects() {
        let mut organization = organization();
        let id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
        let seed = json!({ "users": [
            { "username": "grace.hopper", "is_service_account": false, "first_name": "Grace", "roles": ["builder"],
              "tokens": [{ "id": id, "name": "MotherDuck Extension", "expire_at": "2030-01-01T00:00:00Z" }] },
        ] });
        apply(&seed, &mut organization, NOW).unwrap();
        let change = json!({ "users": [{ "username": "GRACE.hopper", "is_deprovisioned": true }] });
        apply(&change, &mut organization, NOW).unwrap();
        apply(&seed, &mut organization, NOW).unwrap();
        let grace = organization.find("grace.hopper").unwrap();
        assert_eq!(grace.username, "grace.hopper");
        assert_eq!(grace.first_name.as_deref(), Some("Grace"));
        assert_eq!(grace.roles, [Role::Builder]);
        assert!(grace.is_deprovisioned);
        assert_eq!(
            grace.tokens.len(),
            1,
            "tokens with the same id are the same token"
        );
        assert!(organization.find(ADMIN_USERNAME).is_some());
    }

    #[test]
    fn seed_replaces_running_ducklings_per_account() {
        let mut organization = organization();
        organization.create_service_account("svc".into()).unwrap();
        let running = |ducklings: Value| json!({ "running_ducklings": [{ "username": "SVC", "ducklings": ducklings }] });
        let pool = json!([
            { "id": "rw", "type": "read_write", "status": "active" },
            { "id": "rs.2", "type": "read_scaling", "status": "cooldown" },
        ]);
        apply(&running(pool), &mut organization, NOW).unwrap();
        let numbers: Vec<Option<u32>> = organization
            .find("svc")
            .unwrap()
            .running
            .iter()
            .map(|duckling| duckling.number)
            .collect();
        assert_eq!(numbers, [None, Some(2)]);
        apply(&running(json!([])), &mut organization, NOW).unwrap();
        assert!(organization.active_accounts().is_empty());
    }

    #[test]
    fn invalid_seed_changes_nothing() {
        let mut organization = organization();
        let seed = json!({
            "users": [{ "username": "svc", "is_service_account": true }],
            "running_ducklings": [{ "username": "nobody", "ducklings": [] }],
        });
        apply(&seed, &mut organization, NOW).unwrap_err();
        assert!(organization.find("svc").is_none());
    }

    #[test]
    fn seed_error_contains_path_and_reason() {
        for (seed, expected) in [
            (json!([]), "Expected object, received array"),
            (json!({ "user": [] }), "Unrecognized key(s) in object: 'user'"),
            (json!({ "users": [{}] }), "users.0.username: Required"),
            (
                json!({ "users": [{ "username": "x" }] }),
                "users.0.is_service_account: Required for a user that is new",
            ),
            (
                json!({ "users": [{ "username": "x", "is_service_account": true, "roles": ["Admin"] }] }),
                "users.0.roles.0: Invalid enum value. Expected 'admin' | 'builder' | 'explorer', received 'Admin'",
            ),
            (
                json!({ "users": [{ "username": "x", "is_service_account": true, "tokens": [{ "name": "n", "token": "s" }] }] }),
                "users.0.tokens.0: Unrecognized key(s) in object: 'token'",
            ),
            (
                json!({ "users": [{ "username": "x", "is_service_account": true, "tokens": [{ "name": "n", "expire_at": "soon" }] }] }),
                "users.0.tokens.0.expire_at: Invalid RFC 3339 time",
            ),
            (
                json!({ "dives": [{ "id": "sales" }] }),
                "dives.0.id: Invalid uuid",
            ),
            (
                json!({ "running_ducklings": [{ "username": "nobody", "ducklings": [] }] }),
                "running_ducklings.0.username: No such user, and none in this seed",
            ),
            (
                json!({ "running_ducklings": [{ "username": "u", "ducklings": [{ "id": "rs.", "type": "read_scaling", "status": "active" }] }] }),
                "running_ducklings.0.ducklings.0.id: Expected 'rw', or 'rs.' and a number",
            ),
            (
                json!({ "running_ducklings": [{ "username": "u", "ducklings": [{ "id": "rs.01", "type": "read_scaling", "status": "active" }] }] }),
                "running_ducklings.0.ducklings.0.id: Expected 'rw', or 'rs.' and a number",
            ),
            (
                json!({ "running_ducklings": [{ "username": "u", "ducklings": [
                    { "id": "rw", "type": "read_write", "status": "active" },
                    { "id": "rw", "type": "read_write", "status": "cooldown" },
                ] }] }),
                "running_ducklings.0.ducklings.1: Another one of this account has the same id",
            ),
            (
                json!({ "running_ducklings": [{ "username": "u", "ducklings": [{ "id": "rw", "type": "read_scaling", "status": "active" }] }] }),
                "running_ducklings.0.ducklings.0.type: Does not go with the id",
            ),
        ] {
            assert_eq!(error_of(&seed), format!("the seed is not valid: {expected}"));
        }
    }

    #[test]
    fn repeated_token_id_in_a_seed_is_an_error() {
        let token = json!({ "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "n" });
        let seed = json!({ "users": [
            { "username": "one", "is_service_account": true, "tokens": [token] },
            { "username": "two", "is_service_account": true, "tokens": [token] },
        ] });
        assert_eq!(
            error_of(&seed),
            "the seed is not valid: users.1.tokens: A token of another user has one of these ids"
        );
    }
}
