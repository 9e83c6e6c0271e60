//! The caller of a request and its permissions.

use jiff::Timestamp;

use super::Organization;
use crate::error::ApiError;
use crate::secret::Digest;
use crate::state::account::{Account, Role, fold};
use crate::state::token::TokenKind;

const NEEDS_ADMIN: &str = "minimum role org_admin is required";

/// The owner of the token of a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    folded_username: String,
    roles: Vec<Role>,
}

impl Caller {
    fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }

    /// Whether this is the caller's own account.
    fn is(&self, username: &str) -> bool {
        self.folded_username == fold(username)
    }

    pub(crate) fn require_admin(&self) -> Result<(), ApiError> {
        if self.is_admin() {
            Ok(())
        } else {
            Err(ApiError::Forbidden(NEEDS_ADMIN))
        }
    }

    /// Allows the account's own calls, and those of an admin.
    pub(crate) fn require_self_or_admin(&self, username: &str) -> Result<(), ApiError> {
        if self.is(username) {
            Ok(())
        } else {
            self.require_admin()
        }
    }

    /// Allows calls for service accounts and for the caller's own account. Tokens of a human member are
    /// created and revoked only by that member, not even by an admin.
    pub(super) fn require_own_or_service(&self, account: &Account) -> Result<(), ApiError> {
        if account.is_service_account || self.is(&account.username) {
            Ok(())
        } else {
            Err(ApiError::Forbidden(
                "tokens of another human member cannot be created or revoked",
            ))
        }
    }

    /// Allows callers with any built-in role, because each may list the members of the organization.
    pub(crate) fn require_view_of_members(&self) -> Result<(), ApiError> {
        if self.roles.is_empty() {
            return Err(ApiError::Forbidden(
                "privilege member_management.view_all_members is required",
            ));
        }
        Ok(())
    }
}

impl Organization {
    /// Returns the caller of a bearer token. Read scaling tokens are valid, but this API does not accept
    /// them.
    pub(crate) fn authenticate(&self, bearer: Option<&str>, now: Timestamp) -> Result<Caller, ApiError> {
        let bearer = bearer.ok_or(ApiError::InvalidCredentials)?;
        let (account, token) = self
            .token_of(Digest::new(bearer))
            .filter(|(account, token)| !account.is_deprovisioned && token.is_live(now))
            .ok_or(ApiError::InvalidCredentials)?;
        if token.kind == TokenKind::ReadScaling {
            return Err(ApiError::Forbidden("read scaling tokens are not accepted"));
        }
        Ok(Caller {
            folded_username: fold(&account.username),
            roles: account.roles.clone(),
        })
    }

    /// Whether a text is the secret of a token, expired ones included.
    pub(crate) fn is_secret(&self, text: &str) -> bool {
        self.token_of(Digest::new(text)).is_some()
    }
}
