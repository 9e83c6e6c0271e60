//! Computes planned and sent configurations from configured and live ones.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::State;
use crate::api;
use crate::framework::{Field, Path};
use crate::motherduck::duckling_blocks::{self, PULSE, ReadScaling, ReadWrite};

/// The common interface of the two blocks.
pub(super) trait DucklingBlock: Sized {
    fn size(&self) -> &Field<String>;
    fn cooldown(&self) -> &Field<i64>;
    fn with_cooldown(self, cooldown: Field<i64>) -> Self;
}

macro_rules! blocks {
    ($($block:ident),*) => { $(
        impl DucklingBlock for $block {
            fn size(&self) -> &Field<String> {
                &self.instance_size
            }

            fn cooldown(&self) -> &Field<i64> {
                &self.cooldown_seconds
            }

            fn with_cooldown(self, cooldown_seconds: Field<i64>) -> Self {
                $block { cooldown_seconds, ..self }
            }
        }
    )* };
}

blocks!(ReadWrite, ReadScaling);

/// Whether a block sets a cooldown for pulse, which cannot have one.
pub(super) fn has_pulse_cooldown<B: DucklingBlock>(block: &Field<B>) -> bool {
    block
        .known()
        .is_some_and(|block| block.size().text() == Some(PULSE) && block.cooldown().known().is_some())
}

/// Plans the cooldown of a block: an unset one keeps its value while the size is the same, and is unknown
/// with another size. A block that is not configured is returned as planned.
pub(super) fn plan_block<B: DucklingBlock>(
    config: &Field<B>,
    prior: &Field<B>,
    planned: Field<B>,
) -> Field<B> {
    match (config, planned) {
        (Field::Known(config), Field::Known(planned)) => {
            Field::Known(planned.with_cooldown(plan_cooldown(config, prior.known())))
        }
        (_, planned) => planned,
    }
}

fn plan_cooldown<B: DucklingBlock>(config: &B, prior: Option<&B>) -> Field<i64> {
    match (config.cooldown(), config.size()) {
        (Field::Null, Field::Known(size)) if size == PULSE => Field::Null,
        (Field::Null, Field::Known(size)) => match prior {
            Some(prior) if prior.size().text() == Some(size) => prior.cooldown().clone(),
            _ => Field::Unknown,
        },
        (Field::Null, _) => Field::Unknown,
        (configured, _) => configured.clone(),
    }
}

/// Returns the whole configuration to send: planned blocks that are managed, and live ones otherwise. The API
/// replaces everything and resets an absent cooldown, so values to keep are sent too.
pub(super) fn config_to_send(config: &State, planned: &State, live: &api::Ducklings) -> api::Ducklings {
    let mut to_send = sendable(live.clone());
    if let (false, Field::Known(block)) = (config.read_write.is_null(), &planned.read_write) {
        let size = block.instance_size.text().unwrap_or_default();
        let live = &live.read_write;
        to_send.read_write = api::ReadWrite {
            instance_size: size.to_owned(),
            cooldown_seconds: cooldown_to_send(
                size,
                &block.cooldown_seconds,
                &live.instance_size,
                live.cooldown_seconds,
            ),
        };
    }
    if let (false, Field::Known(block)) = (config.read_scaling.is_null(), &planned.read_scaling) {
        let size = block.instance_size.text().unwrap_or_default();
        let live = &live.read_scaling;
        to_send.read_scaling = api::ReadScaling {
            instance_size: size.to_owned(),
            flock_size: to_u32(&block.flock_size).unwrap_or(live.flock_size),
            cooldown_seconds: cooldown_to_send(
                size,
                &block.cooldown_seconds,
                &live.instance_size,
                live.cooldown_seconds,
            ),
        };
    }
    to_send
}

/// Returns the cooldown to send: the planned one; if it is unknown, the live one if the size is the same, and
/// otherwise none, so that the API chooses.
fn cooldown_to_send(size: &str, planned: &Field<i64>, live_size: &str, live: Option<u32>) -> Option<u32> {
    match planned {
        _ if size == PULSE => None,
        Field::Known(_) => to_u32(planned),
        Field::Null | Field::Unknown => live.filter(|_| size == live_size),
    }
}

fn to_u32(number: &Field<i64>) -> Option<u32> {
    number.known().and_then(|number| u32::try_from(*number).ok())
}

/// Returns a configuration that can be sent: a reported one may have a cooldown for pulse.
pub(super) fn sendable(mut config: api::Ducklings) -> api::Ducklings {
    if config.read_write.instance_size == PULSE {
        config.read_write.cooldown_seconds = None;
    }
    if config.read_scaling.instance_size == PULSE {
        config.read_scaling.cooldown_seconds = None;
    }
    config
}

