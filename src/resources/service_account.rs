//! `motherduck_service_account`: a non-human user.

mod create;
mod moves;

use std::ops::ControlFlow;

use async_trait::async_trait;

use crate::api::{Client, Error, UserFilter};
use crate::framework::{
    ApplyError, ApplyResult, Block, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Field,
    ImportRequest, Model, Path, PlanRequest, PlanResponse, Private, ReadResponse, Resource, ResourceState,
    ResourceWithDestroyPlan, ResourceWithImport, ResourceWithMoves, StateMover, UpdateRequest, model,
};
use crate::motherduck::settle::{READ_DELAY, until_decided, wait_before_second_look};
use crate::motherduck::{ProviderData, account_name, errors};

/// The key in planned private state for the protection of an object that the plan may replace: the plan of
/// the new object has no other information about it.
const PROTECTED: &str = "deletion_protection";

model! {
    /// A MotherDuck service account: a non-human user of the organization with its own access tokens,
    /// Ducklings and data. Creating one requires the Admin role. An existing account is never adopted without
    /// an import.
    #[schema(version = 1)]
    pub(crate) struct State {
        /// Name of the account: 3 to 255 letters, digits and underscores, starting with a letter. Unique in
        /// the organization; letter case does not matter. An account cannot be renamed, so a change replaces
        /// the account.
        #[attribute(with(account_name::resource_rules), validator(account_name::creatable()))]
        username: String,
        /// Protects the account: while this is `true` in the state, a plan that would delete or replace the
        /// account fails. Set it to `false` and apply before you destroy the account. Defaults to `true`. A
        /// tainted account is an exception: its plan shows a replacement, and the apply fails without deleting
        /// the account, but can revoke tokens and reset Ducklings of the same plan before; run `terraform
        /// untaint` instead. OpenTofu's `lifecycle { destroy = false }` removes the account from the state at
        /// a destroy without a call to the provider; a changed `username` still fails.
        #[attribute(default(true))]
        deletion_protection: bool,
        /// The username. Refer to `id` instead of `username` where the account has to exist first.
        #[attribute(computed, use_state_for_unknown)]
        id: String,
    }
}

impl State {
    /// Returns the state of an imported account.
    pub(crate) fn imported(username: String) -> Self {
        State {
            username: Field::Known(username.clone()),
            deletion_protection: Field::Known(true),
            id: Field::Known(username),
        }
    }
}

/// The resource `motherduck_service_account`.
pub(super) struct ServiceAccountResource {
    provider_data: ProviderData,
}

impl ServiceAccountResource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        ServiceAccountResource { provider_data }
    }

    /// Deletes an account. If it does not exist, this is a success. A 404 alone does not prove that: while
    /// the account is found, the request is repeated for 10 seconds.
    async fn delete_account(&self, client: &Client, username: &str) -> Result<(), Error> {
        let error = match client.delete_user(username).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_gone() => error,
            Err(error) => return Err(error),
        };
        if self.provider_data.recent().is_account_deleted(username) {
            return Ok(());
        }
        if !wait_before_second_look(client).await {
            return Err(error);
        }
        let look = || async {
            match client.find_user(username).await {
                Ok(_) => {}
                Err(error) if error.is_gone() => return ControlFlow::Break(Ok(())),
                Err(error) => return ControlFlow::Break(Err(error)),
            }
            match client.delete_user(username).await {
                Ok(_) => ControlFlow::Break(Ok(())),
                Err(error) if error.is_gone() => ControlFlow::Continue(error),
                Err(error) => ControlFlow::Break(Err(error)),
            }
        };
        match until_decided(client, READ_DELAY, look).await {
            Ok(decided) => decided,
            Err(last) => Err(last.unwrap_or(error)),
        }
    }
}

/// Whether the account is protected. Every value except `false` protects, so that a state without the
/// attribute does not lead to a deletion.
fn is_protected(state: &State) -> bool {
    state.deletion_protection != Field::Known(false)
}

/// Returns the username for a message; requests use [`errors::required_key`].
fn username_of(state: &State) -> &str {
    state.username.text().unwrap_or("?")
}

