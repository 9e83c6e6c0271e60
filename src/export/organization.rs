//! The content of an export: the accounts of an organization with their tokens and Ducklings, as arguments of
//! resources.

use std::collections::HashSet;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use crate::api::{self, Client, Error, Reply, User, UserFilter};
use crate::framework::{Diagnostic, Diagnostics, IntoValue, Members, RegisteredResource, Registry};
use crate::motherduck::{ProviderData, account_name, errors, token_checks};
use crate::resources::{self, ducklings, service_account, token};

/// The number of accounts that are read in parallel.
const PARALLEL_READS: usize = 16;

/// An example of a username in an import id.
const EXAMPLE_USERNAME: &str = "analytics_service_account";

/// An organization, or the selected part of it.
#[derive(Debug)]
pub(super) struct Organization {
    /// The accounts, sorted by username.
    pub(super) accounts: Vec<ExportedAccount>,
    pub(super) omitted: Omitted,
    /// Whether the API has no list of users, so that human members cannot be recognized.
    pub(super) is_unchecked: bool,
}

/// One account, without the contents that cannot be configured.
#[derive(Debug)]
pub(super) struct ExportedAccount {
    pub(super) username: String,
    /// The account as a resource; `None` if the resource does not accept its name.
    pub(super) resource: Option<Object>,
    pub(super) ducklings: Option<Object>,
    /// The tokens, the oldest first.
    pub(super) tokens: Vec<ExportedToken>,
}

/// An importable object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) import_id: String,
    /// Null for arguments that are not written.
    pub(super) arguments: Members,
}

/// An importable token.
#[derive(Debug)]
pub(super) struct ExportedToken {
    pub(super) object: Object,
    pub(super) name: String,
    pub(super) created_ts: String,
    pub(super) expire_at: Option<String>,
}

/// The numbers of omitted objects.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Omitted {
    pub(super) humans: usize,
    pub(super) deprovisioned: usize,
    /// Accounts whose name is not valid in an import id. Nothing of them is written.
    pub(super) not_importable: usize,
    /// Accounts whose name the resource does not accept. Their tokens and Ducklings are written.
    pub(super) not_configurable: usize,
    pub(super) tokens: usize,
    pub(super) ducklings: usize,
    /// Accounts that were deleted while they were read.
    pub(super) deleted: usize,
}

/// The resource types.
pub(super) struct ResourceTypes {
    pub(super) account: RegisteredResource,
    pub(super) token: RegisteredResource,
    pub(super) ducklings: RegisteredResource,
}

impl ResourceTypes {
    pub(super) fn new(provider_data: &ProviderData) -> Result<Self, Diagnostics> {
        let mut registry = Registry::default();
        resources::register(&mut registry, provider_data);
        Ok(ResourceTypes {
            account: registry.take_resource("motherduck_service_account")?,
            token: registry.take_resource("motherduck_token")?,
            ducklings: registry.take_resource("motherduck_ducklings")?,
        })
    }
}

/// Returns the object of a resource, if it can be configured.
fn exported_object(
    resource: &RegisteredResource,
    import_id: String,
    state: impl IntoValue,
) -> Option<Object> {
    let arguments = resource.generate_config(state).ok()?;
    Some(Object { import_id, arguments })
}

impl Organization {
    /// Reads these accounts, or every service account if the list is empty. Any failed read is an error,
    /// because an export must be complete.
    pub(super) async fn read(
        client: &Client,
        types: &ResourceTypes,
        usernames: &[String],
    ) -> Result<Self, Diagnostics> {
        let mut omitted = Omitted::default();
        let (selected, is_unchecked) = match client.users(UserFilter::default()).await {
            Ok(users) => (select(users.body, usernames, &mut omitted)?, false),
            Err(error) if error.is_unrouted() && !usernames.is_empty() => (without_repeats(usernames), true),
            Err(error) => return Err(listing_failed(&error)),
        };
        let names_given = !usernames.is_empty();
        let mut read = stream::iter(selected)
            .map(|username| read_account(client, username, names_given))
            .buffered(PARALLEL_READS);
        let mut accounts = Vec::new();
        while let Some(account) = read.try_next().await? {
            match account {
                Some(account) => accounts.extend(exported_account(types, account, &mut omitted)),
                None => omitted.deleted += 1,
            }
        }
        accounts.sort_by_cached_key(|account| account_name::folded(&account.username));
        Ok(Organization {
            accounts,
            omitted,
            is_unchecked,
        })
    }
}

