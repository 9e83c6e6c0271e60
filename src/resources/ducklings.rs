//! `motherduck_ducklings`: the Ducklings of an account. They exist as long as the account does, so creating
//! this resource changes the existing configuration, and destroying it keeps or restores it.

mod apply;
mod compute;
mod moves;
mod original;
mod restore;
mod run_events;
mod sizes;
mod write;

use async_trait::async_trait;

use crate::api;
use crate::framework::{
    ApplyError, ApplyResult, Block, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Field,
    ImportRequest, Model, Path, PlanRequest, PlanResponse, Private, ReadResponse, Resource, ResourceState,
    ResourceWithDestroyPlan, ResourceWithImport, ResourceWithMoves, StateMover, UpdateRequest, model,
};
use crate::motherduck::duckling_blocks::{self, ReadScaling, ReadWrite};
use crate::motherduck::{ProviderData, account_name, errors};
use apply::WriteError;
use original::Original;
use restore::not_restored;
use run_events::{CreationTime, RunEvents};

model! {
    /// The Ducklings (compute sizes) of a user or service account. A block that is not configured is not
    /// managed: the provider leaves it unchanged, and the first plan shows it as known after apply. Every
    /// account has Ducklings, so destroying this resource only stops managing them; with `restore_on_destroy`
    /// it restores the previous configuration. Check the names of attributes inside the blocks: Terraform
    /// ignores a misspelled optional attribute there without an error.
    ///
    /// The API only updates both blocks together. If only one is managed, the provider sends the other one
    /// with its live values and reads the configuration back a second after the write. If a write from
    /// elsewhere (another resource, provider block, run or person) came between and the managed block differs
    /// from what was sent, the provider sends it once more with the new live values of the other block. If
    /// that happens again, the apply fails with an error. A concurrent write that the API does not show is
    /// drift, which the next refresh detects. A resource that manages both blocks needs none of this.
    ///
    /// Use one resource for each account, or two of which each manages one block. Two resources with the same
    /// block of the same account undo each other's change in every apply.
    #[schema(version = 1)]
    pub(crate) struct State {
        /// User or service account that the Ducklings belong to. For a service account of the same
        /// configuration refer to its `id`.
        #[attribute(with(account_name::resource_rules), validator(account_name::existing()))]
        username: String,
        /// The Duckling of read-write tokens. At least one of the two blocks is required.
        #[attribute(optional_computed, use_state_for_unknown)]
        read_write: ReadWrite,
        /// The pool of Ducklings of read-scaling tokens. At least one of the two blocks is required.
        #[attribute(optional_computed, use_state_for_unknown)]
        read_scaling: ReadScaling,
        /// With `true`, destroying restores the managed blocks to the values that were live before
        /// Terraform's first write; a block counts as managed from the first apply that changes the resource
        /// while the block is configured. With `false` (the default), destroying leaves the Ducklings
        /// unchanged, and the plan contains one warning about it. In OpenTofu, a `-replace` with `lifecycle {
        /// destroy = false }` loses the stored values: a later restore then sends the sizes that this
        /// resource set.
        #[attribute(default(false))]
        restore_on_destroy: bool,
        /// The username.
        #[attribute(computed, use_state_for_unknown)]
        id: String,
    }
}

impl State {
    /// Returns the state of an account's Ducklings for an import. `live` is `None` if only the account is
    /// needed.
    pub(crate) fn imported(username: String, live: Option<&api::Ducklings>) -> Self {
        let (read_write, read_scaling) = live.map(duckling_blocks::from_live).unwrap_or_default();
        State {
            username: Field::Known(username.clone()),
            read_write,
            read_scaling,
            restore_on_destroy: Field::Known(false),
            id: Field::Known(username),
        }
    }
}

/// The resource `motherduck_ducklings`.
pub(super) struct DucklingsResource {
    provider_data: ProviderData,
    run_events: RunEvents,
}

impl DucklingsResource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        DucklingsResource {
            provider_data,
            run_events: RunEvents::default(),
        }
    }
}

impl Block for DucklingsResource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_ducklings"
    }

    fn validate(&self, config: &State) -> Diagnostics {
        let mut found = Diagnostics::new();
        if config.read_write.is_null() && config.read_scaling.is_null() {
            found.push(Diagnostic::error(
                "No Ducklings to manage",
                "At least one of `read_write` and `read_scaling` must be set. A block that is left out is \
                 not managed.",
            ));
        }
        let blocks = [
            ("read_write", compute::has_pulse_cooldown(&config.read_write)),
            ("read_scaling", compute::has_pulse_cooldown(&config.read_scaling)),
        ];
        for (block, _) in blocks.into_iter().filter(|(_, broken)| *broken) {
            let path = Path::attribute(block).then("cooldown_seconds");
            found.push(
                Diagnostic::error(
                    "`cooldown_seconds` cannot be set with `pulse`",
                    format!(
                        "`{path}` cannot be set with `instance_size = \"pulse\"`: leave it out, or choose \
                         another size."
                    ),
                )
                .at(path),
            );
        }
        found
    }
}

