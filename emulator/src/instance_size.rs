//! The sizes of Ducklings.

use crate::validate::Choice;

/// The size of a Duckling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstanceSize {
    Pulse,
    Standard,
    Jumbo,
    Mega,
    Giga,
}

impl InstanceSize {
    /// `pulse` has no cooldown.
    pub(crate) fn default_cooldown_seconds(self) -> Option<u32> {
        match self {
            Self::Pulse => None,
            Self::Standard | Self::Jumbo => Some(60),
            Self::Mega => Some(300),
            Self::Giga => Some(600),
        }
    }
}

impl Choice for InstanceSize {
    const ALL: &'static [Self] = &[Self::Pulse, Self::Standard, Self::Jumbo, Self::Mega, Self::Giga];

    fn name(self) -> &'static str {
        match self {
            Self::Pulse => "pulse",
            Self::Standard => "standard",
            Self::Jumbo => "jumbo",
            Self::Mega => "mega",
            Self::Giga => "giga",
        }
    }
}
