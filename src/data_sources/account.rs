//! The account of a data source: its Ducklings, and errors about it.

use crate::api::{self, Error};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Field, Model, model};
use crate::motherduck::duckling_blocks::cooldown_in_state;
use crate::motherduck::{ProviderData, errors};

model! {
    /// The Duckling of read-write tokens.
    pub(super) struct ReadWrite {
        #[attribute(with(instance_size))]
        instance_size: String,
        #[attribute(with(cooldown_seconds))]
        cooldown_seconds: i64,
    }
}

model! {
    /// The pool of Ducklings of read-scaling tokens.
    pub(super) struct ReadScaling {
        #[attribute(with(instance_size))]
        instance_size: String,
        /// Maximum number of Ducklings in the pool.
        #[attribute(computed)]
        flock_size: i64,
        #[attribute(with(cooldown_seconds))]
        cooldown_seconds: i64,
    }
}

fn instance_size(attribute: Attribute) -> Attribute {
    attribute
        .computed()
        .description("`pulse`, `standard`, `jumbo`, `mega` or `giga`.")
}

fn cooldown_seconds(attribute: Attribute) -> Attribute {
    attribute.computed().description(
        "Seconds that a Duckling keeps running after its last query. Null for `pulse`, whose cooldown is fixed.",
    )
}

/// Returns the configured name. Core reads a data source only when its configuration is known.
pub(super) fn name(username: &Field<String>) -> Result<&str, Diagnostics> {
    username
        .text()
        .ok_or_else(|| Diagnostic::bug("A data source was read before its `username` was known.").into())
}

/// Returns the error that a read of an account by the data source with the model `M` failed.
pub(super) fn failure<M: Model>(summary: &str, username: &str, error: &Error) -> Diagnostics {
    if error.is_gone() {
        errors::no_account(&format!("There is no account {username:?}"), error)
    } else {
        errors::failure(summary, error, &M::attributes())
    }
}

/// Reads the account's Ducklings. Every account has some, so this also shows whether the account exists.
pub(super) async fn ducklings<M: Model>(
    provider_data: &ProviderData,
    username: &str,
    summary: &str,
) -> Result<(Field<ReadWrite>, Field<ReadScaling>), Diagnostics> {
    let client = provider_data.client().await?;
    let look = || client.ducklings(username);
    match provider_data.once_visible(&client, username, look).await {
        Ok(live) => Ok(to_blocks(live.body)),
        Err(error) => Err(failure::<M>(summary, username, &error)),
    }
}

fn to_blocks(live: api::Ducklings) -> (Field<ReadWrite>, Field<ReadScaling>) {
    let (read_write, read_scaling) = (live.read_write, live.read_scaling);
    let read_write = ReadWrite {
        cooldown_seconds: cooldown_in_state(&read_write.instance_size, read_write.cooldown_seconds),
        instance_size: Field::Known(read_write.instance_size),
    };
    let read_scaling = ReadScaling {
        cooldown_seconds: cooldown_in_state(&read_scaling.instance_size, read_scaling.cooldown_seconds),
        instance_size: Field::Known(read_scaling.instance_size),
        flock_size: Field::Known(i64::from(read_scaling.flock_size)),
    };
    (Field::Known(read_write), Field::Known(read_scaling))
}