#[async_trait]
impl Resource for DucklingsResource {
    fn plan(&self, mut request: PlanRequest<State>) -> Result<PlanResponse<State>, Diagnostics> {
        let newer_sizes = if let Some(prior) = &request.prior {
            let newer_sizes = sizes::newer(prior);
            sizes::store(&newer_sizes, &mut request.private);
            newer_sizes
        } else {
            // A replacement is planned as a new object, and so is a tainted one.
            let mut newer_sizes = sizes::stored(&request.private);
            newer_sizes.extend(self.run_events.sizes(
                self.provider_data.configure_count(),
                text(&request.config.username),
            ));
            newer_sizes
        };
        let unknown = sizes::check(&request.config, &newer_sizes);
        if unknown.has_errors() {
            return Err(unknown);
        }
        let (config, prior) = (request.config.clone(), request.prior.clone().unwrap_or_default());
        let plan = PlanResponse::proposed(request);
        let planned = State {
            read_write: compute::plan_block(&config.read_write, &prior.read_write, plan.planned.read_write),
            read_scaling: compute::plan_block(
                &config.read_scaling,
                &prior.read_scaling,
                plan.planned.read_scaling,
            ),
            ..plan.planned
        };
        Ok(PlanResponse { planned, ..plan })
    }

    async fn create(&self, request: CreateRequest<State>) -> ApplyResult<State> {
        let client = self.provider_data.client().await?;
        let username = errors::required_key(&request.planned.username, "username")?.to_owned();
        let _lock = self.provider_data.lock_account(&username).await;
        let live = self.live_before_write(&client, &username).await?;
        let configure_count = self.provider_data.configure_count();
        let mut original = Original::load(&request.private, &username)
            .or_else(|| self.run_events.original_of_destroyed(configure_count, &username))
            .unwrap_or_else(|| Original::new(&username, &live));
        original.mark_managed(&request.config);
        let mut private = Private::new();
        original.save(&mut private);
        let creation_time = CreationTime::new(&mut private);
        let planned = State {
            id: Field::Known(username.clone()),
            ..request.planned
        };
        let written = self.write(&client, &request.config, planned, &live).await;
        if !matches!(&written, Err(WriteError { kept: None, .. })) {
            self.run_events.created(configure_count, &username, creation_time);
        }
        match written {
            Ok((state, warnings)) => Ok(ResourceState {
                state,
                private,
                warnings,
            }),
            // What was or may have been written is stored as tainted. After `untaint`, or in a destroy, the
            // private state contains the earlier configuration.
            Err(WriteError {
                diagnostics, kept, ..
            }) => {
                let kept = kept.map(|state| ResourceState::new(state, private));
                Err(ApplyError { diagnostics, kept })
            }
        }
    }

    async fn read(&self, request: ResourceState<State>) -> Result<ReadResponse<State>, Diagnostics> {
        let client = self.provider_data.client().await?;
        let ResourceState {
            state, mut private, ..
        } = request;
        let username = errors::required_key(&state.username, "username")?;
        let live = match self.provider_data.find_ducklings(&client, username).await {
            Ok(live) => live,
            Err(error) if error.is_gone() => {
                let summary = "Ducklings are gone with their account and were removed from the state";
                let what = format!("The account {username:?} of these Ducklings");
                let reason = errors::cause_with_url(&error);
                let warning = errors::removed_from_state(summary, &what, &reason);
                return Ok(ReadResponse::Gone(warning.into()));
            }
            Err(error) => {
                let summary = format!("The Ducklings of {username:?} could not be read");
                return Err(errors::failure(&summary, &error, &State::attributes()));
            }
        };
        if Original::load(&private, username).is_none() {
            Original::new(username, &live).save(&mut private);
        }
        self.run_events.note_sizes(
            self.provider_data.configure_count(),
            username,
            sizes::newer(&state),
        );
        let (read_write, read_scaling) = duckling_blocks::from_live(&live);
        let state = State {
            read_write,
            read_scaling,
            ..state
        };
        Ok(ReadResponse::Found(ResourceState::new(state, private)))
    }

