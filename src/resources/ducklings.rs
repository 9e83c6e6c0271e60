//! `motherduck_ducklings`: the compute of an account, which exists as long as the account does. So creating
//! this resource takes it over, and destroying it lets it go.

mod compute;
mod ledger;
mod moves;
mod restore;

use async_trait::async_trait;

use crate::api;
use crate::framework::{
    Attribute, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failure, Field, IdentityAttribute,
    Import, Move, Nesting, Outcome, Path, Plan, PlanRequest, Private, Read, Resource, Schema, Stored,
    UpdateRequest, Validator, Value, model,
};
use crate::motherduck::duckling_blocks::{self, ReadScaling, ReadWrite};
use crate::motherduck::explain::{self, gone};
use crate::motherduck::{Connection, account_name};
use ledger::{Ledger, ObjectMark};
use restore::Original;

const SIZES: [&str; 5] = ["pulse", "standard", "jumbo", "mega", "giga"];

model! {
    /// An account's Ducklings as Terraform sees them.
    pub(crate) struct State {
        username: String,
        read_write: ReadWrite,
        read_scaling: ReadScaling,
        restore_on_destroy: bool,
        id: String,
    }
}

impl State {
    /// The Ducklings of an account that are taken over as they are live. What is live need not be known where
    /// only the account counts.
    pub(crate) fn imported(username: String, live: Option<&api::Ducklings>) -> Self {
        let (read_write, read_scaling) = live.map(duckling_blocks::of).unwrap_or_default();
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
pub(super) struct Ducklings {
    connection: Connection,
    ledger: Ledger,
}

impl Ducklings {
    pub(super) fn new(connection: Connection) -> Self {
        Ducklings {
            connection,
            ledger: Ledger::default(),
        }
    }
}

fn instance_size() -> Attribute {
    Attribute::string("instance_size")
        .required()
        .must(Validator::one_of(&SIZES))
        .description(
            "`pulse`, `standard`, `jumbo`, `mega` or `giga`. Which of them an organization may use depends \
             on its plan.",
        )
}

fn cooldown_seconds() -> Attribute {
    Attribute::number("cooldown_seconds")
        .optional_computed()
        .keeps_prior()
        .must(Validator::whole_number(60, 86_400))
        .description(
        "Seconds that a Duckling stays up after its last query, a whole number from 60 to 86400; not with \
         `pulse`. Left out, the live value stays while the size does, and another size brings its own \
         default.",
    )
}

#[async_trait]
impl Resource for Ducklings {
    type State = State;

    fn type_name(&self) -> &'static str {
        "motherduck_ducklings"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 1,
            description: "The Ducklings (compute sizes) of a user or service account. A block that is left \
                out is not managed: it stays as it is, and a first plan shows it as known after apply. Every \
                account has Ducklings, so destroying this resource only stops managing them, unless \
                `restore_on_destroy` asks to put back what was there before. Mind the spelling inside the \
                blocks: Terraform drops a misspelled optional attribute there without a word.",
            attributes: vec![
                account_name::attribute(account_name::existing()).description(
                    "User or service account whose Ducklings these are. For a service account of the same \
                     configuration refer to its `id`.",
                ),
                Attribute::nested("read_write", Nesting::Single, vec![instance_size(), cooldown_seconds()])
                    .optional_computed()
                    .keeps_prior()
                    .description(
                        "The Duckling of read-write tokens. At least one of the two blocks is needed.",
                    ),
                Attribute::nested(
                    "read_scaling",
                    Nesting::Single,
                    vec![
                        instance_size(),
                        Attribute::number("flock_size")
                            .required()
                            .must(Validator::whole_number(0, 64))
                            .description(
                                "How many Ducklings the pool may have, a whole number from 0 to 64.",
                            ),
                        cooldown_seconds(),
                    ],
                )
                .optional_computed()
                .keeps_prior()
                .description(
                    "The pool of Ducklings of read-scaling tokens. At least one of the two blocks is needed.",
                ),
                Attribute::bool("restore_on_destroy").default(Value::Bool(false)).description(
                    "`true`: destroying puts the managed blocks back to what was live before Terraform first \
                     wrote; a block counts as managed from the first apply that changes anything while it is \
                     configured. `false` (the default): destroying leaves the Ducklings as they are.",
                ),
                account_name::id_attribute().description("The username."),
            ],
        }
    }

