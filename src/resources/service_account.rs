//! `motherduck_service_account`: a user that is no human.

mod moves;

use async_trait::async_trait;

use crate::api::{Client, Error, UserFilter};
use crate::framework::{
    Attribute, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Field, IdentityAttribute, Import, Move,
    Outcome, Path, Plan, PlanRequest, Private, Read, Resource, Schema, Stored, UpdateRequest, Value, model,
};
use crate::motherduck::explain::{self, gone};
use crate::motherduck::{Connection, account_name};

/// The name in private state under which a plan leaves the protection of the object that it may replace:
/// the plan of its successor sees nothing else of it.
const PROTECTED: &str = "deletion_protection";

model! {
    /// A service account as Terraform sees it.
    pub(crate) struct State {
        username: String,
        deletion_protection: bool,
        id: String,
    }
}

impl State {
    /// An account that is taken over.
    pub(crate) fn imported(username: String) -> Self {
        State {
            username: Field::Known(username.clone()),
            deletion_protection: Field::Known(true),
            id: Field::Known(username),
        }
    }
}

/// The resource `motherduck_service_account`.
pub(super) struct ServiceAccount {
    connection: Connection,
}

impl ServiceAccount {
    pub(super) fn new(connection: Connection) -> Self {
        ServiceAccount { connection }
    }
}

/// Anything but a plain `false` protects: a state that lost the attribute must not cost an account.
fn is_protected(state: &State) -> bool {
    state.deletion_protection != Field::Known(false)
}

/// The username for a text; what is asked of the API goes by [`explain::key`].
fn shown(state: &State) -> &str {
    state.username.text().unwrap_or("?")
}

/// The refusal to plan the end of a protected account.
fn refusal(username: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Service account {username:?} is protected from deletion"),
        format!(
            "This plan would {what} the account, which revokes all its access tokens and deletes all data it \
             owns. That cannot be undone.\n\n\
             If you want that: set `deletion_protection = false` and apply that change first (a tainted \
             account needs `terraform untaint` before); then {what} the account in a second run. To keep the \
             account but have Terraform forget it, use a `removed` block with `lifecycle {{ destroy = false \
             }}` or `terraform state rm`."
        ),
    )
    .at(Path::attribute("deletion_protection"))
}

#[async_trait]
impl Resource for ServiceAccount {
    type State = State;

    fn type_name(&self) -> &'static str {
        "motherduck_service_account"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 1,
            description: "A MotherDuck service account: a user of the organization that is no human, with \
                its own access tokens, Ducklings and data. Creating one needs the Admin role.",
            attributes: vec![
                account_name::attribute(account_name::creatable()).description(
                    "Name of the account: 3 to 255 characters, first a letter, then letters, digits and \
                     underscores. Unique in the organization without regard to letter case. An account \
                     cannot be renamed: another name is another account.",
                ),
                Attribute::bool("deletion_protection")
                    .default(Value::Bool(true))
                    .description(
                        "While this is `true` in the state, a plan that would delete or replace the account \
                         fails. Set it to `false` and apply before you destroy the account. Defaults to \
                         `true`.",
                    ),
                account_name::id_attribute().description(
                    "The username. Refer to it rather than to `username` where the account has to exist \
                     first.",
                ),
            ],
        }
    }

    fn plan(&self, mut request: PlanRequest<State>) -> Result<Plan<State>, Diagnostics> {
        match &request.prior {
            Some(prior) if is_protected(prior) && !request.replace.is_empty() => {
                return Err(refusal(shown(prior), "replace").into());
            }
            Some(prior) => request.private.set(PROTECTED, &is_protected(prior)),
            // The second plan of a replacement that the user asked for: the first one could not know.
            None if request.private.flag(PROTECTED) => {
                return Err(refusal(shown(&request.config), "replace").into());
            }
            None => request.private.remove(PROTECTED),
        }
        Ok(Plan::proposed(request))
    }

    fn plan_destroy(&self, request: &DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        if is_protected(&request.prior) {
            return Err(refusal(shown(&request.prior), "destroy").into());
        }
        Ok(Diagnostics::new())
    }

    async fn create(&self, request: CreateRequest<State>) -> Outcome<State> {
        let client = self.connection.client().await?;
        let username = explain::key(&request.planned.username, "username")?.to_owned();
        if let Err(error) = client.create_service_account(&username).await {
            return Err(explain_create(&client, &username, &error).await.into());
        }
        self.connection.recent().account_created(&username);
        let id = Field::Known(username);
        Ok(Stored::new(
            State {
                id,
                ..request.planned
            },
            Private::new(),
        ))
    }

    async fn read(&self, request: Stored<State>) -> Result<Read<State>, Diagnostics> {
        let client = self.connection.client().await?;
        let username = explain::key(&request.state.username, "username")?;
        match self.connection.find_account(&client, username).await {
            Ok(()) => {
                // A state that another provider has written may have another id.
                let id = Field::Known(username.to_owned());
                let state = State { id, ..request.state };
                Ok(Read::Found(Stored::new(state, request.private)))
            }
            Err(error) if error.is_gone() => Ok(Read::Gone(
                gone(&format!("Service account {username:?}"), &error).into(),
            )),
            Err(error) => Err(explain::failure(
                &format!("Service account {username:?} could not be read"),
                &error,
            )),
        }
    }

    async fn update(&self, request: UpdateRequest<State>) -> Outcome<State> {
        // Only the protection can change in place, and the API knows nothing of it.
        Ok(Stored::new(request.planned, Private::new()))
    }

    async fn delete(&self, request: DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        let username = explain::key(&request.prior.username, "username")?;
        if is_protected(&request.prior) {
            return Err(Diagnostic::error(
                format!("Service account {username:?} is protected from deletion"),
                "Nothing was deleted. The state says `deletion_protection = true`, and deleting the account \
                 would revoke all its tokens and delete all data it owns. A plan refuses that; it comes this \
                 far only if the account is marked as tainted, which hides its state from the plan.\n\n\
                 To keep the account, run `terraform untaint` with the address of this resource. To delete \
                 it all the same, untaint it, set `deletion_protection = false`, apply, and then destroy it.",
            )
            .at(Path::attribute("deletion_protection"))
            .into());
        }
        let client = self.connection.client().await?;
        match client.delete_user(username).await {
            Ok(_) => self.connection.recent().account_deleted(username),
            Err(error) if error.is_gone() => self.connection.recent().account_deleted(username),
            Err(error) => {
                return Err(explain::failure(
                    &format!("Service account {username:?} could not be deleted"),
                    &error,
                ));
            }
        }
        Ok(Diagnostics::new())
    }

    async fn import(&self, what: Import<State>) -> Result<Stored<State>, Diagnostics> {
        let asked = match what {
            Import::Id(id) => account_name::of_import_id(id, "analytics_service_account")?,
            Import::Identity(identity) => account_name::of_identity(&identity.username)?.to_owned(),
        };
        let client = self.connection.client().await?;
        let (username, warnings) = find_service_account(&client, &asked).await?;
        match client.find_user(&username).await {
            Ok(_) => {}
            Err(error) if error.is_gone() => {
                return Err(explain::not_there(&format!("service account {asked:?}"), &error));
            }
            Err(error) => return Err(not_imported(&asked, &error)),
        }
        Ok(Stored {
            state: State::imported(username),
            private: Private::new(),
            warnings,
        })
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![account_name::identity_attribute()]
    }

    fn moves(&self) -> Vec<Move<State>> {
        moves::moves()
    }
}

