//! The calls about access tokens.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::Organization;
use super::access::Caller;
use crate::behaviour::Behaviour;
use crate::error::ApiError;
use crate::secret::{self, Claims, Digest};
use crate::state::account::fold;
use crate::state::change::Change;
use crate::state::token::{Token, TokenKind};
use crate::validate::NamedEnum as _;

/// A created token with its secret, which is known only at creation.
#[derive(Debug)]
pub(crate) struct TokenAndSecret {
    pub(crate) token: Token,
    pub(crate) secret: SecretString,
}

/// A request for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewToken {
    pub(crate) name: String,
    /// The lifetime in seconds; `None` for a token that never expires.
    pub(crate) ttl_seconds: Option<i64>,
    pub(crate) kind: TokenKind,
    pub(crate) description: Option<String>,
}

impl Organization {
    /// Creates a token for the caller or, as an admin, for a service account.
    pub(crate) fn create_token(
        &mut self,
        caller: &Caller,
        username: &str,
        request: NewToken,
        now: Timestamp,
    ) -> Result<TokenAndSecret, ApiError> {
        let behaviour = self.behaviour;
        let account = self.account(username)?;
        caller.require_own_or_service(account)?;
        let is_taken = account.tokens.iter().any(|token| {
            (token.is_live(now) || behaviour.expired_tokens_keep_names)
                && are_one_name(&token.name, &request.name, behaviour)
        });
        if is_taken && !behaviour.repeated_token_names {
            return Err(ApiError::Duplicate(behaviour.duplicate_status));
        }
        let expires = request
            .ttl_seconds
            .map(|seconds| now + SignedDuration::from_secs(seconds));
        let secret = secret::access_token(&Claims {
            user_id: account.id,
            email: &account.email,
            token_type: request.kind.name(),
            read_only: request.kind == TokenKind::ReadScaling,
            issued: now,
            expires,
        });
        let token = Token {
            id: Uuid::new_v4(),
            name: request.name,
            description: request.description,
            kind: request.kind,
            created: now,
            expires,
            digest: Digest::new(secret.expose_secret()),
            serial: self.next_serial(),
        };
        self.change(Change::PutToken(fold(username), token.clone()));
        Ok(TokenAndSecret { token, secret })
    }

    /// Adds a token to a user, or replaces the one with its id.
    pub(crate) fn put_token(&mut self, username: &str, token: Token) {
        let owner = fold(username);
        let before = self.accounts.get(&owner).and_then(|account| {
            let mut tokens = account.tokens.iter();
            tokens.find(|before| before.id == token.id)
        });
        if let Some(serial) = before.map(|before| before.serial) {
            self.change(Change::RemoveToken(owner.clone(), serial));
        }
        self.change(Change::PutToken(owner, token));
    }

    /// Returns the live tokens of a user, newest first. The service documents no order, so clients must sort.
    pub(crate) fn tokens(&self, username: &str, now: Timestamp) -> Result<Vec<&Token>, ApiError> {
        let tokens = self.account(username)?.tokens.iter();
        Ok(tokens.rev().filter(|token| token.is_live(now)).collect())
    }

    /// Revokes a live token of the caller or, as an admin, of a service account. The token is identified by
    /// its id or, if no token has that id, by its name; of several tokens with that name the newest one is
    /// revoked.
    pub(crate) fn revoke_token(
        &mut self,
        caller: &Caller,
        username: &str,
        id_or_name: &str,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let behaviour = self.behaviour;
        let account = self.account(username)?;
        caller.require_own_or_service(account)?;
        let id = Uuid::parse_str(id_or_name).ok();
        let live = || account.tokens.iter().rev().filter(|token| token.is_live(now));
        let of_name = || {
            live()
                .find(|token| are_one_name(&token.name, id_or_name, behaviour))
                .filter(|_| !behaviour.token_ids_only)
        };
        let serial = live()
            .find(|token| Some(token.id) == id)
            .or_else(of_name)
            .map(|token| token.serial)
            .ok_or(ApiError::NotFound("Token not found"))?;
        self.change(Change::RemoveToken(fold(username), serial));
        Ok(())
    }
}