/// Returns the usernames of the selected service accounts among these users.
fn select(users: Vec<User>, wanted: &[String], omitted: &mut Omitted) -> Result<Vec<String>, Diagnostics> {
    let has_name = |user: &User, username: &str| account_name::same(username, &user.username);
    let is_missing = |username: &&String| !users.iter().any(|user| has_name(user, username));
    if let Some(username) = wanted.iter().find(is_missing) {
        return Err(Diagnostic::error(
            no_user_summary(username),
            "The API's list of users does not have it. Nothing was exported. Check the name, and that the \
             access token belongs to the right organization.",
        )
        .into());
    }
    let is_wanted = |user: &User| wanted.is_empty() || wanted.iter().any(|username| has_name(user, username));
    let mut selected = Vec::new();
    for user in users.into_iter().filter(is_wanted) {
        if !user.is_service_account {
            omitted.humans += 1;
        } else if user.is_deprovisioned {
            omitted.deprovisioned += 1;
        } else {
            selected.push(user.username);
        }
    }
    Ok(selected)
}

fn without_repeats(usernames: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let first = usernames
        .iter()
        .filter(|username| seen.insert(account_name::folded(username)));
    first.cloned().collect()
}

/// An account as the API returns it.
struct ReadAccount {
    username: String,
    tokens: Reply<Vec<api::Token>>,
    ducklings: api::Ducklings,
}

/// Reads one account; `None` if it no longer exists and was not selected by name.
async fn read_account(
    client: &Client,
    username: String,
    is_named: bool,
) -> Result<Option<ReadAccount>, Diagnostics> {
    let (tokens, ducklings) = tokio::join!(client.tokens(&username), client.ducklings(&username));
    let (what, error) = match (tokens, ducklings) {
        (Ok(tokens), Ok(ducklings)) => {
            let ducklings = ducklings.body;
            return Ok(Some(ReadAccount {
                username,
                tokens,
                ducklings,
            }));
        }
        // An error that does not show whether the account exists is reported before one that shows that it does not.
        (Err(error), Err(other)) if !error.is_gone() || other.is_gone() => ("tokens", error),
        (_, Err(error)) => ("Ducklings", error),
        (Err(error), Ok(_)) => ("tokens", error),
    };
    if !error.is_gone() {
        let summary = format!("The {what} of {username:?} could not be read");
        Err(errors::failure(&summary, &error, &[]))
    } else if is_named {
        let advice = "Nothing was exported. Check the name, and that the access token belongs to the right \
                      organization.";
        Err(errors::failure_with(
            &no_user_summary(&username),
            &error,
            advice,
            &[],
        ))
    } else {
        Ok(None)
    }
}

/// Returns the summary of the error about a name that no user has.
fn no_user_summary(username: &str) -> String {
    format!("There is no user {username:?}")
}

/// Returns the parts of an account that can be written; `None` if there are none.
fn exported_account(
    types: &ResourceTypes,
    read: ReadAccount,
    omitted: &mut Omitted,
) -> Option<ExportedAccount> {
    let ReadAccount {
        username,
        tokens,
        ducklings,
    } = read;
    let Ok(import_id) = account_name::from_import_id(username.clone(), EXAMPLE_USERNAME) else {
        omitted.not_importable += 1;
        return None;
    };
    let state = service_account::State::imported(username.clone());
    let resource = exported_object(&types.account, import_id.clone(), state);
    omitted.not_configurable += usize::from(resource.is_none());
    let state = ducklings::State::imported(username.clone(), Some(&ducklings));
    let ducklings = exported_object(&types.ducklings, import_id, state);
    omitted.ducklings += usize::from(ducklings.is_none());

    let now = tokens.date.unwrap_or_else(Timestamp::now);
    let mut listed = tokens.body;
    token_checks::oldest_first(&mut listed);
    let count = listed.len();
    let tokens: Vec<ExportedToken> = listed
        .into_iter()
        .filter_map(|listed| exported_token(types, &username, listed, now))
        .collect();
    omitted.tokens += count - tokens.len();
    Some(ExportedAccount {
        username,
        resource,
        ducklings,
        tokens,
    })
}

/// Returns a token that can be imported and configured.
fn exported_token(
    types: &ResourceTypes,
    username: &str,
    listed: api::Token,
    now: Timestamp,
) -> Option<ExportedToken> {
    let import_id = token::import_id(username, &listed.id)?;
    let state = token::imported(username, &listed, now).ok()?.state;
    let object = exported_object(&types.token, import_id, state)?;
    Some(ExportedToken {
        object,
        name: listed.name.unwrap_or_default(),
        created_ts: listed.created_ts,
        expire_at: listed.expire_at,
    })
}