    async fn update(&self, request: UpdateRequest<State>) -> ApplyResult<State> {
        let UpdateRequest {
            config,
            prior,
            planned,
            mut private,
        } = request;
        if let Some(mut original) = planned
            .username
            .text()
            .and_then(|name| Original::load(&private, name))
        {
            original.mark_managed(&config);
            original.save(&mut private);
        }
        if prior.read_write == planned.read_write && prior.read_scaling == planned.read_scaling {
            return Ok(ResourceState::new(planned, private));
        }
        let client = self.provider_data.client().await?;
        let username = errors::required_key(&planned.username, "username")?.to_owned();
        let _lock = self.provider_data.lock_account(&username).await;
        let live = self.live_before_write(&client, &username).await?;
        match self.write(&client, &config, planned, &live).await {
            Ok((state, warnings)) => Ok(ResourceState {
                state,
                private,
                warnings,
            }),
            // A block counts as managed since this update, which a refresh cannot determine. Without a known
            // outcome the prior values stay, and the next refresh reads what is live.
            Err(error) => {
                let kept = error.kept.map(|written| {
                    let state = if error.outcome_unknown { prior } else { written };
                    ResourceState::new(state, private)
                });
                Err(ApplyError {
                    diagnostics: error.diagnostics,
                    kept,
                })
            }
        }
    }

    async fn delete(&self, request: DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        let username = errors::required_key(&request.prior.username, "username")?;
        // The lock is acquired first, because the replacement may write at the same time.
        let _lock = self.provider_data.lock_account(username).await;
        let configure_count = self.provider_data.configure_count();
        self.run_events
            .note_sizes(configure_count, username, sizes::newer(&request.prior));
        let original = Original::load(&request.private, username);
        let creation_time = CreationTime::load(&request.private);
        let replaced = self
            .run_events
            .has_successor(configure_count, username, creation_time.as_ref());
        if let (Some(original), false) = (&original, replaced) {
            self.run_events.destroyed(configure_count, original);
        }
        if request.prior.restore_on_destroy != Field::Known(true) {
            return Ok(Diagnostics::new());
        }
        match original {
            None => Ok(not_restored(
                username,
                "What was live before the resource is not known, for instance because the resource is \
                 marked as tainted and its private state is lost. Set the sizes in MotherDuck's settings if they \
                 should be different.",
            )),
            Some(original) if replaced => Ok(not_restored(
                username,
                &format!(
                    "This run has created a new resource for the same account, whose values must not be \
                     undone. The values before were: {original}."
                ),
            )),
            Some(original) if original.managed().is_empty() => Ok(Diagnostics::new()),
            Some(original) => self.restore(username, original).await,
        }
    }
}

#[async_trait]
impl ResourceWithImport for DucklingsResource {
    async fn import(&self, request: ImportRequest<State>) -> Result<ResourceState<State>, Diagnostics> {
        let username = match request {
            ImportRequest::Id(id) => account_name::from_import_id(id, "analytics_service_account")?,
            ImportRequest::Identity(identity) => account_name::from_identity(&identity.username)?.to_owned(),
        };
        let client = self.provider_data.client().await?;
        let look = || client.ducklings(&username);
        let live = match self.provider_data.once_visible(&client, &username, look).await {
            Ok(live) => live.body,
            Err(error) if error.is_gone() => {
                let what = format!("account {username:?}");
                return Err(errors::not_found_on_import(&what, &error));
            }
            Err(error) => {
                return Err(errors::failure(
                    &format!("The Ducklings of {username:?} could not be imported"),
                    &error,
                    &State::attributes(),
                ));
            }
        };
        Ok(ResourceState::new(
            State::imported(username, Some(&live)),
            Private::new(),
        ))
    }
}

impl ResourceWithDestroyPlan for DucklingsResource {
    /// Warns once for each configuration, because the warnings of many resources would all be the same.
    fn plan_destroy(&self, request: &DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        let configure_count = self.provider_data.configure_count();
        let creation_time = CreationTime::load(&request.private);
        let is_replaced = request.prior.username.text().is_some_and(|username| {
            self.run_events
                .has_successor(configure_count, username, creation_time.as_ref())
        });
        let is_left = request.prior.restore_on_destroy != Field::Known(true) && !is_replaced;
        if !is_left || !self.run_events.is_first_warning(configure_count) {
            return Ok(Diagnostics::new());
        }
        Ok(Diagnostic::warning(
            "Ducklings are left as they are",
            "The destroy of a `motherduck_ducklings` without `restore_on_destroy = true` changes nothing in \
             MotherDuck: the Ducklings stay as they are. This does not matter if the account is deleted too. \
             To restore the previous configuration, set `restore_on_destroy = true` and apply before you \
             destroy it. The plan contains this warning once, even if it is about several resources.",
        )
        .into())
    }
}

impl ResourceWithMoves for DucklingsResource {
    fn moves(&self) -> Vec<StateMover<State>> {
        moves::moves()
    }
}

fn text(field: &Field<String>) -> &str {
    field.text().unwrap_or_default()
}