/// A block of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BlockName {
    ReadWrite,
    ReadScaling,
}

/// Returns the blocks that a configuration sets.
pub(super) fn managed_blocks(config: &State) -> BTreeSet<BlockName> {
    let blocks = [
        (BlockName::ReadWrite, config.read_write.is_null()),
        (BlockName::ReadScaling, config.read_scaling.is_null()),
    ];
    let set = blocks.into_iter().filter(|(_, is_null)| !is_null);
    set.map(|(name, _)| name).collect()
}

/// A value that differs from the one sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) path: Path,
    sent: String,
    live: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "- `{}`: sent {}, stored {}", self.path, self.sent, self.live)
    }
}

/// Returns the managed values that differ from those sent. A cooldown that was not sent may have any value.
pub(super) fn differences(
    sent: &api::Ducklings,
    live: &api::Ducklings,
    managed: &BTreeSet<BlockName>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |block: &str, attribute: &str, [sent, live]: [String; 2]| {
        if sent != live {
            let path = Path::attribute(block).then(attribute);
            found.push(Difference { path, sent, live });
        }
    };
    let seconds =
        |cooldown: Option<u32>| cooldown.map_or("none".to_owned(), |seconds| format!("{seconds} seconds"));
    if managed.contains(&BlockName::ReadWrite) {
        let blocks = [&sent.read_write, &live.read_write];
        let sizes = blocks.map(|block| format!("{:?}", block.instance_size));
        compare("read_write", "instance_size", sizes);
        if sent.read_write.cooldown_seconds.is_some() {
            let cooldowns = blocks.map(|block| seconds(block.cooldown_seconds));
            compare("read_write", "cooldown_seconds", cooldowns);
        }
    }
    if managed.contains(&BlockName::ReadScaling) {
        let blocks = [&sent.read_scaling, &live.read_scaling];
        let sizes = blocks.map(|block| format!("{:?}", block.instance_size));
        compare("read_scaling", "instance_size", sizes);
        compare(
            "read_scaling",
            "flock_size",
            blocks.map(|block| block.flock_size.to_string()),
        );
        if sent.read_scaling.cooldown_seconds.is_some() {
            let cooldowns = blocks.map(|block| seconds(block.cooldown_seconds));
            compare("read_scaling", "cooldown_seconds", cooldowns);
        }
    }
    found
}

fn lacks_cooldown(size: &str, cooldown: Option<u32>) -> bool {
    size != PULSE && cooldown.is_none()
}

/// Whether a response contains the cooldowns of all blocks; only `pulse` has none.
pub(super) fn is_complete(response: &api::Ducklings) -> bool {
    let (write, scale) = (&response.read_write, &response.read_scaling);
    !lacks_cooldown(&write.instance_size, write.cooldown_seconds)
        && !lacks_cooldown(&scale.instance_size, scale.cooldown_seconds)
}

/// Returns the managed values that differ between a request and its response. A cooldown that the response
/// lacks is not compared.
pub(super) fn response_differences(
    sent: &api::Ducklings,
    response: &api::Ducklings,
    managed: &BTreeSet<BlockName>,
) -> Vec<Difference> {
    let (write, scale) = (&response.read_write, &response.read_scaling);
    let mut sent = sent.clone();
    if lacks_cooldown(&write.instance_size, write.cooldown_seconds) {
        sent.read_write.cooldown_seconds = None;
    }
    if lacks_cooldown(&scale.instance_size, scale.cooldown_seconds) {
        sent.read_scaling.cooldown_seconds = None;
    }
    differences(&sent, response, managed)
}

/// Returns the planned state with unknown values taken from the API's response. Planned values are kept, also
/// those of an unmanaged block: the next refresh records what is live.
pub(super) fn complete(planned: State, response: &api::Ducklings) -> State {
    let (read_write, read_scaling) = duckling_blocks::from_live(response);
    State {
        read_write: complete_block(planned.read_write, read_write),
        read_scaling: complete_block(planned.read_scaling, read_scaling),
        ..planned
    }
}

fn complete_block<B: DucklingBlock>(planned: Field<B>, live: Field<B>) -> Field<B> {
    match (planned, live) {
        (Field::Unknown, live) => live,
        (Field::Known(planned), Field::Known(live)) if planned.cooldown().is_unknown() => {
            Field::Known(planned.with_cooldown(live.cooldown().clone()))
        }
        (planned, _) => planned,
    }
}
