//! The Duckling configuration of a new account.

use std::str::FromStr;

use crate::behaviour::{Behaviour, Plan};
use crate::state::{DucklingConfig, InstanceSize, ReadScaling, ReadWrite};
use crate::validate::Choice as _;

const LARGEST_FLOCK: u32 = 64;

/// The Duckling configuration of a new account: the read/write size, the read scaling size and the flock
/// size.
///
/// It is parsed from text such as `pulse/standard/2`. Cooldowns are the defaults of the sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DucklingsAtStart {
    read_write: InstanceSize,
    read_scaling: InstanceSize,
    flock_size: u32,
}

/// The text is not a Duckling configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected two sizes and the size of the flock, 0 to {LARGEST_FLOCK}, such as pulse/standard/2; sizes are {sizes}", sizes = sizes())]
pub struct DucklingsAtStartError;

fn sizes() -> String {
    let names: Vec<&str> = InstanceSize::ALL.iter().map(|size| size.name()).collect();
    names.join(", ")
}

impl FromStr for DucklingsAtStart {
    type Err = DucklingsAtStartError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        let [read_write, read_scaling, flock_size] = parts[..] else {
            return Err(DucklingsAtStartError);
        };
        let size = |text: &str| InstanceSize::named(text).ok_or(DucklingsAtStartError);
        Ok(Self {
            read_write: size(read_write)?,
            read_scaling: size(read_scaling)?,
            flock_size: flock_size
                .parse()
                .ok()
                .filter(|flock| *flock <= LARGEST_FLOCK)
                .ok_or(DucklingsAtStartError)?,
        })
    }
}

impl Behaviour {
    /// The Duckling configuration of a new account.
    pub(crate) fn ducklings_at_start(self) -> DucklingConfig {
        let size = match self.plan {
            Plan::Lite => InstanceSize::Pulse,
            Plan::Business => InstanceSize::Standard,
        };
        let of_the_plan = DucklingsAtStart {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_two_sizes_and_a_number() {
        for good in ["pulse/pulse/0", "standard/giga/64"] {
            assert!(good.parse::<DucklingsAtStart>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "pulse",
            "pulse/pulse",
            "pulse/pulse/0/0",
            "Pulse/pulse/0",
            "pulse/pulse/65",
            "pulse/pulse/-1",
        ] {
            let error = bad.parse::<DucklingsAtStart>().unwrap_err().to_string();
            assert!(error.contains("pulse, standard, jumbo, mega, giga"), "{error}");
        }
    }

    #[test]
    fn depends_on_the_plan_unless_it_is_set() {
        let started = |behaviour: Behaviour| {
            let config = behaviour.ducklings_at_start();
            let (write, read) = (config.read_write, config.read_scaling);
            (
                (write.size.name(), write.cooldown_seconds),
                (read.size.name(), read.cooldown_seconds, read.flock_size),
            )
        };
        assert_eq!(
            started(Behaviour::default()),
            (("standard", Some(60)), ("standard", Some(60), 4))
        );
        let lite = Behaviour {
            plan: Plan::Lite,
            ..Behaviour::default()
        };
        assert_eq!(started(lite), (("pulse", None), ("pulse", None, 4)));
        let given = Behaviour {
            new_account: Some("pulse/mega/2".parse().unwrap()),
            ..Behaviour::default()
        };
        assert_eq!(started(given), (("pulse", None), ("mega", Some(300), 2)));
    }
}
