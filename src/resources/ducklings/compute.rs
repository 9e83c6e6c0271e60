//! Between what is configured, what is planned and what is live.

use super::State;
use crate::api;
use crate::framework::Field;
use crate::motherduck::duckling_blocks::{self, PULSE, ReadScaling, ReadWrite};

/// What the two blocks have in common.
pub(super) trait Block: Sized {
    fn size(&self) -> &Field<String>;
    fn cooldown(&self) -> &Field<i64>;
    fn with_cooldown(self, cooldown: Field<i64>) -> Self;
}

macro_rules! blocks {
    ($($block:ident),*) => { $(
        impl Block for $block {
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

/// Whether a block asks for the cooldown that a pulse Duckling cannot have.
pub(super) fn has_pulse_cooldown<B: Block>(block: &Field<B>) -> bool {
    block
        .known()
        .is_some_and(|block| block.size().text() == Some(PULSE) && block.cooldown().known().is_some())
}

/// A planned block with its cooldown: an unset one stays while the size does, and with another size the API
/// chooses. A block that is not configured is planned already.
pub(super) fn plan_block<B: Block>(config: &Field<B>, prior: &Field<B>, planned: Field<B>) -> Field<B> {
    match (config, planned) {
        (Field::Known(config), Field::Known(planned)) => {
            Field::Known(planned.with_cooldown(plan_cooldown(config, prior.known())))
        }
        (_, planned) => planned,
    }
}

fn plan_cooldown<B: Block>(config: &B, prior: Option<&B>) -> Field<i64> {
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

/// The whole configuration to send: the planned blocks that are managed, the others as they are live. The
/// API replaces everything and resets a cooldown that is left out, so whatever is to stay is sent.
pub(super) fn wanted(config: &State, planned: &State, live: &api::Ducklings) -> api::Ducklings {
    let mut wanted = sendable(live.clone());
    if let (false, Field::Known(block)) = (config.read_write.is_null(), &planned.read_write) {
        let size = block.instance_size.text().unwrap_or_default();
        let live = &live.read_write;
        wanted.read_write = api::ReadWrite {
            instance_size: size.to_owned(),
            cooldown_seconds: sent(
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
        wanted.read_scaling = api::ReadScaling {
            instance_size: size.to_owned(),
            flock_size: narrow(&block.flock_size).unwrap_or(live.flock_size),
            cooldown_seconds: sent(
                size,
                &block.cooldown_seconds,
                &live.instance_size,
                live.cooldown_seconds,
            ),
        };
    }
    wanted
}

/// The cooldown to send: the planned one; where the plan left it open, the live one as long as the size is
/// the live one, else none, so that the API chooses.
fn sent(size: &str, planned: &Field<i64>, live_size: &str, live: Option<u32>) -> Option<u32> {
    match planned {
        _ if size == PULSE => None,
        Field::Known(_) => narrow(planned),
        Field::Null | Field::Unknown => live.filter(|_| size == live_size),
    }
}

fn narrow(number: &Field<i64>) -> Option<u32> {
    number.known().and_then(|number| u32::try_from(*number).ok())
}

/// A configuration as it may be sent: one that was reported may have a cooldown with pulse.
pub(super) fn sendable(mut config: api::Ducklings) -> api::Ducklings {
    if config.read_write.instance_size == PULSE {
        config.read_write.cooldown_seconds = None;
    }
    if config.read_scaling.instance_size == PULSE {
        config.read_scaling.cooldown_seconds = None;
    }
    config
}

/// Whether what was sent is in force: a cooldown that was left out may be anything.
pub(super) fn carries_out(sent: &api::Ducklings, live: &api::Ducklings) -> bool {
    let cooldown = |sent: Option<u32>, live: Option<u32>| sent.is_none() || sent == live;
    sent.read_write.instance_size == live.read_write.instance_size
        && cooldown(sent.read_write.cooldown_seconds, live.read_write.cooldown_seconds)
        && sent.read_scaling.instance_size == live.read_scaling.instance_size
        && sent.read_scaling.flock_size == live.read_scaling.flock_size
        && cooldown(
            sent.read_scaling.cooldown_seconds,
            live.read_scaling.cooldown_seconds,
        )
}

/// Whether the plan left a cooldown to the API and the answer does not tell it.
pub(super) fn lacks_cooldown(planned: &State, answer: &api::Ducklings) -> bool {
    let silent = |size: &str, cooldown: Option<u32>| size != PULSE && cooldown.is_none();
    let (write, scale) = (&answer.read_write, &answer.read_scaling);
    (is_open(&planned.read_write) && silent(&write.instance_size, write.cooldown_seconds))
        || (is_open(&planned.read_scaling) && silent(&scale.instance_size, scale.cooldown_seconds))
}

/// Whether a planned block leaves its cooldown open: itself, or as the whole block of a new resource that
/// does not manage it.
fn is_open<B: Block>(planned: &Field<B>) -> bool {
    planned
        .known()
        .map_or(planned.is_unknown(), |block| block.cooldown().is_unknown())
}

/// The planned state with everything that the plan left open taken from the API's answer. What was planned
/// stays as planned, an unmanaged block too: the next refresh records what is live.
pub(super) fn complete(planned: State, answer: &api::Ducklings) -> State {
    let (read_write, read_scaling) = duckling_blocks::of(answer);
    State {
        read_write: complete_block(planned.read_write, read_write),
        read_scaling: complete_block(planned.read_scaling, read_scaling),
        ..planned
    }
}

fn complete_block<B: Block>(planned: Field<B>, live: Field<B>) -> Field<B> {
    match (planned, live) {
        (Field::Unknown, live) => live,
        (Field::Known(planned), Field::Known(live)) if planned.cooldown().is_unknown() => {
            Field::Known(planned.with_cooldown(live.cooldown().clone()))
        }
        (planned, _) => planned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(size: &str) -> Field<String> {
        Field::Known(size.to_owned())
    }

    #[test]
    fn an_unset_cooldown_stays_with_its_size_and_is_open_with_another() {
        let block = |instance_size, cooldown_seconds| ReadWrite {
            instance_size,
            cooldown_seconds,
        };
        let before = block(size("standard"), Field::Known(90));
        let plan = |size, cooldown, before| plan_cooldown(&block(size, cooldown), before);
        assert_eq!(
            plan(size("standard"), Field::Null, Some(&before)),
            Field::Known(90)
        );
        assert_eq!(plan(size("jumbo"), Field::Null, Some(&before)), Field::Unknown);
        assert_eq!(plan(size(PULSE), Field::Null, Some(&before)), Field::Null);
        assert_eq!(plan(Field::Unknown, Field::Null, Some(&before)), Field::Unknown);
        assert_eq!(plan(size("standard"), Field::Null, None), Field::Unknown);
        assert_eq!(
            plan(size("jumbo"), Field::Known(60), Some(&before)),
            Field::Known(60)
        );
        // An API that reports no cooldown must not make every plan a change.
        let silent = block(size("standard"), Field::Null);
        assert_eq!(plan(size("standard"), Field::Null, Some(&silent)), Field::Null);
    }

    fn live() -> api::Ducklings {
        api::Ducklings {
            read_write: api::ReadWrite {
                instance_size: "standard".into(),
                cooldown_seconds: Some(90),
            },
            read_scaling: api::ReadScaling {
                instance_size: PULSE.into(),
                flock_size: 4,
                cooldown_seconds: Some(1),
            },
        }
    }

    fn read_write(instance_size: &str, cooldown_seconds: Field<i64>) -> Field<ReadWrite> {
        Field::Known(ReadWrite {
            instance_size: size(instance_size),
            cooldown_seconds,
        })
    }

    #[test]
    fn an_open_cooldown_is_sent_while_the_size_is_the_live_one() {
        let cases = [
            ("standard", Field::Unknown, Some(90)),
            ("jumbo", Field::Unknown, None),
            ("jumbo", Field::Known(120), Some(120)),
            (PULSE, Field::Unknown, None),
        ];
        for (instance_size, cooldown, expected) in cases {
            let planned = State {
                read_write: read_write(instance_size, cooldown),
                ..State::default()
            };
            let sent = wanted(&planned, &planned, &live()).read_write;
            assert_eq!(
                (sent.instance_size.as_str(), sent.cooldown_seconds),
                (instance_size, expected)
            );
        }
    }

    #[test]
    fn an_unmanaged_block_is_sent_as_it_is_live_but_for_a_cooldown_of_pulse() {
        let config = State {
            read_write: read_write("jumbo", Field::Null),
            ..State::default()
        };
        let planned = State {
            // A refresh saw something else: live counts.
            read_scaling: Field::Known(ReadScaling {
                instance_size: size("giga"),
                flock_size: Field::Known(9),
                cooldown_seconds: Field::Null,
            }),
            ..config.clone()
        };
        let sent = wanted(&config, &planned, &live()).read_scaling;
        assert_eq!(
            (
                sent.instance_size.as_str(),
                sent.flock_size,
                sent.cooldown_seconds
            ),
            (PULSE, 4, None)
        );
    }

    #[test]
    fn a_cooldown_that_was_left_out_may_be_anything() {
        let mut sent = live();
        sent.read_write.cooldown_seconds = None;
        assert!(carries_out(&sent, &live()));
        sent.read_write.cooldown_seconds = Some(60);
        assert!(!carries_out(&sent, &live()));
        sent = live();
        sent.read_scaling.flock_size = 5;
        assert!(!carries_out(&sent, &live()));
    }

    #[test]
    fn what_the_plan_left_open_is_completed_and_nothing_else() {
        let planned = State {
            read_write: read_write("standard", Field::Unknown),
            read_scaling: Field::Unknown,
            ..State::default()
        };
        assert!(!lacks_cooldown(&planned, &live()));
        let done = complete(planned.clone(), &live());
        assert_eq!(
            done.read_write.known().unwrap().cooldown_seconds,
            Field::Known(90)
        );
        let pool = done.read_scaling.known().unwrap();
        assert_eq!(
            (&pool.flock_size, &pool.cooldown_seconds),
            (&Field::Known(4), &Field::Null)
        );

        let mut silent = live();
        silent.read_write.cooldown_seconds = None;
        assert!(lacks_cooldown(&planned, &silent));
        let settled = State {
            read_write: read_write("standard", Field::Known(60)),
            ..State::default()
        };
        assert!(!lacks_cooldown(&settled, &silent));
        assert_eq!(
            complete(settled, &live())
                .read_write
                .known()
                .unwrap()
                .cooldown_seconds,
            Field::Known(60)
        );
    }
}
