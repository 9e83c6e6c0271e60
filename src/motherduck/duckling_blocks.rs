//! An account's Ducklings as two blocks, `read_write` and `read_scaling`.

use crate::api;
use crate::framework::{Attribute, Field, Validator, model};

/// The size with a fixed cooldown, which the API refuses in a request.
pub(crate) const PULSE: &str = "pulse";

model! {
    /// The Duckling of read-write tokens.
    #[derive(Debug, PartialEq)]
    pub(crate) struct ReadWrite {
        #[attribute(with(instance_size))]
        pub(crate) instance_size: String,
        #[attribute(with(cooldown_seconds))]
        pub(crate) cooldown_seconds: i64,
    }
}

model! {
    /// The pool of Ducklings of read-scaling tokens.
    #[derive(Debug, PartialEq)]
    pub(crate) struct ReadScaling {
        #[attribute(with(instance_size))]
        pub(crate) instance_size: String,
        /// Maximum number of Ducklings in the pool, a whole number from 0 to 64.
        #[attribute(required, validator(Validator::whole_number(0, 64)))]
        pub(crate) flock_size: i64,
        #[attribute(with(cooldown_seconds))]
        pub(crate) cooldown_seconds: i64,
    }
}

/// Adds the rules of the size in both blocks. `plan` checks the sizes, because the state may contain one that
/// MotherDuck added later.
fn instance_size(attribute: Attribute) -> Attribute {
    attribute.required().description(
        "`pulse`, `standard`, `jumbo`, `mega` or `giga`. Which of them an organization may use depends on \
         its plan. A size that MotherDuck adds later is valid only if the state contains it already, for \
         example after an import.",
    )
}

/// Adds the rules of the cooldown in both blocks.
fn cooldown_seconds(attribute: Attribute) -> Attribute {
    attribute
        .optional_computed()
        .use_state_for_unknown()
        .validator(Validator::seconds(60, 86_400))
        .description(
            "Seconds that a Duckling keeps running after its last query, a whole number from 60 to 86400. Cannot \
             be set with `pulse`. If it is not set, the live value stays while the size is the same, and a \
             new size has its own default.",
        )
}

/// Returns the live blocks. A cooldown that is reported for pulse cannot be configured, so it is dropped.
pub(crate) fn from_live(live: &api::Ducklings) -> (Field<ReadWrite>, Field<ReadScaling>) {
    let (write, scale) = (&live.read_write, &live.read_scaling);
    let read_write = ReadWrite {
        instance_size: Field::Known(write.instance_size.clone()),
        cooldown_seconds: cooldown_in_state(&write.instance_size, write.cooldown_seconds),
    };
    let read_scaling = ReadScaling {
        instance_size: Field::Known(scale.instance_size.clone()),
        flock_size: Field::Known(i64::from(scale.flock_size)),
        cooldown_seconds: cooldown_in_state(&scale.instance_size, scale.cooldown_seconds),
    };
    (Field::Known(read_write), Field::Known(read_scaling))
}

/// Returns the cooldown of a block in the state.
pub(crate) fn cooldown_in_state(size: &str, cooldown: Option<u32>) -> Field<i64> {
    cooldown.filter(|_| size != PULSE).map(i64::from).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_live_sets_no_cooldown_for_pulse() {
        let (read_write, read_scaling) = from_live(&api::fake::ducklings());
        assert_eq!(read_write.known().unwrap().cooldown_seconds, Field::Known(90));
        let pool = ReadScaling {
            instance_size: Field::Known(PULSE.into()),
            flock_size: Field::Known(4),
            cooldown_seconds: Field::Null,
        };
        assert_eq!(read_scaling, Field::Known(pool));
    }
}
