//! Human members and service accounts.

use uuid::Uuid;

use super::change::Change;
use super::ducklings::{DucklingConfig, RunningDuckling};
use super::organization::{Organization, fold};
use super::tokens::Token;
use crate::error::ApiError;
use crate::validate::Choice;

/// A human member or a service account.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "the API's own name for the kind of a user"
)]
pub(crate) struct Account {
    pub(crate) id: Uuid,
    /// The username in its original spelling.
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) is_service_account: bool,
    /// Whether the user is deprovisioned: it is still listed, but its tokens are not accepted.
    pub(crate) is_deprovisioned: bool,
    pub(crate) roles: Vec<Role>,
    /// The tokens, sorted by serial, which is the order of creation; expired ones included. Their times may
    /// have another order, because the clock can be moved back.
    pub(crate) tokens: Vec<Token>,
    pub(crate) ducklings: DucklingConfig,
    pub(crate) running: Vec<RunningDuckling>,
    /// A number that increases with each created account.
    pub(crate) serial: u64,
}

impl Account {
    /// Creates an account without roles, names and tokens.
    pub(crate) fn new(
        username: String,
        is_service_account: bool,
        ducklings: DucklingConfig,
        serial: u64,
    ) -> Self {
        let domain = if is_service_account {
            "service.example.invalid"
        } else {
            "example.com"
        };
        Self {
            id: Uuid::new_v4(),
            email: format!("{username}@{domain}"),
            username,
            first_name: None,
            last_name: None,
            is_service_account,
            is_deprovisioned: false,
            roles: Vec::new(),
            tokens: Vec::new(),
            ducklings,
            running: Vec::new(),
            serial,
        }
    }

    /// Returns a copy without the tokens, of which there may be many.
    pub(crate) fn without_tokens(&self) -> Self {
        Self {
            id: self.id,
            username: self.username.clone(),
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            is_service_account: self.is_service_account,
            is_deprovisioned: self.is_deprovisioned,
            roles: self.roles.clone(),
            tokens: Vec::new(),
            ducklings: self.ducklings,
            running: self.running.clone(),
            serial: self.serial,
        }
    }

    /// Returns the username in the form that identifies the account.
    pub(crate) fn folded_username(&self) -> String {
        fold(&self.username)
    }

    fn is_active_admin(&self) -> bool {
        !self.is_deprovisioned && self.roles.contains(&Role::Admin)
    }
}

/// The built-in roles. Each includes the permissions of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Admin,
    Builder,
    Explorer,
}

impl Choice for Role {
    const ALL: &'static [Self] = &[Self::Admin, Self::Builder, Self::Explorer];

    fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Builder => "builder",
            Self::Explorer => "explorer",
        }
    }
}

/// Selects users of a listing; a field that is `None` selects all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserFilter {
    pub(crate) is_service_account: Option<bool>,
    pub(crate) is_deprovisioned: Option<bool>,
}

impl UserFilter {
    fn admits(self, account: &Account) -> bool {
        self.is_service_account
            .is_none_or(|wanted| wanted == account.is_service_account)
            && self
                .is_deprovisioned
                .is_none_or(|wanted| wanted == account.is_deprovisioned)
    }
}

impl Organization {
    /// Creates a service account without a role. The name must not exist in any letter case.
    pub(crate) fn create_service_account(&mut self, username: String) -> Result<Account, ApiError> {
        if self.find(&username).is_some() {
            return Err(ApiError::Duplicate(self.behaviour.duplicate_status));
        }
        let serial = self.next_serial();
        let account = Account::new(username, true, self.behaviour.ducklings_at_start(), serial);
        self.change(Change::PutAccount(account.clone()));
        Ok(account)
    }

