//! `motherduck_ducklings`: the compute of an account, which exists as long as the account does. So creating
//! this resource takes it over, and destroying it lets it go.

mod compute;
mod restore;

use async_trait::async_trait;

use super::account_name;
use super::connection::Connection;
use super::explain::{self, gone};
use crate::api;
use crate::framework::{
    Attribute, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failure, Field, Nesting, Outcome, Path,
    Plan, PlanRequest, Private, Read, Resource, Schema, Stored, UpdateRequest, Validator, Value, model,
};
use restore::Original;

const SIZES: [&str; 5] = ["pulse", "standard", "jumbo", "mega", "giga"];
/// The size whose cooldown is fixed: the API refuses one with it.
const PULSE: &str = "pulse";

model! {
    /// An account's Ducklings as Terraform sees them.
    pub(super) struct State {
        username: String,
        read_write: ReadWrite,
        read_scaling: ReadScaling,
        restore_on_destroy: bool,
        id: String,
    }
}

model! {
    /// The Duckling that reads and writes.
    pub(super) struct ReadWrite {
        instance_size: String,
        cooldown_seconds: i64,
    }
}

model! {
    /// The pool of Ducklings that only read.
    pub(super) struct ReadScaling {
        instance_size: String,
        flock_size: i64,
        cooldown_seconds: i64,
    }
}

/// The resource `motherduck_ducklings`.
pub(super) struct Ducklings {
    connection: Connection,
}

impl Ducklings {
    pub(super) fn new(connection: Connection) -> Self {
        Ducklings { connection }
    }
}

fn name(state: &State) -> &str {
    state.username.text().unwrap_or_default()
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
                out is not managed: it stays as it is. Every account has Ducklings, so destroying this \
                resource only stops managing them, unless `restore_on_destroy` asks to put back what was \
                there before.",
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
                     wrote. `false` (the default): destroying leaves the Ducklings as they are.",
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
            (
                "read_write",
                config
                    .read_write
                    .known()
                    .map(|block| (&block.instance_size, &block.cooldown_seconds)),
            ),
            (
                "read_scaling",
                config
                    .read_scaling
                    .known()
                    .map(|block| (&block.instance_size, &block.cooldown_seconds)),
            ),
        ];
        for (block, fields) in blocks {
            if let Some((size, Field::Known(_))) = fields
                && size.text() == Some(PULSE)
            {
                let path = Path::attribute(block).then("cooldown_seconds");
                found.push(
                    Diagnostic::error(
                        "A pulse Duckling has no cooldown to set",
                        format!(
                            "`{path}` cannot be set with `instance_size = \"pulse\"`: leave it out, or \
                             choose another size."
                        ),
                    )
                    .at(path),
                );
            }
        }
        found
    }

    fn plan(&self, request: PlanRequest<State>) -> Result<Plan<State>, Diagnostics> {
        let (config, prior) = (request.config.clone(), request.prior.clone().unwrap_or_default());
        let mut plan = Plan::proposed(request);
        if let (Field::Known(config), Field::Known(planned)) =
            (&config.read_write, &mut plan.planned.read_write)
        {
            let before = prior
                .read_write
                .known()
                .map(|block| (&block.instance_size, &block.cooldown_seconds));
            planned.cooldown_seconds =
                compute::plan_cooldown(&config.instance_size, &config.cooldown_seconds, before);
        }
        if let (Field::Known(config), Field::Known(planned)) =
            (&config.read_scaling, &mut plan.planned.read_scaling)
        {
            let before = prior
                .read_scaling
                .known()
                .map(|block| (&block.instance_size, &block.cooldown_seconds));
            planned.cooldown_seconds =
                compute::plan_cooldown(&config.instance_size, &config.cooldown_seconds, before);
        }
        Ok(plan)
    }

    async fn create(&self, request: CreateRequest<State>) -> Outcome<State> {
        let client = self.connection.client()?;
        let username = name(&request.planned).to_owned();
        let _turn = self.connection.lock_account(&username).await;
        let live = match client.ducklings(&username).await {
            Ok(live) => live.body,
            Err(error) => return Err(explain::failure(&unset(&username), &error).into()),
        };
        let mut private = Private::new();
        Original::of(&username, &live).save(&mut private);
        restore::mark_managed(&mut private, &request.config);
        let planned = State {
            id: Field::Known(username),
            ..request.planned
        };
        write(&client, &request.config, planned, &live, private).await
    }

    async fn read(&self, request: Stored<State>) -> Result<Read<State>, Diagnostics> {
        let client = self.connection.client()?;
        let Stored {
            state, mut private, ..
        } = request;
        let username = name(&state);
        let what = format!("The account {username:?} of these Ducklings");
        let live = match client.ducklings(username).await {
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
        let (read_write, read_scaling) = compute::blocks(&live);
        Ok(Read::Found(Stored::new(
            State {
                read_write,
                read_scaling,
                ..state
            },
            private,
        )))
    }

    async fn update(&self, request: UpdateRequest<State>) -> Outcome<State> {
        let UpdateRequest {
            config,
            prior,
            planned,
            mut private,
        } = request;
        restore::mark_managed(&mut private, &config);
        if compute::same(&prior, &planned) {
            return Ok(Stored::new(planned, private));
        }
        let client = self.connection.client()?;
        let username = name(&planned).to_owned();
        let _turn = self.connection.lock_account(&username).await;
        let live = match client.ducklings(&username).await {
            Ok(live) => live.body,
            Err(error) => return Err(explain::failure(&unset(&username), &error).into()),
        };
        // What a failed update leaves behind is for the next refresh to see: the prior state stays till then.
        write(&client, &config, planned, &live, private)
            .await
            .map_err(|failure| Failure {
                kept: None,
                ..failure
            })
    }

    async fn delete(&self, request: DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        let username = name(&request.prior);
        if request.prior.restore_on_destroy != Field::Known(true) {
            return Ok(Diagnostic::warning(
                format!("The Ducklings of {username:?} stay as they are"),
                "They live as long as their account and are only no longer managed. Set `restore_on_destroy \
                 = true` before a destroy to put back what was there before Terraform.",
            )
            .into());
        }
        let Some(original) = Original::load(&request.private, username) else {
            return Ok(Diagnostic::warning(
                format!("The Ducklings of {username:?} stay as they are"),
                "`restore_on_destroy` is set, but nothing is known of what was there before Terraform.",
            )
            .into());
        };
        let managed = restore::managed(&request.private);
        if managed.is_empty() {
            return Ok(Diagnostics::new());
        }
        let client = self.connection.client()?;
        let _turn = self.connection.lock_account(username).await;
        let result = match client.ducklings(username).await {
            Ok(live) => {
                client
                    .set_ducklings(username, &original.put_back(&managed, live.body))
                    .await
            }
            Err(error) => Err(error),
        };
        match result {
            Ok(_) => Ok(Diagnostics::new()),
            Err(error) if error.is_gone() => Ok(Diagnostics::new()),
            Err(error) => Err(explain::failure(
                &format!("The Ducklings of {username:?} could not be put back"),
                &error,
            )),
        }
    }

    async fn import(&self, id: &str) -> Result<Stored<State>, Diagnostics> {
        account_name::check_import_id(id, "analytics_service_account")?;
        let client = self.connection.client()?;
        let live = match client.ducklings(id).await {
            Ok(live) => live.body,
            Err(error) if error.is_gone() => {
                return Err(explain::not_there(&format!("account {id:?}"), &error));
            }
            Err(error) => {
                return Err(explain::failure(
                    &format!("The Ducklings of {id:?} could not be imported"),
                    &error,
                ));
            }
        };
        let (read_write, read_scaling) = compute::blocks(&live);
        let state = State {
            username: Field::Known(id.to_owned()),
            read_write,
            read_scaling,
            restore_on_destroy: Field::Known(false),
            id: Field::Known(id.to_owned()),
        };
        Ok(Stored::new(state, Private::new()))
    }
}

