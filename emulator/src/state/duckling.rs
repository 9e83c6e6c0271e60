//! Ducklings of an account: their configuration, and the running ones.

use crate::behaviour::{Behaviour, Plan};
use crate::instance_size::InstanceSize;
use crate::new_account_ducklings::NewAccountDucklings;
use crate::validate::named_enum;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DucklingConfig {
    pub(crate) read_write: ReadWrite,
    pub(crate) read_scaling: ReadScaling,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadWrite {
    pub(crate) size: InstanceSize,
    pub(crate) cooldown_seconds: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadScaling {
    pub(crate) size: InstanceSize,
    pub(crate) flock_size: u32,
    pub(crate) cooldown_seconds: Option<u32>,
}

impl DucklingConfig {
    /// Returns a copy in which each absent cooldown is the default of its size.
    pub(crate) fn filled_in(self) -> Self {
        let Self {
            read_write,
            read_scaling,
        } = self;
        let filled = |given: Option<u32>, size: InstanceSize| given.or(size.default_cooldown_seconds());
        Self {
            read_write: ReadWrite {
                cooldown_seconds: filled(read_write.cooldown_seconds, read_write.size),
                ..read_write
            },
            read_scaling: ReadScaling {
                cooldown_seconds: filled(read_scaling.cooldown_seconds, read_scaling.size),
                ..read_scaling
            },
        }
    }

    pub(super) fn fits(self, plan: Plan) -> bool {
        let sizes = [self.read_write.size, self.read_scaling.size];
        match plan {
            Plan::Lite => sizes.iter().all(|size| *size == InstanceSize::Pulse),
            Plan::Business => true,
        }
    }
}

/// A running Duckling: the read/write one, or a numbered one of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunningDuckling {
    /// The number in the read scaling pool; `None` for the read/write Duckling.
    pub(crate) number: Option<u32>,
    pub(crate) status: DucklingStatus,
}

named_enum! {
    /// The state of a running Duckling.
    pub(crate) enum DucklingStatus {
        Active = "active",
        Cooldown = "cooldown",
    }
}

impl Behaviour {
    pub(crate) fn new_account_ducklings(self) -> DucklingConfig {
        let size = match self.plan {
            Plan::Lite => InstanceSize::Pulse,
            Plan::Business => InstanceSize::Standard,
        };
        let of_the_plan = NewAccountDucklings {
            read_write: size,
            read_scaling: size,
            flock_size: 4,
        };
        let at_start = self.new_account.unwrap_or(of_the_plan);
        DucklingConfig {
            read_write: ReadWrite {
                size: at_start.read_write,
                cooldown_seconds: None,
            },
            read_scaling: ReadScaling {
                size: at_start.read_scaling,
                flock_size: at_start.flock_size,
                cooldown_seconds: None,
            },
        }
        .filled_in()
    }
}
