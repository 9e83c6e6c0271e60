//! Who is calling, and what they may do.

use jiff::Timestamp;

use super::accounts::{Account, Role};
use super::organization::{Organization, fold};
use super::tokens::TokenKind;
use crate::error::Refusal;
use crate::secret::Digest;

const NEEDS_ADMIN: &str = "minimum role org_admin is required";

/// The owner of the token a request came with.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    folded_username: String,
    roles: Vec<Role>,
}

impl Caller {
    fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// Whether the account is the caller's own.
    fn is(&self, username: &str) -> bool {
        self.folded_username == fold(username)
    }

    pub(crate) fn require_admin(&self) -> Result<(), Refusal> {
        if self.is_admin() {
            Ok(())
        } else {
            Err(Refusal::Forbidden(NEEDS_ADMIN))
        }
    }

    /// Every account may look after its own tokens and Ducklings, an admin after those of every account.
    pub(crate) fn require_self_or_admin(&self, username: &str) -> Result<(), Refusal> {
        if self.is(username) {
            Ok(())
        } else {
            self.require_admin()
        }
    }

    /// Tokens of another human member are created and revoked by no one else, not even by an admin.
    pub(super) fn require_own_or_service(&self, account: &Account) -> Result<(), Refusal> {
        if account.is_service_account || self.is(&account.username) {
            Ok(())
        } else {
            Err(Refusal::Forbidden(
                "tokens of another human member cannot be created or revoked",
            ))
        }
    }

    /// The members of an organization are visible to each of its built-in roles, not to an account without one.
    pub(crate) fn require_view_of_members(&self) -> Result<(), Refusal> {
        if self.roles.is_empty() {
            return Err(Refusal::Forbidden(
                "privilege member_management.view_all_members is required",
            ));
        }
        Ok(())
    }
}

impl Organization {
    /// The caller behind a bearer token. Read scaling tokens are valid, but not for this API.
    pub(crate) fn authenticate(&self, bearer: Option<&str>, now: Timestamp) -> Result<Caller, Refusal> {
        let bearer = bearer.ok_or(Refusal::InvalidCredentials)?;
        let (account, token) = self
            .token_of(Digest::of(bearer))
            .filter(|(account, token)| !account.is_deprovisioned && token.is_live(now))
            .ok_or(Refusal::InvalidCredentials)?;
        if token.kind == TokenKind::ReadScaling {
            return Err(Refusal::Forbidden("read scaling tokens are not accepted"));
        }
        Ok(Caller {
            folded_username: fold(&account.username),
            roles: account.roles.clone(),
        })
    }

    /// Whether a text is the secret of a token, expired ones included.
    pub(crate) fn is_secret(&self, text: &str) -> bool {
        self.token_of(Digest::of(text)).is_some()
    }
}