/// Whether two token names of one user count as the same name.
fn are_one_name(one: &str, other: &str, behaviour: Behaviour) -> bool {
    if behaviour.caseless_token_names {
        fold(one) == fold(other)
    } else {
        one == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::DuplicateStatus;
    use crate::state::{Account, Role};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn set_up(behaviour: Behaviour) -> (Organization, Caller) {
        let mut organization = Organization::new(behaviour, "admin secret", NOW);
        organization.create_service_account("svc".into()).unwrap();
        let grace = Account::new("grace".into(), false, behaviour.new_account_ducklings(), 9);
        organization.change(Change::PutAccount(grace));
        let caller = organization.authenticate(Some("admin secret"), NOW).unwrap();
        (organization, caller)
    }

    fn request(name: &str) -> NewToken {
        NewToken {
            name: name.into(),
            ttl_seconds: Some(300),
            kind: TokenKind::ReadWrite,
            description: None,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn token_is_valid_until_it_expires_or_is_revoked() {
        let (mut organization, admin) = set_up(Behaviour::default());
        let TokenAndSecret { token, secret } = organization
            .create_token(&admin, "SVC", request("n"), NOW)
            .unwrap();
        let (id, secret) = (token.id.to_string(), secret.expose_secret());
        assert_eq!(token.expires, Some(at(300)));
        assert!(organization.authenticate(Some(secret), at(299)).is_ok());
        assert_eq!(organization.tokens("svc", at(299)).unwrap().len(), 1);
        assert_eq!(
            organization.authenticate(Some(secret), at(300)).unwrap_err(),
            ApiError::InvalidCredentials
        );
        assert_eq!(organization.tokens("svc", at(300)).unwrap().len(), 0);
        assert!(matches!(
            organization.revoke_token(&admin, "svc", &id, at(300)),
            Err(ApiError::NotFound(_))
        ));
        assert!(organization.authenticate(Some(secret), at(0)).is_ok());
        organization.revoke_token(&admin, "svc", &id, at(0)).unwrap();
        assert!(organization.authenticate(Some(secret), at(0)).is_err());
    }

    #[test]
    fn permissions_depend_on_the_roles_of_the_owner() {
        let (mut organization, admin) = set_up(Behaviour::default());
        let TokenAndSecret { secret, .. } = organization
            .create_token(&admin, "svc", request("n"), NOW)
            .unwrap();
        let mut caller_with = |roles: &[Role]| {
            organization.edit("svc", |account| account.roles = roles.to_vec());
            organization
                .authenticate(Some(secret.expose_secret()), NOW)
                .unwrap()
        };
        let member = caller_with(&[]);
        assert!(member.require_admin().is_err());
        assert!(member.require_view_of_members().is_err());
        assert!(member.require_self_or_admin("Svc").is_ok());
        assert!(member.require_self_or_admin("other").is_err());
        let explorer = caller_with(&[Role::Explorer]);
        assert!(explorer.require_admin().is_err());
        assert!(explorer.require_view_of_members().is_ok());
        let admin = caller_with(&[Role::Admin]);
        assert!(admin.require_admin().is_ok());
        assert!(admin.require_self_or_admin("other").is_ok());
    }

    #[test]
    fn authenticate_rejects_read_scaling_tokens_and_deprovisioned_owners() {
        let (mut organization, admin) = set_up(Behaviour::default());
        let scaling = NewToken {
            kind: TokenKind::ReadScaling,
            ..request("rs")
        };
        let TokenAndSecret { secret, .. } = organization.create_token(&admin, "svc", scaling, NOW).unwrap();
        let refused = organization
            .authenticate(Some(secret.expose_secret()), NOW)
            .unwrap_err();
        assert!(matches!(refused, ApiError::Forbidden(_)));
        let TokenAndSecret { secret, .. } = organization
            .create_token(&admin, "svc", request("rw"), NOW)
            .unwrap();
        organization.edit("svc", |account| account.is_deprovisioned = true);
        let refused = organization
            .authenticate(Some(secret.expose_secret()), NOW)
            .unwrap_err();
        assert_eq!(refused, ApiError::InvalidCredentials);
    }

    /// Returns the result of creating a second token after one named `n` with a lifetime of 300 seconds.
    fn create_second(behaviour: Behaviour, name: &str, after: i64) -> Result<TokenAndSecret, ApiError> {
        let (mut organization, admin) = set_up(behaviour);
        organization
            .create_token(&admin, "svc", request("n"), NOW)
            .unwrap();
        organization.create_token(&admin, "svc", request(name), at(after))
    }

    #[test]
    fn live_token_name_is_unique_depending_on_switches() {
        let standard = Behaviour::default();
        assert_eq!(
            create_second(standard, "n", 299).unwrap_err(),
            ApiError::Duplicate(DuplicateStatus::Conflict)
        );
        assert!(create_second(standard, "N", 299).is_ok());
        assert!(create_second(standard, "n", 300).is_ok());

        let repeated = Behaviour {
            repeated_token_names: true,
            ..standard
        };
        assert!(create_second(repeated, "n", 299).is_ok());
        let caseless = Behaviour {
            caseless_token_names: true,
            ..standard
        };
        assert!(create_second(caseless, "N", 299).is_err());
        assert!(create_second(caseless, "N", 300).is_ok());
        let kept = Behaviour {
            expired_tokens_keep_names: true,
            ..standard
        };
        assert!(create_second(kept, "n", 300).is_err());
        assert!(create_second(kept, "N", 300).is_ok());
        let both = Behaviour {
            caseless_token_names: true,
            ..kept
        };
        assert!(create_second(both, "N", 300).is_err());
    }

    #[test]
    fn revoked_token_name_can_be_reused() {
        let (mut organization, admin) = set_up(Behaviour {
            expired_tokens_keep_names: true,
            ..Behaviour::default()
        });
        for _ in 0..2 {
            organization
                .create_token(&admin, "svc", request("n"), NOW)
                .unwrap();
            organization.revoke_token(&admin, "svc", "n", NOW).unwrap();
        }
    }

    #[test]
    fn revoke_prefers_an_id_and_the_newest_of_a_name() {
        let (mut organization, admin) = set_up(Behaviour {
            repeated_token_names: true,
            ..Behaviour::default()
        });
        let mut create = |name: &str| {
            let created = organization.create_token(&admin, "svc", request(name), NOW);
            created.unwrap().token.id
        };
        let (first, second) = (create("n"), create("n"));
        let named_like_the_first = create(&first.to_string());
        let mut revoke = |id_or_name: &str| {
            organization.revoke_token(&admin, "svc", id_or_name, NOW)?;
            let left = organization.tokens("svc", NOW)?;
            Ok::<_, ApiError>(left.iter().map(|token| token.id).collect::<Vec<Uuid>>())
        };
        assert_eq!(revoke("n").unwrap(), [named_like_the_first, first]);
        assert_eq!(revoke(&first.to_string()).unwrap(), [named_like_the_first]);
        assert!(revoke(&first.to_string()).unwrap().is_empty());
        assert!(matches!(revoke(&second.to_string()), Err(ApiError::NotFound(_))));
    }

    #[test]
    fn organization_debug_omits_secrets() {
        let (organization, _) = set_up(Behaviour::default());
        assert!(!format!("{organization:?}").contains("admin secret"));
    }
}