    fn validate(&self, config: &State) -> Diagnostics {
        let mut found = Diagnostics::new();
        if config.read_write.is_null() && config.read_scaling.is_null() {
            found.push(Diagnostic::error(
                "No Ducklings to manage",
                "At least one of `read_write` and `read_scaling` must be set: a block that is left out is \
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
                    "A pulse Duckling has no cooldown to set",
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

    fn plan(&self, request: PlanRequest<State>) -> Result<Plan<State>, Diagnostics> {
        let (config, prior) = (request.config.clone(), request.prior.clone().unwrap_or_default());
        let plan = Plan::proposed(request);
        let planned = State {
            read_write: compute::plan_block(&config.read_write, &prior.read_write, plan.planned.read_write),
            read_scaling: compute::plan_block(
                &config.read_scaling,
                &prior.read_scaling,
                plan.planned.read_scaling,
            ),
            ..plan.planned
        };
        Ok(Plan { planned, ..plan })
    }

    async fn create(&self, request: CreateRequest<State>) -> Outcome<State> {
        let client = self.connection.client().await?;
        let username = explain::key(&request.planned.username, "username")?.to_owned();
        let _turn = self.connection.lock_account(&username).await;
        let live = live_before_write(&client, &username).await?;
        let run = self.connection.run();
        let mut original = Original::load(&request.private, &username)
            .or_else(|| self.ledger.left_behind(run, &username))
            .unwrap_or_else(|| Original::of(&username, &live));
        original.mark_managed(&request.config);
        let mut private = Private::new();
        original.save(&mut private);
        let object = ObjectMark::new(&mut private);
        let planned = State {
            id: Field::Known(username.clone()),
            ..request.planned
        };
        let written = write(&client, &request.config, planned, &live).await;
        if !matches!(&written, Err(Unwritten { in_doubt: None, .. })) {
            self.ledger.created(run, &username, object);
        }
        match written {
            Ok((state, warnings)) => Ok(Stored {
                state,
                private,
                warnings,
            }),
            // It may have been written: kept as tainted. `terraform untaint`, or a destroy, finds with it what was
            // there before.
            Err(Unwritten {
                diagnostics,
                in_doubt,
            }) => {
                let kept = in_doubt.map(|state| Stored::new(state, private));
                Err(Failure { diagnostics, kept })
            }
        }
    }

    async fn read(&self, request: Stored<State>) -> Result<Read<State>, Diagnostics> {
        let client = self.connection.client().await?;
        let Stored {
            state, mut private, ..
        } = request;
        let username = explain::key(&state.username, "username")?;
        let what = format!("The account {username:?} of these Ducklings");
        let live = match self.connection.find_ducklings(&client, username).await {
            Ok(live) => live.body,
            Err(error) if error.is_gone() => return Ok(Read::Gone(gone(&what, &error).into())),
            Err(error) => {
                return Err(explain::failure(
                    &format!("The Ducklings of {username:?} could not be read"),
                    &error,
                ));
            }
        };
        if Original::load(&private, username).is_none() {
            Original::of(username, &live).save(&mut private);
        }
        let (read_write, read_scaling) = duckling_blocks::of(&live);
        let state = State {
            read_write,
            read_scaling,
            ..state
        };
        Ok(Read::Found(Stored::new(state, private)))
    }

    async fn update(&self, request: UpdateRequest<State>) -> Outcome<State> {
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
            return Ok(Stored::new(planned, private));
        }
        let client = self.connection.client().await?;
        let username = explain::key(&planned.username, "username")?.to_owned();
        let _turn = self.connection.lock_account(&username).await;
        let live = live_before_write(&client, &username).await?;
        match write(&client, &config, planned, &live).await {
            Ok((state, warnings)) => Ok(Stored {
                state,
                private,
                warnings,
            }),
            // The next refresh sees what is live, but not that a block is managed since this update.
            Err(Unwritten {
                diagnostics,
                in_doubt,
            }) => {
                let kept = in_doubt.map(|_| Stored::new(prior, private));
                Err(Failure { diagnostics, kept })
            }
        }
    }

    async fn delete(&self, request: DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        let username = explain::key(&request.prior.username, "username")?;
        // Before anything is looked at: a successor may be about to write.
        let _turn = self.connection.lock_account(username).await;
        let run = self.connection.run();
        let original = Original::load(&request.private, username);
        let object = ObjectMark::load(&request.private);
        let replaced = self.ledger.has_successor(run, username, object.as_ref());
        if let (Some(original), false) = (&original, replaced) {
            self.ledger.let_go(run, original);
        }
        let not_restored = |summary: String, why: String| Ok(Diagnostic::warning(summary, why).into());
        match (request.prior.restore_on_destroy == Field::Known(true), replaced, original) {
            (false, true, _) => Ok(Diagnostics::new()),
            (false, false, _) => not_restored(
                format!("The Ducklings of {username:?} were left as they are"),
                "They stay as they are while their account exists, so this does not matter if the account goes \
                 too. To have a destroy put back what was there before Terraform, set `restore_on_destroy = \
                 true` and apply first."
                    .into(),
            ),
            (true, _, None) => not_restored(
                format!("The Ducklings of {username:?} were not put back"),
                "They stay as they are: what was there before Terraform is not known, for instance because \
                 the object was tainted, which takes its memory."
                    .into(),
            ),
            (true, true, Some(original)) => not_restored(
                format!("The Ducklings of {username:?} were not put back"),
                format!(
                    "They stay as they are: this run has created a new resource for the same account, whose \
                     values must not be undone. Before Terraform there was: {original}."
                ),
            ),
            (true, false, Some(original)) if original.is_untouched() => Ok(Diagnostics::new()),
            (true, false, Some(original)) => self.put_back(username, original).await,
        }
    }

    async fn import(&self, what: Import<State>) -> Result<Stored<State>, Diagnostics> {
        let username = match what {
            Import::Id(id) => account_name::of_import_id(id, "analytics_service_account")?,
            Import::Identity(identity) => account_name::of_identity(&identity.username)?.to_owned(),
        };
        let client = self.connection.client().await?;
        let look = || client.ducklings(&username);
        let live = match self.connection.once_visible(&client, &username, look).await {
            Ok(live) => live.body,
            Err(error) if error.is_gone() => {
                return Err(explain::not_there(&format!("account {username:?}"), &error));
            }
            Err(error) => {
                return Err(explain::failure(
                    &format!("The Ducklings of {username:?} could not be imported"),
                    &error,
                ));
            }
        };
        Ok(Stored::new(
            State::imported(username, Some(&live)),
            Private::new(),
        ))
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![account_name::identity_attribute()]
    }

    fn moves(&self) -> Vec<Move<State>> {
        moves::moves()
    }
}

fn unset(username: &str) -> String {
    format!("The Ducklings of {username:?} could not be set")
}

impl Ducklings {
    /// Puts back what was there before. The account is locked by the caller.
    async fn put_back(&self, username: &str, original: Original) -> Result<Diagnostics, Diagnostics> {
        let client = self.connection.client().await?;
        let result = match client.ducklings(username).await {
            Ok(live) => {
                client
                    .set_ducklings(username, &original.put_back(live.body))
                    .await
            }
            Err(error) => Err(error),
        };
        match result {
            Ok(_) => Ok(Diagnostics::new()),
            Err(error) if error.is_gone() => Ok(Diagnostics::new()),
            Err(error) => Err(not_put_back(username, &error)),
        }
    }
}

/// The values from before may be refused today, by the organization's plan for instance.
fn not_put_back(username: &str, error: &api::Error) -> Diagnostics {
    let summary = format!("The Ducklings of {username:?} could not be put back");
    if error.is_conflict() && !error.outcome_unknown() {
        return explain::advised(
            &summary,
            error,
            "To destroy this resource and leave the Ducklings as they are, set `restore_on_destroy = false`, \
             apply, and destroy it then.",
        );
    }
    explain::failure(&summary, error)
}

/// A write that did not come to its end.
struct Unwritten {
    diagnostics: Diagnostics,
    /// The state that it would have made, if it may have made it after all.
    in_doubt: Option<State>,
}

/// What is live, for a write that keeps what it does not change.
async fn live_before_write(client: &api::Client, username: &str) -> Result<api::Ducklings, Diagnostics> {
    match client.ducklings(username).await {
        Ok(live) => Ok(live.body),
        Err(error) => Err(explain::failure(&unset(username), &error)),
    }
}

/// Puts what is planned, with what is live where a block is not managed, and fills in what the plan left to
/// the API. The account is locked by the caller: what is live must not change in between.
async fn write(
    client: &api::Client,
    config: &State,
    planned: State,
    live: &api::Ducklings,
) -> Result<(State, Diagnostics), Unwritten> {
    let username = text(&planned.username).to_owned();
    let wanted = compute::wanted(config, &planned, live);
    let mut answer = match client.set_ducklings(&username, &wanted).await {
        Ok(answer) => answer.body,
        Err(error) => {
            let diagnostics = explain::failure(&unset(&username), &error);
            // A lost answer is no reason to fail if what was wanted is there. If nothing has changed it is no reason to
            // doubt either, unless the request may still be on its way.
            let now = if error.outcome_unknown() {
                client.ducklings(&username).await.ok()
            } else {
                None
            };
            match now.map(|now| now.body) {
                Some(now) if compute::carries_out(&wanted, &now) => now,
                Some(now) if now == *live && error.status().is_some() => {
                    return Err(Unwritten {
                        diagnostics,
                        in_doubt: None,
                    });
                }
                _ => {
                    let in_doubt = error
                        .outcome_unknown()
                        .then(|| compute::complete(planned, &wanted));
                    return Err(Unwritten {
                        diagnostics,
                        in_doubt,
                    });
                }
            }
        }
    };
    let mut warnings = Diagnostics::new();
    // An answer may lack the cooldown that the API has filled in.
    if compute::lacks_cooldown(&planned, &answer) {
        match client.ducklings(&username).await {
            Ok(now) => answer = now.body,
            Err(error) => warnings.push(Diagnostic::warning(
                format!("The cooldown of {username:?} is not known yet"),
                format!(
                    "The Ducklings were set, and the API chose the cooldown that the configuration leaves \
                     open, but it could not be read back. {} The next refresh reads it.",
                    explain::sentence(&error)
                ),
            )),
        }
    }
    Ok((compute::complete(planned, &answer), warnings))
}

fn text(field: &Field<String>) -> &str {
    field.text().unwrap_or_default()
}
