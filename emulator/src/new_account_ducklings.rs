//! The Duckling configuration of a new account, as the flag `--new-account` sets it.

use std::str::FromStr;

use crate::instance_size::InstanceSize;
use crate::validate::NamedEnum as _;

const LARGEST_FLOCK: u32 = 64;

/// The Duckling configuration of a new account: the read/write size, the read scaling size and the flock
/// size.
///
/// It is parsed from text such as `pulse/standard/2`. Cooldowns are the defaults of the sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAccountDucklings {
    pub(crate) read_write: InstanceSize,
    pub(crate) read_scaling: InstanceSize,
    pub(crate) flock_size: u32,
}

/// The text is not a Duckling configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected two sizes and the size of the flock, 0 to {LARGEST_FLOCK}, such as pulse/standard/2; sizes are {sizes}", sizes = sizes())]
pub struct NewAccountDucklingsError;

fn sizes() -> String {
    let names: Vec<&str> = InstanceSize::ALL.iter().map(|size| size.name()).collect();
    names.join(", ")
}

impl FromStr for NewAccountDucklings {
    type Err = NewAccountDucklingsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        let [read_write, read_scaling, flock_size] = parts[..] else {
            return Err(NewAccountDucklingsError);
        };
        let size = |text: &str| InstanceSize::named(text).ok_or(NewAccountDucklingsError);
        Ok(Self {
            read_write: size(read_write)?,
            read_scaling: size(read_scaling)?,
            flock_size: flock_size
                .parse()
                .ok()
                .filter(|flock| *flock <= LARGEST_FLOCK)
                .ok_or(NewAccountDucklingsError)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_requires_two_sizes_and_a_flock_size() {
        for good in ["pulse/pulse/0", "standard/giga/64"] {
            assert!(good.parse::<NewAccountDucklings>().is_ok(), "{good}");
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
            let error = bad.parse::<NewAccountDucklings>().unwrap_err().to_string();
            assert!(error.contains("pulse, standard, jumbo, mega, giga"), "{error}");
        }
    }
}