fn listing_failed(error: &Error) -> Diagnostics {
    let summary = "The users of the organization could not be listed";
    if !error.is_unrouted() {
        return errors::failure(summary, error, &[]);
    }
    let advice =
        "This API has no list of users yet, so the accounts have to be named: give each with `--username`.";
    errors::failure_with(summary, error, advice, &[])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{FakeResponse, Script, not_found, status};

    fn user(username: &str, is_service_account: bool, is_deprovisioned: bool) -> User {
        User {
            id: username.to_owned(),
            username: username.to_owned(),
            email: None,
            first_name: None,
            last_name: None,
            is_service_account,
            is_deprovisioned,
            roles: Vec::new(),
        }
    }

    fn users() -> Vec<User> {
        vec![
            user("svc", true, false),
            user("ada.lovelace", false, false),
            user("old", true, true),
            user("gone.person", false, true),
        ]
    }

    #[test]
    fn select_counts_humans_and_deprovisioned_accounts() {
        let mut omitted = Omitted::default();
        assert_eq!(select(users(), &[], &mut omitted).unwrap(), ["svc"]);
        assert_eq!((omitted.humans, omitted.deprovisioned), (2, 1));
    }

    #[test]
    fn select_selects_named_accounts_regardless_of_case() {
        let mut omitted = Omitted::default();
        let wanted = ["SVC".to_owned(), "Ada.Lovelace".to_owned()];
        assert_eq!(select(users(), &wanted, &mut omitted).unwrap(), ["svc"]);
        assert_eq!((omitted.humans, omitted.deprovisioned), (1, 0));
        let errors = select(users(), &["nobody".to_owned()], &mut omitted).unwrap_err();
        assert!(errors.iter().any(|error| error.summary.contains("\"nobody\"")));
        assert_eq!(without_repeats(&["a".into(), "A".into(), "b".into()]), ["a", "b"]);
    }

    /// Reads an API that lists one account and has these responses about its tokens and Ducklings.
    async fn read(
        tokens: FakeResponse,
        ducklings: FakeResponse,
        usernames: &[&str],
    ) -> Result<Organization, Diagnostics> {
        let listed = json!({
            "id": "1", "username": "svc", "is_service_account": true, "is_deprovisioned": false, "roles": [],
        });
        let script = Script::new()
            .respond(status(200).json(&json!({ "users": [listed], "total_count": 1 })))
            .respond(tokens)
            .respond(ducklings);
        let usernames: Vec<String> = usernames.iter().map(|&name| name.to_owned()).collect();
        let types = ResourceTypes::new(&ProviderData::default())?;
        Organization::read(&script.client(), &types, &usernames).await
    }

    #[tokio::test]
    async fn account_deleted_during_read_is_an_error_only_if_named() {
        let no_tokens = || status(200).json(&json!({ "tokens": [] }));
        let organization = read(no_tokens(), not_found(), &[]).await.unwrap();
        assert!(organization.accounts.is_empty());
        assert_eq!(organization.omitted.deleted, 1);

        let errors = read(no_tokens(), not_found(), &["svc"]).await.unwrap_err();
        assert!(
            errors
                .iter()
                .any(|error| error.summary == "There is no user \"svc\""),
            "{errors:?}"
        );
        // A 404 without the code does not show whether the account exists.
        read(status(404).text("Not Found"), not_found(), &[])
            .await
            .unwrap_err();
    }

    #[tokio::test]
    async fn read_counts_objects_with_invalid_values() {
        let token = |id: &str, name: &str, token_type: &str| {
            json!({ "id": id, "name": name, "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
                    "token_type": token_type })
        };
        let tokens = json!({ "tokens": [
            token("a", "good", "READ_WRITE"),
            token("b", "odd type", "read_sometimes"),
            token("c/d", "odd id", "read_write"),
            token("e", "MotherDuck Flights", "read_write"),
        ] });
        let ducklings = json!({
            "read_write": { "instance_size": "tera" },
            "read_scaling": { "instance_size": "pulse", "flock_size": 65 },
        });
        let organization = read(status(200).json(&tokens), status(200).json(&ducklings), &[])
            .await
            .unwrap();
        assert_eq!(organization.omitted.tokens, 3);
        let [account] = organization.accounts.as_slice() else {
            panic!("{organization:?}");
        };
        assert_eq!(account.tokens.len(), 1);
        assert_eq!(account.tokens[0].object.import_id, "svc/a");
        // A part that cannot be configured keeps its value if it is unset.
        let ducklings = &account.ducklings.as_ref().unwrap().arguments;
        assert!(!ducklings["read_write"].is_null() && ducklings["read_scaling"].is_null());
    }
}