/// Says why an account was not created, and asks the API what is there: a name that is taken, or an account
/// that was made although the answer was lost.
async fn explain_create(client: &Client, username: &str, error: &Error) -> Diagnostics {
    let summary = format!("Service account {username:?} could not be created");
    let doubtful = error.outcome_unknown();
    if !(error.is_conflict() || doubtful) {
        return explain::failure(&summary, error);
    }
    match client.find_user(username).await {
        Ok(_) => {}
        Err(look) if look.is_gone() && doubtful => {
            return explain::advised(
                &summary,
                error,
                "It is not known whether the API carried this out, but there is no account of this name now. \
                 Apply again.",
            );
        }
        Err(_) => return explain::failure(&summary, error),
    }
    let (summary, story) = if doubtful {
        (
            format!("Service account {username:?} may have been created"),
            "An account of this name exists now. Whether this very request made it is not known, so it is \
             not in the state; it may have been there before.",
        )
    } else {
        (
            format!("Service account {username:?} exists already"),
            "The username is taken in this organization (letter case does not matter). An account that \
             exists is never taken over unasked.",
        )
    };
    let block = format!("import {{\n  to = motherduck_service_account.NAME\n  id = \"{username}\"\n}}");
    let detail = format!(
        "{story}\n\n\
         {}\n\n\
         If it is the account you mean, import it with this block, the name of your resource put in; \
         otherwise choose another username.\n\n\
         {block}\n\n\
         (or run `terraform import motherduck_service_account.NAME {username}`).\n\n\
         If this resource manages the account already (it is tainted, or replaced by `-replace`, and \
         `create_before_destroy` is in force), the two cannot exist side by side: keep it with `terraform \
         untaint`, or destroy it first.",
        explain::sentence(error)
    );
    Diagnostic::error(summary, detail)
        .at(Path::attribute("username"))
        .into()
}

/// Asks who an account to import is, and how the API spells its name. Refuses a human member: destroying
/// that resource would delete a person's data. An API that cannot list users leaves it at a warning.
async fn find_service_account(client: &Client, username: &str) -> Result<(String, Diagnostics), Diagnostics> {
    let users = match client.users(UserFilter::default()).await {
        Ok(users) => users.body,
        Err(error) if error.is_unrouted() => {
            let why = format!("{} This API cannot list users.", explain::sentence(&error));
            return Ok((username.to_owned(), unchecked(username, &why)));
        }
        Err(error) => return Err(not_imported(username, &error)),
    };
    match users
        .into_iter()
        .find(|user| account_name::same(&user.username, username))
    {
        Some(user) if !user.is_service_account => Err(Diagnostic::error(
            format!("{username:?} is a human member, not a service account"),
            "It was not imported: destroying the resource would delete a person's account and all data it \
             owns. Tokens and Ducklings of a human member can be managed with `motherduck_token` and \
             `motherduck_ducklings`.",
        )
        .into()),
        Some(user) => Ok((user.username, Diagnostics::new())),
        // The listing is no snapshot: whether the account exists is asked next.
        None => Ok((
            username.to_owned(),
            unchecked(username, "The API's list of users does not name it."),
        )),
    }
}

fn unchecked(username: &str, why: &str) -> Diagnostics {
    Diagnostic::warning(
        format!("It could not be checked that {username:?} is a service account"),
        format!(
            "{why}\n\n\
             Make sure that {username:?} is no human member: destroying the resource deletes the user and \
             all data it owns."
        ),
    )
    .into()
}

fn not_imported(username: &str, error: &Error) -> Diagnostics {
    explain::failure(
        &format!("Service account {username:?} could not be imported"),
        error,
    )
}
