//! Human members and service accounts.

use uuid::Uuid;

use super::duckling::{DucklingConfig, RunningDuckling};
use super::token::Token;
use crate::validate::named_enum;

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

    pub(super) fn is_active_admin(&self) -> bool {
        !self.is_deprovisioned && self.roles.contains(&Role::Admin)
    }
}

named_enum! {
    /// The built-in roles. Each includes the permissions of the next.
    pub(crate) enum Role {
        Admin = "admin",
        Builder = "builder",
        Explorer = "explorer",
    }
}

/// Selects users of a listing; a field that is `None` selects all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UserFilter {
    pub(crate) is_service_account: Option<bool>,
    pub(crate) is_deprovisioned: Option<bool>,
}

impl UserFilter {
    pub(super) fn admits(self, account: &Account) -> bool {
        self.is_service_account
            .is_none_or(|wanted| wanted == account.is_service_account)
            && self
                .is_deprovisioned
                .is_none_or(|wanted| wanted == account.is_deprovisioned)
    }
}

/// Returns the form of a username that identifies the account: usernames that differ only in letter case are
/// equal. Characters are folded one by one, because the lower case of a sigma depends on its position in the
/// word, and both forms are the same letter.
pub(super) fn fold(username: &str) -> String {
    username
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_ignores_case() {
        for (one, other) in [
            ("Svc", "sVC"),
            ("ÉTÉ", "été"),
            ("ΝΟΜΟΣ", "νομος"),
            ("ΝΟΜΟΣ", "νομοσ"),
            ("ΝΟΜΟΣ_1", "νομος_1"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
        assert_ne!(fold("svc"), fold("svc_"));
    }
}
