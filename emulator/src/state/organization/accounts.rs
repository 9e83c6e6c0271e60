//! The calls about members of the organization.

use super::Organization;
use crate::error::ApiError;
use crate::state::account::{Account, UserFilter, fold};
use crate::state::change::Change;

impl Organization {
    /// Creates a service account without a role. The name must not exist in any letter case.
    pub(crate) fn create_service_account(&mut self, username: String) -> Result<Account, ApiError> {
        if self.find(&username).is_some() {
            return Err(ApiError::Duplicate(self.behaviour.duplicate_status));
        }
        let serial = self.next_serial();
        let account = Account::new(username, true, self.behaviour.new_account_ducklings(), serial);
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
    use crate::state::{ADMIN_USERNAME, Role};

    fn organization() -> Organization {
        Organization::new(Behaviour::default(), "secret", jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn usernames_are_unique_regardless_of_case_and_returned_as_created() {
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
    fn new_service_account_has_no_role_and_default_ducklings() {
        let mut organization = organization();
        let account = organization.create_service_account("svc".into()).unwrap();
        assert!(account.is_service_account && account.roles.is_empty() && account.tokens.is_empty());
        assert_eq!(account.ducklings, Behaviour::default().new_account_ducklings());
    }

    #[test]
    fn delete_of_the_last_admin_is_an_error() {
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
    fn users_are_filtered_and_sorted_newest_first() {
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