/// How to remove the account from the state without deleting it.
const FORGET: &str = "To keep the account and no longer manage it: `terraform state rm` (`tofu state rm`) \
                      with the address of the resource, which works for a single instance of `count` or \
                      `for_each` too; or, for the whole resource, a `removed` block with `lifecycle { \
                      destroy = false }`. In OpenTofu, `lifecycle { destroy = false }` in the resource \
                      itself does the same at its destroy.";

/// Returns the error that a plan would delete a protected account.
fn refusal(username: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Service account {username:?} is protected from deletion"),
        format!(
            "This plan would {what} the account, which revokes all its access tokens and deletes all data it \
             owns. That cannot be undone.\n\n\
             The state says `deletion_protection = true`, and the value in the state is used, even if the \
             configuration already says `false`. If you want to {what} the account: set `deletion_protection \
             = false` and apply that change first, without any other change to the account (a tainted \
             account needs `terraform untaint`, `tofu untaint`, before); then {what} it in a second run.\n\n\
             {FORGET}"
        ),
    )
    .at(Path::attribute("deletion_protection"))
}

impl Block for ServiceAccountResource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_service_account"
    }
}

#[async_trait]
impl Resource for ServiceAccountResource {
    fn plan(&self, mut request: PlanRequest<State>) -> Result<PlanResponse<State>, Diagnostics> {
        match &request.prior {
            Some(prior) if is_protected(prior) && !request.replace.is_empty() => {
                return Err(refusal(username_of(prior), "replace").into());
            }
            Some(prior) => request.private.set(PROTECTED, &is_protected(prior)),
            // The second plan of a replacement that the user requested, which the first plan did not know of.
            None if request.private.flag(PROTECTED) => {
                return Err(refusal(username_of(&request.config), "replace").into());
            }
            None => request.private.remove(PROTECTED),
        }
        Ok(PlanResponse::proposed(request))
    }

    async fn create(&self, request: CreateRequest<State>) -> ApplyResult<State> {
        let client = self.provider_data.client().await?;
        let username = errors::required_key(&request.planned.username, "username")?.to_owned();
        let stored = create::account(&client, &username).await?;
        self.provider_data.recent().account_created(&stored);
        let state = State {
            username: Field::Known(stored.clone()),
            id: Field::Known(stored.clone()),
            ..request.planned
        };
        let state = ResourceState::new(state, Private::new());
        if stored == username {
            return Ok(state);
        }
        Err(ApplyError {
            diagnostics: create::stored_otherwise(&username, &stored),
            kept: Some(state),
        })
    }

    async fn read(&self, request: ResourceState<State>) -> Result<ReadResponse<State>, Diagnostics> {
        let client = self.provider_data.client().await?;
        let username = errors::required_key(&request.state.username, "username")?;
        match self.provider_data.find_account(&client, username).await {
            Ok(()) => {
                // A state of another provider may have another id.
                let id = Field::Known(username.to_owned());
                let state = State { id, ..request.state };
                Ok(ReadResponse::Found(ResourceState::new(state, request.private)))
            }
            Err(error) if error.is_gone() => {
                let summary = "A service account is gone and was removed from the state";
                let what = format!("Service account {username:?}");
                let reason = errors::cause_with_url(&error);
                let warning = errors::removed_from_state(summary, &what, &reason);
                Ok(ReadResponse::Gone(warning.into()))
            }
            Err(error) => {
                let summary = format!("Service account {username:?} could not be read");
                Err(errors::failure(&summary, &error, &State::attributes()))
            }
        }
    }

    async fn update(&self, request: UpdateRequest<State>) -> ApplyResult<State> {
        // Only `deletion_protection` can change in place, which the API does not have.
        Ok(ResourceState::new(request.planned, Private::new()))
    }

