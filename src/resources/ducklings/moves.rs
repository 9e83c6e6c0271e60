//! Duckling configurations of other providers.

use super::State;
use super::compute::DucklingBlock;
use crate::framework::{Diagnostics, Field, Private, ResourceState, StateMover, StateUpgrader, model};
use crate::motherduck::duckling_blocks::{PULSE, ReadScaling, ReadWrite};
use crate::motherduck::other_providers::{COMMUNITY, OFFICIAL, required_text};

model! {
    /// A `motherduck_duckling_config` of the official provider, whose attributes are flat.
    struct Official {
        username: String,
        read_write_instance_size: String,
        read_write_cooldown_seconds: i64,
        read_scaling_instance_size: String,
        read_scaling_flock_size: i64,
        read_scaling_cooldown_seconds: i64,
    }
}

model! {
    /// The same resource of the community's provider, with blocks like this provider's.
    struct Community {
        username: String,
        read_write: ReadWrite,
        read_scaling: ReadScaling,
    }
}

/// Returns the resource types that can be moved to Ducklings.
pub(super) fn moves() -> Vec<StateMover<State>> {
    let from = |provider, version, conversion| StateMover {
        provider,
        type_name: "motherduck_duckling_config",
        version,
        conversion,
    };
    let mut all = vec![from(OFFICIAL, 1, StateUpgrader::from(convert_official))];
    all.extend(COMMUNITY.map(|provider| from(provider, 0, StateUpgrader::from(converted))));
    all
}

fn convert_official(flat: Official) -> Result<ResourceState<State>, Diagnostics> {
    converted(Community {
        username: flat.username,
        read_write: Field::Known(ReadWrite {
            instance_size: flat.read_write_instance_size,
            cooldown_seconds: flat.read_write_cooldown_seconds,
        }),
        read_scaling: Field::Known(ReadScaling {
            instance_size: flat.read_scaling_instance_size,
            flock_size: flat.read_scaling_flock_size,
            cooldown_seconds: flat.read_scaling_cooldown_seconds,
        }),
    })
}

/// Converts a state. The configuration before the other provider wrote is unknown, so the live one at the
/// first refresh becomes the original.
fn converted(foreign: Community) -> Result<ResourceState<State>, Diagnostics> {
    let username = required_text(foreign.username, "username")?;
    let state = State {
        id: username.clone(),
        username,
        read_write: block(foreign.read_write),
        read_scaling: block(foreign.read_scaling),
        restore_on_destroy: Field::Null,
    };
    Ok(ResourceState::new(state, Private::new()))
}

/// Converts a block. One without a size counts as unset, and one of size pulse has no cooldown, whatever is
/// stored.
fn block<B: DucklingBlock>(stored: Field<B>) -> Field<B> {
    let Field::Known(block) = stored else {
        return stored;
    };
    match block.size().text() {
        None | Some("") => Field::Null,
        Some(PULSE) => Field::Known(block.with_cooldown(Field::Null)),
        Some(_) => Field::Known(block),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn convert(source: usize, stored: &Json) -> Result<State, Diagnostics> {
        let converted = moves()[source].conversion.convert(stored.to_string().as_bytes());
        converted.map(|stored| stored.state)
    }

    fn read_write(size: &str, cooldown: Option<i64>) -> Field<ReadWrite> {
        Field::Known(ReadWrite {
            instance_size: Field::Known(size.to_owned()),
            cooldown_seconds: cooldown.into(),
        })
    }

    fn read_scaling(size: &str, flock_size: i64, cooldown: Option<i64>) -> Field<ReadScaling> {
        Field::Known(ReadScaling {
            instance_size: Field::Known(size.to_owned()),
            flock_size: Field::Known(flock_size),
            cooldown_seconds: cooldown.into(),
        })
    }

    #[test]
    fn flat_state_is_converted_to_blocks() {
        let state = convert(
            0,
            &json!({
                "id": "svc", "username": "svc", "read_write_instance_size": "jumbo",
                "read_write_cooldown_seconds": 120, "read_scaling_instance_size": "standard",
                "read_scaling_flock_size": "3", "read_scaling_cooldown_seconds": 90,
            }),
        )
        .unwrap();
        assert_eq!(
            (state.id.text(), state.username.text()),
            (Some("svc"), Some("svc"))
        );
        assert_eq!(state.read_write, read_write("jumbo", Some(120)));
        assert_eq!(state.read_scaling, read_scaling("standard", 3, Some(90)));
    }

    #[test]
    fn nested_state_is_converted_to_blocks() {
        let state = convert(
            1,
            &json!({
                "id": "svc", "username": "svc", "read_write": { "instance_size": "mega", "cooldown_seconds": 60 },
                "read_scaling": { "instance_size": "giga", "flock_size": 4, "cooldown_seconds": null },
            }),
        )
        .unwrap();
        assert_eq!(state.read_write, read_write("mega", Some(60)));
        assert_eq!(state.read_scaling, read_scaling("giga", 4, None));
    }

    #[test]
    fn pulse_cooldown_is_converted_to_null() {
        let flat = json!({
            "username": "svc", "read_write_instance_size": "pulse", "read_write_cooldown_seconds": 60,
            "read_scaling_instance_size": "pulse", "read_scaling_flock_size": 0,
            "read_scaling_cooldown_seconds": 60,
        });
        let state = convert(0, &flat).unwrap();
        assert_eq!(state.read_write, read_write("pulse", None));
        assert_eq!(state.read_scaling, read_scaling("pulse", 0, None));
    }

    #[test]
    fn missing_block_is_converted_to_null() {
        let flat = json!({ "username": "svc", "read_write_instance_size": "", "read_scaling_flock_size": 2 });
        let state = convert(0, &flat).unwrap();
        assert!(state.read_write.is_null() && state.read_scaling.is_null());
        let state = convert(1, &json!({ "username": "svc", "read_write": null })).unwrap();
        assert!(state.read_write.is_null() && state.read_scaling.is_null());
    }

    #[test]
    fn state_without_username_is_an_error() {
        for stored in [
            json!({}),
            json!({ "username": "" }),
            json!({ "id": "svc", "username": null }),
        ] {
            for source in [0, 1] {
                assert!(convert(source, &stored).is_err(), "{stored}");
            }
        }
    }
}
