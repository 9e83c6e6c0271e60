//! The calls about Duckling configurations.

use super::Organization;
use crate::behaviour::Behaviour;
use crate::error::ApiError;
use crate::state::account::Account;
use crate::state::change::Change;
use crate::state::duckling::DucklingConfig;

impl Organization {
    pub(crate) fn duckling_config(&self, username: &str) -> Result<DucklingConfig, ApiError> {
        Ok(self.account(username)?.ducklings)
    }

    /// Replaces the whole configuration of a user. Returns the response to the PUT.
    pub(crate) fn set_duckling_config(
        &mut self,
        username: &str,
        config: DucklingConfig,
    ) -> Result<DucklingConfig, ApiError> {
        let Behaviour {
            plan,
            put_without_default_cooldown,
            ..
        } = self.behaviour;
        let account = self.account(username)?;
        if !config.fits(plan) {
            return Err(ApiError::Rule(format!("Invalid config for tier {}", plan.name())));
        }
        let filled_in = config.filled_in();
        let account = Account {
            ducklings: filled_in,
            ..account.without_tokens()
        };
        self.change(Change::PutAccount(account));
        Ok(if put_without_default_cooldown {
            config
        } else {
            filled_in
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::Plan;
    use crate::instance_size::InstanceSize;
    use crate::state::{ReadScaling, ReadWrite};
    use crate::validate::NamedEnum as _;

    fn organization(behaviour: Behaviour) -> Organization {
        let mut organization = Organization::new(behaviour, "secret", jiff::Timestamp::UNIX_EPOCH);
        organization.create_service_account("svc".into()).unwrap();
        organization
    }

    fn config(read_write: InstanceSize, read_scaling: InstanceSize) -> DucklingConfig {
        DucklingConfig {
            read_write: ReadWrite {
                size: read_write,
                cooldown_seconds: None,
            },
            read_scaling: ReadScaling {
                size: read_scaling,
                flock_size: 4,
                cooldown_seconds: None,
            },
        }
    }

    #[test]
    fn omitted_cooldown_is_the_default_of_its_size() {
        let mut organization = organization(Behaviour::default());
        for (size, expected) in [
            (InstanceSize::Pulse, None),
            (InstanceSize::Standard, Some(60)),
            (InstanceSize::Jumbo, Some(60)),
            (InstanceSize::Mega, Some(300)),
            (InstanceSize::Giga, Some(600)),
        ] {
            let mut before = config(InstanceSize::Standard, InstanceSize::Standard);
            before.read_write.cooldown_seconds = Some(3600);
            organization.set_duckling_config("svc", before).unwrap();
            let response = organization
                .set_duckling_config("svc", config(size, size))
                .unwrap();
            assert_eq!(response.read_write.cooldown_seconds, expected, "{size:?}");
            assert_eq!(response.read_scaling.cooldown_seconds, expected, "{size:?}");
            assert_eq!(organization.duckling_config("svc"), Ok(response));
        }
    }

    #[test]
    fn put_without_default_cooldown_omits_it_only_in_the_response() {
        let behaviour = Behaviour {
            put_without_default_cooldown: true,
            ..Behaviour::default()
        };
        let mut organization = organization(behaviour);
        let mut requested = config(InstanceSize::Mega, InstanceSize::Giga);
        requested.read_scaling.cooldown_seconds = Some(90);
        assert_eq!(organization.set_duckling_config("svc", requested), Ok(requested));
        let stored = organization.duckling_config("svc").unwrap();
        assert_eq!(stored.read_write.cooldown_seconds, Some(300));
        assert_eq!(stored.read_scaling.cooldown_seconds, Some(90));
    }

    #[test]
    fn lite_plan_accepts_only_pulse() {
        let mut organization = organization(Behaviour {
            plan: Plan::Lite,
            ..Behaviour::default()
        });
        let pulse = config(InstanceSize::Pulse, InstanceSize::Pulse);
        assert!(organization.set_duckling_config("svc", pulse).is_ok());
        for refused in [
            config(InstanceSize::Standard, InstanceSize::Pulse),
            config(InstanceSize::Pulse, InstanceSize::Standard),
        ] {
            assert_eq!(
                organization.set_duckling_config("svc", refused),
                Err(ApiError::Rule("Invalid config for tier lite".into()))
            );
        }
        assert_eq!(organization.duckling_config("svc"), Ok(pulse));
    }

    #[test]
    fn new_account_ducklings_depend_on_plan_and_new_account() {
        let at_start = |behaviour: Behaviour| {
            let config = behaviour.new_account_ducklings();
            let (write, read) = (config.read_write, config.read_scaling);
            (
                (write.size.name(), write.cooldown_seconds),
                (read.size.name(), read.cooldown_seconds, read.flock_size),
            )
        };
        assert_eq!(
            at_start(Behaviour::default()),
            (("standard", Some(60)), ("standard", Some(60), 4))
        );
        let lite = Behaviour {
            plan: Plan::Lite,
            ..Behaviour::default()
        };
        assert_eq!(at_start(lite), (("pulse", None), ("pulse", None, 4)));
        let given = Behaviour {
            new_account: Some("pulse/mega/2".parse().unwrap()),
            ..Behaviour::default()
        };
        assert_eq!(at_start(given), (("pulse", None), ("mega", Some(300), 2)));
    }
}