fn unset(username: &str) -> String {
    format!("The Ducklings of {username:?} could not be set")
}

/// Puts what is planned, with what is live where a block is not managed, and fills in what the plan left to
/// the API. The account is locked by the caller: what is live must not change in between.
async fn write(
    client: &api::Client,
    config: &State,
    planned: State,
    live: &api::Ducklings,
    private: Private,
) -> Outcome<State> {
    let username = name(&planned).to_owned();
    let wanted = compute::wanted(config, &planned, live);
    let failed = |error: &api::Error, planned: State, private: Private| {
        let diagnostics = explain::failure(&unset(&username), error);
        // It may have been written: kept, so that nothing that is restored later is forgotten.
        let kept = error
            .outcome_unknown()
            .then(|| Stored::new(compute::complete(planned, &wanted), private));
        Failure { diagnostics, kept }
    };
    let mut answer = match client.set_ducklings(&username, &wanted).await {
        Ok(answer) => answer.body,
        Err(error) => return Err(failed(&error, planned, private)),
    };
    // An answer may lack the cooldown that the API has filled in.
    if compute::lacks_cooldown(&planned, &answer) {
        match client.ducklings(&username).await {
            Ok(now) => answer = now.body,
            Err(error) => {
                let mut diagnostics = explain::failure(
                    &format!("The Ducklings of {username:?} were set, but could not be read back"),
                    &error,
                );
                diagnostics.push(Diagnostic::warning(
                    "A cooldown is not known yet",
                    "The default that the API chose is read at the next refresh.",
                ));
                let kept = Some(Stored::new(compute::complete(planned, &answer), private));
                return Err(Failure { diagnostics, kept });
            }
        }
    }
    Ok(Stored::new(compute::complete(planned, &answer), private))
}
