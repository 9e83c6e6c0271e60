//! Service accounts of other providers.

use super::State;
use crate::framework::{Diagnostics, Field, Private, ResourceState, StateMover, StateUpgrader, model};
use crate::motherduck::other_providers::{COMMUNITY, OFFICIAL, required_text};

model! {
    /// The common attributes of all of them. Their deletion policies are not converted: the account is
    /// protected until the user changes that.
    struct Foreign {
        username: String,
    }
}

/// Returns the resource types that can be moved to a service account.
pub(super) fn moves() -> Vec<StateMover<State>> {
    let from = |provider, version| StateMover {
        provider,
        type_name: "motherduck_service_account",
        version,
        conversion: StateUpgrader::from(converted),
    };
    let mut all = vec![from(OFFICIAL, 1)];
    all.extend(COMMUNITY.map(|provider| from(provider, 0)));
    all
}

fn converted(foreign: Foreign) -> Result<ResourceState<State>, Diagnostics> {
    let username = required_text(foreign.username, "username")?;
    let state = State {
        id: username.clone(),
        username,
        deletion_protection: Field::Null,
    };
    Ok(ResourceState::new(state, Private::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moved_state_has_only_username_and_id() {
        for source in moves() {
            let stored = br#"{"id":"1234","username":"svc","deletion_policy":"delete"}"#;
            let state = source.conversion.convert(stored).unwrap().state;
            assert_eq!(
                (state.username.text(), state.id.text()),
                (Some("svc"), Some("svc"))
            );
            // The attribute is unset, so that the default protects the account.
            assert_eq!(state.deletion_protection, Field::Null);
        }
    }

    #[test]
    fn state_without_username_is_an_error() {
        for stored in [
            r#"{"id":"svc"}"#,
            r#"{"id":"svc","username":""}"#,
            r#"{"username":null}"#,
        ] {
            assert!(
                moves()[0].conversion.convert(stored.as_bytes()).is_err(),
                "{stored}"
            );
        }
    }
}
