//! The sizes of Ducklings.

use crate::validate::named_enum;

named_enum! {
    /// The size of a Duckling.
    pub(crate) enum InstanceSize {
        Pulse = "pulse",
        Standard = "standard",
        Jumbo = "jumbo",
        Mega = "mega",
        Giga = "giga",
    }
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