    /// Removes a user, its tokens and its running Ducklings. Returns the username in its original spelling.
    ///
    /// It is unknown whether the service allows deleting the last admin. The emulator does not, because no
    /// call would be possible afterwards.
    pub(crate) fn delete_user(&mut self, username: &str) -> Result<String, ApiError> {
        let account = self.account(username)?;
        let spelled = account.username.clone();
        if account.is_active_admin()
            && self
                .accounts
                .values()
                .filter(|account| account.is_active_admin())
                .count()
                == 1
        {
            return Err(ApiError::Rule(
                "Cannot delete the last admin of the organization".to_owned(),
            ));
        }
        self.change(Change::RemoveAccount(fold(username)));
        Ok(spelled)
    }

    /// Returns the users that match a filter, newest first. The service documents no order, so this is the
    /// least convenient one: a client must sort, and an account that is created between two requests moves a
    /// row of the first page to the second.
    pub(crate) fn users(&self, filter: UserFilter) -> Vec<&Account> {
        let mut users: Vec<&Account> = self
            .accounts
            .values()
            .filter(|account| filter.admits(account))
            .collect();
        users.sort_by_key(|account| std::cmp::Reverse(account.serial));
        users
    }

    /// Returns the accounts with running Ducklings, newest first.
    pub(crate) fn active_accounts(&self) -> Vec<&Account> {
        let mut accounts = self.users(UserFilter::default());
        accounts.retain(|account| !account.running.is_empty());
        accounts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::{Behaviour, DuplicateStatus};
    use crate::state::ADMIN_USERNAME;

    fn organization() -> Organization {
        Organization::new(Behaviour::default(), "secret", jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn names_are_one_whatever_their_case_and_keep_their_spelling() {
        let mut organization = organization();
        organization.create_service_account("Élan_1".into()).unwrap();
        assert_eq!(
            organization.create_service_account("éLAN_1".into()).unwrap_err(),
            ApiError::Duplicate(DuplicateStatus::Conflict)
        );
        assert_eq!(organization.find("ÉLAN_1").unwrap().username, "Élan_1");
        assert_eq!(organization.delete_user("élan_1").unwrap(), "Élan_1");
        assert_eq!(
            organization.delete_user("élan_1").unwrap_err(),
            ApiError::NotFound("User not found")
        );
    }

    #[test]
    fn a_new_service_account_has_no_role_and_the_configuration_of_the_plan() {
        let mut organization = organization();
        let account = organization.create_service_account("svc".into()).unwrap();
        assert!(account.is_service_account && account.roles.is_empty() && account.tokens.is_empty());
        assert_eq!(account.ducklings, Behaviour::default().ducklings_at_start());
    }

    #[test]
    fn the_last_admin_stays() {
        let mut organization = organization();
        assert!(matches!(
            organization.delete_user(ADMIN_USERNAME),
            Err(ApiError::Rule(_))
        ));
        organization.create_service_account("second".into()).unwrap();
        organization.edit("second", |account| account.roles.push(Role::Admin));
        assert!(organization.delete_user(ADMIN_USERNAME).is_ok());
        assert!(matches!(
            organization.delete_user("second"),
            Err(ApiError::Rule(_))
        ));
    }

    #[test]
    fn users_come_newest_first_and_filtered() {
        let mut organization = organization();
        organization.create_service_account("aaa".into()).unwrap();
        organization.create_service_account("zzz".into()).unwrap();
        organization.edit("aaa", |account| account.is_deprovisioned = true);
        let names = |is_service_account, is_deprovisioned| -> Vec<&str> {
            let filter = UserFilter {
                is_service_account,
                is_deprovisioned,
            };
            organization
                .users(filter)
                .iter()
                .map(|account| account.username.as_str())
                .collect()
        };
        assert_eq!(names(None, None), ["zzz", "aaa", ADMIN_USERNAME]);
        assert_eq!(names(Some(true), Some(false)), ["zzz"]);
        assert_eq!(names(Some(false), None), [ADMIN_USERNAME]);
        assert_eq!(names(None, Some(true)), ["aaa"]);
    }
}
