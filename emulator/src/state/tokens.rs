//! Access tokens of one account.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::access::Caller;
use super::change::Change;
use super::organization::{Organization, fold};
use crate::error::Refusal;
use crate::secret::{self, Claims, Digest};
use crate::validate::Choice;

/// An access token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) kind: TokenKind,
    pub(crate) created: Timestamp,
    /// Never, if not set.
    pub(crate) expires: Option<Timestamp>,
    /// Of its secret, which is told once and not kept.
    pub(crate) digest: Digest,
    /// Larger for what was created later.
    pub(crate) serial: u64,
}

/// A token at its creation, the one time its secret is known.
#[derive(Debug)]
pub(crate) struct Minted {
    pub(crate) token: Token,
    pub(crate) secret: SecretString,
}

impl Token {
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    ReadWrite,
    ReadScaling,
}

impl Choice for TokenKind {
    const ALL: &'static [Self] = &[Self::ReadWrite, Self::ReadScaling];

    fn name(self) -> &'static str {
        match self {
            Self::ReadWrite => "read_write",
            Self::ReadScaling => "read_scaling",
        }
    }
}

/// A token as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewToken {
    pub(crate) name: String,
    /// Never expires, if not set.
    pub(crate) ttl_seconds: Option<i64>,
    pub(crate) kind: TokenKind,
    pub(crate) description: Option<String>,
}

