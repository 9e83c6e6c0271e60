//! An account's Ducklings as two blocks, `read_write` and `read_scaling`, for resources and data sources.

use crate::api;
use crate::framework::{Attribute, Field, Nesting, model};

/// The size with a fixed cooldown, which the API refuses in a request.
pub(crate) const PULSE: &str = "pulse";

model! {
    /// The read/write Duckling.
    #[derive(Debug, PartialEq)]
    pub(crate) struct ReadWrite {
        pub(crate) instance_size: String,
        pub(crate) cooldown_seconds: i64,
    }
}

model! {
    /// The read scaling pool.
    #[derive(Debug, PartialEq)]
    pub(crate) struct ReadScaling {
        pub(crate) instance_size: String,
        pub(crate) flock_size: i64,
        pub(crate) cooldown_seconds: i64,
    }
}

/// Returns the live blocks. A cooldown that is reported for pulse cannot be configured, so it is dropped.
pub(crate) fn of(live: &api::Ducklings) -> (Field<ReadWrite>, Field<ReadScaling>) {
    let read_write = ReadWrite {
        instance_size: Field::Known(live.read_write.instance_size.clone()),
        cooldown_seconds: recorded(&live.read_write.instance_size, live.read_write.cooldown_seconds),
    };
    let read_scaling = ReadScaling {
        instance_size: Field::Known(live.read_scaling.instance_size.clone()),
        flock_size: Field::Known(i64::from(live.read_scaling.flock_size)),
        cooldown_seconds: recorded(
            &live.read_scaling.instance_size,
            live.read_scaling.cooldown_seconds,
        ),
    };
    (Field::Known(read_write), Field::Known(read_scaling))
}

fn recorded(size: &str, cooldown: Option<u32>) -> Field<i64> {
    cooldown.filter(|_| size != PULSE).map(i64::from).into()
}

/// Returns both blocks as computed attributes.
pub(crate) fn looked_up() -> [Attribute; 2] {
    let instance_size = || {
        Attribute::string("instance_size")
            .computed()
            .description("`pulse`, `standard`, `jumbo`, `mega` or `giga`.")
    };
    let cooldown_seconds = || {
        Attribute::number("cooldown_seconds").computed().description(
            "Seconds that a Duckling stays up after its last query. Null with `pulse`, whose cooldown is fixed.",
        )
    };
    let flock_size = Attribute::number("flock_size")
        .computed()
        .description("How many Ducklings the pool may have.");
    [
        Attribute::nested(
            "read_write",
            Nesting::Single,
            vec![instance_size(), cooldown_seconds()],
        )
        .computed()
        .description("The Duckling of read-write tokens."),
        Attribute::nested(
            "read_scaling",
            Nesting::Single,
            vec![instance_size(), flock_size, cooldown_seconds()],
        )
        .computed()
        .description("The pool of Ducklings of read-scaling tokens."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cooldown_is_recorded_unless_the_size_has_none_to_set() {
        let live = api::Ducklings {
            read_write: api::ReadWrite {
                instance_size: "standard".into(),
                cooldown_seconds: Some(90),
            },
            read_scaling: api::ReadScaling {
                instance_size: PULSE.into(),
                flock_size: 4,
                cooldown_seconds: Some(1),
            },
        };
        let (read_write, read_scaling) = of(&live);
        assert_eq!(read_write.known().unwrap().cooldown_seconds, Field::Known(90));
        let pool = ReadScaling {
            instance_size: Field::Known(PULSE.into()),
            flock_size: Field::Known(4),
            cooldown_seconds: Field::Null,
        };
        assert_eq!(read_scaling, Field::Known(pool));
    }
}