    async fn delete(&self, request: DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        let username = errors::required_key(&request.prior.username, "username")?;
        if is_protected(&request.prior) {
            return Err(Diagnostic::error(
                format!("Service account {username:?} is protected from deletion"),
                format!(
                    "The account was not deleted: the state says `deletion_protection = true`, and its \
                     deletion would revoke all its tokens and delete all data it owns. Tokens that the same \
                     plan revokes, and Ducklings that it resets, may be gone already: the next plan creates \
                     them again.\n\n\
                     A plan refuses this deletion, unless the account is marked as tainted: then the plan \
                     does not see its state. To keep the account, run `terraform untaint` (`tofu untaint`) \
                     with the address of this resource. To delete it, untaint it, set `deletion_protection = \
                     false`, apply, and then destroy it.\n\n\
                     {FORGET}"
                ),
            )
            .at(Path::attribute("deletion_protection"))
            .into());
        }
        let client = self.provider_data.client().await?;
        self.delete_account(&client, username).await.map_err(|error| {
            let summary = format!("Service account {username:?} could not be deleted");
            errors::failure(&summary, &error, &State::attributes())
        })?;
        self.provider_data.account_deleted(username);
        Ok(Diagnostics::new())
    }
}

#[async_trait]
impl ResourceWithImport for ServiceAccountResource {
    async fn import(&self, request: ImportRequest<State>) -> Result<ResourceState<State>, Diagnostics> {
        let requested = match request {
            ImportRequest::Id(id) => account_name::from_import_id(id, "analytics_service_account")?,
            ImportRequest::Identity(identity) => account_name::from_identity(&identity.username)?.to_owned(),
        };
        let client = self.provider_data.client().await?;
        let (username, warnings) = find_service_account(&client, &requested).await?;
        match client.find_user(&username).await {
            Ok(_) => {}
            Err(error) if error.is_gone() => {
                let what = format!("service account {requested:?}");
                return Err(errors::not_found_on_import(&what, &error));
            }
            Err(error) => return Err(not_imported(&requested, &error)),
        }
        Ok(ResourceState {
            state: State::imported(username),
            private: Private::new(),
            warnings,
        })
    }
}

impl ResourceWithDestroyPlan for ServiceAccountResource {
    fn plan_destroy(&self, request: &DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        if is_protected(&request.prior) {
            return Err(refusal(username_of(&request.prior), "destroy").into());
        }
        Ok(Diagnostics::new())
    }
}

impl ResourceWithMoves for ServiceAccountResource {
    fn moves(&self) -> Vec<StateMover<State>> {
        moves::moves()
    }
}

/// Finds an account to import and the API's spelling of its name. A human member is an error, because
/// destroying the resource would delete a person's data. If the API cannot list users, there is only a
/// warning.
async fn find_service_account(client: &Client, username: &str) -> Result<(String, Diagnostics), Diagnostics> {
    let users = match client.users(UserFilter::default()).await {
        Ok(users) => users.body,
        Err(error) if error.is_unrouted() => {
            let why = format!("This API cannot list users. {}", errors::cause(&error));
            return Ok((username.to_owned(), unchecked(username, &why)));
        }
        Err(error) => return Err(not_imported(username, &error)),
    };
    let mut users = users.into_iter();
    match users.find(|user| account_name::same(&user.username, username)) {
        Some(user) if !user.is_service_account => Err(Diagnostic::error(
            format!("{username:?} is a human member, not a service account"),
            "It was not imported: destroying the resource would delete a person's account and all data it \
             owns. Tokens and Ducklings of a human member can be managed with `motherduck_token` and \
             `motherduck_ducklings`.",
        )
        .into()),
        Some(user) => Ok((user.username, Diagnostics::new())),
        // An account may be missing from the listing, so the next request checks whether it exists.
        None => Ok((
            username.to_owned(),
            unchecked(username, "The API's list of users does not have it."),
        )),
    }
}

fn unchecked(username: &str, why: &str) -> Diagnostics {
    Diagnostic::warning(
        "It was not checked that the account is a service account",
        format!(
            "It could not be checked that {username:?} is a service account. {why}\n\n\
             Make sure that {username:?} is not a human member: destroying the resource deletes the user and \
             all data it owns."
        ),
    )
    .into()
}

fn not_imported(username: &str, error: &Error) -> Diagnostics {
    let summary = format!("Service account {username:?} could not be imported");
    errors::failure(&summary, error, &State::attributes())
}