impl Organization {
    /// Mints a token for the caller or, as an admin, for a service account. The API refuses to mint one for another human
    /// member, whoever asks.
    pub(crate) fn create_token(
        &mut self,
        caller: &Caller,
        username: &str,
        request: NewToken,
        now: Timestamp,
    ) -> Result<Minted, Refusal> {
        let behaviour = self.behaviour;
        let account = self.account(username)?;
        if !account.is_service_account && !caller.is(username) {
            return Err(Refusal::Forbidden(
                "tokens of another human member cannot be created",
            ));
        }
        let in_use = account
            .tokens
            .iter()
            .any(|token| token.is_live(now) && token.name == request.name);
        if behaviour.unique_token_names && in_use {
            return Err(Refusal::Duplicate(behaviour.duplicate_status));
        }
        let expires = request
            .ttl_seconds
            .map(|seconds| now + SignedDuration::from_secs(seconds));
        let secret = secret::access_token(&Claims {
            user_id: account.id,
            email: &account.email,
            kind: request.kind,
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
            digest: Digest::of(secret.expose_secret()),
            serial: self.next_serial(),
        };
        self.change(Change::PutToken(fold(username), token.clone()));
        Ok(Minted { token, secret })
    }

    /// Gives a user a token, in place of one of the same id.
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

    /// The live tokens of a user, newest first: the service promises no order, so clients have to sort.
    pub(crate) fn tokens(&self, username: &str, now: Timestamp) -> Result<Vec<&Token>, Refusal> {
        let tokens = self.account(username)?.tokens.iter();
        Ok(tokens.rev().filter(|token| token.is_live(now)).collect())
    }

    /// Makes a live token stop working. An id that is no UUID cannot be one of a token, so it is not found either.
    pub(crate) fn revoke_token(&mut self, username: &str, id: &str, now: Timestamp) -> Result<(), Refusal> {
        let id = Uuid::parse_str(id).ok();
        let serial = self
            .account(username)?
            .tokens
            .iter()
            .find(|token| Some(token.id) == id && token.is_live(now))
            .map(|token| token.serial)
            .ok_or(Refusal::NotFound("Token not found"))?;
        self.change(Change::RemoveToken(fold(username), serial));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::{Behaviour, DuplicateStatus};
    use crate::state::{ADMIN_USERNAME, Account, Role};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn set_up(behaviour: Behaviour) -> (Organization, Caller) {
        let mut organization = Organization::new(behaviour, "admin secret", NOW);
        organization.create_service_account("svc".into()).unwrap();
        let grace = Account::new("grace".into(), false, 9);
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
    fn a_token_works_until_it_expires_and_again_when_the_clock_goes_back() {
        let (mut organization, admin) = set_up(Behaviour::default());
        let Minted { token, secret } = organization
            .create_token(&admin, "SVC", request("n"), NOW)
            .unwrap();
        let (id, secret) = (token.id.to_string(), secret.expose_secret());
        assert_eq!(token.expires, Some(at(300)));
        assert!(organization.authenticate(Some(secret), at(299)).is_ok());
        assert_eq!(organization.tokens("svc", at(299)).unwrap().len(), 1);
        assert_eq!(
            organization.authenticate(Some(secret), at(300)).unwrap_err(),
            Refusal::InvalidCredentials
        );
        assert_eq!(organization.tokens("svc", at(300)).unwrap().len(), 0);
        assert!(matches!(
            organization.revoke_token("svc", &id, at(300)),
            Err(Refusal::NotFound(_))
        ));
        assert!(organization.authenticate(Some(secret), at(0)).is_ok());
        organization.revoke_token("svc", &id, at(0)).unwrap();
        assert!(organization.authenticate(Some(secret), at(0)).is_err());
    }

    #[test]
    fn an_admin_mints_for_service_accounts_and_themselves_only() {
        let (mut organization, admin) = set_up(Behaviour::default());
        assert!(
            organization
                .create_token(&admin, "svc", request("n"), NOW)
                .is_ok()
        );
        assert!(
            organization
                .create_token(&admin, &ADMIN_USERNAME.to_uppercase(), request("n"), NOW)
                .is_ok()
        );
        let refused = organization
            .create_token(&admin, "grace", request("n"), NOW)
            .unwrap_err();
        assert!(matches!(refused, Refusal::Forbidden(_)), "{refused:?}");
    }

    #[test]
    fn what_a_caller_may_do_follows_from_the_roles_of_the_owner() {
        let (mut organization, admin) = set_up(Behaviour::default());
        let Minted { secret, .. } = organization
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
    fn read_scaling_tokens_and_deprovisioned_owners_are_turned_away() {
        let (mut organization, admin) = set_up(Behaviour::default());
        let scaling = NewToken {
            kind: TokenKind::ReadScaling,
            ..request("rs")
        };
        let Minted { secret, .. } = organization.create_token(&admin, "svc", scaling, NOW).unwrap();
        let refused = organization
            .authenticate(Some(secret.expose_secret()), NOW)
            .unwrap_err();
        assert!(matches!(refused, Refusal::Forbidden(_)));
        let Minted { secret, .. } = organization
            .create_token(&admin, "svc", request("rw"), NOW)
            .unwrap();
        organization.edit("svc", |account| account.is_deprovisioned = true);
        let refused = organization
            .authenticate(Some(secret.expose_secret()), NOW)
            .unwrap_err();
        assert_eq!(refused, Refusal::InvalidCredentials);
    }

    #[test]
    fn names_repeat_unless_told_otherwise_and_an_expired_one_is_free() {
        let (mut organization, admin) = set_up(Behaviour::default());
        organization
            .create_token(&admin, "svc", request("n"), NOW)
            .unwrap();
        assert!(
            organization
                .create_token(&admin, "svc", request("n"), NOW)
                .is_ok()
        );

        let unique = Behaviour {
            unique_token_names: true,
            duplicate_status: DuplicateStatus::Conflict,
            ..Behaviour::default()
        };
        let (mut organization, admin) = set_up(unique);
        organization
            .create_token(&admin, "svc", request("n"), NOW)
            .unwrap();
        assert_eq!(
            organization
                .create_token(&admin, "svc", request("n"), at(299))
                .unwrap_err(),
            Refusal::Duplicate(DuplicateStatus::Conflict)
        );
        assert!(
            organization
                .create_token(&admin, "svc", request("N"), NOW)
                .is_ok()
        );
        assert!(
            organization
                .create_token(&admin, "svc", request("n"), at(300))
                .is_ok()
        );
    }

    #[test]
    fn listings_come_newest_first() {
        let (mut organization, admin) = set_up(Behaviour::default());
        for name in ["one", "two", "three"] {
            organization
                .create_token(&admin, "svc", request(name), NOW)
                .unwrap();
        }
        let names: Vec<&str> = organization
            .tokens("svc", NOW)
            .unwrap()
            .iter()
            .map(|token| token.name.as_str())
            .collect();
        assert_eq!(names, ["three", "two", "one"]);
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let (organization, _) = set_up(Behaviour::default());
        assert!(!format!("{organization:?}").contains("admin secret"));
    }
}
