//! The calls about Dives and their embed sessions.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use uuid::Uuid;

use super::Organization;
use crate::behaviour::Plan;
use crate::error::ApiError;
use crate::secret;
use crate::state::change::Change;
use crate::state::dive::{Dive, EmbedSession};

/// A request for an embed session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EmbedRequest {
    pub(crate) username: String,
    pub(crate) session_name: Option<String>,
    /// The version; the default is the current one. The type is wider than that of versions, because any
    /// number may be requested.
    pub(crate) version: Option<u64>,
}

impl Organization {
    /// Creates a session for 24 hours and returns its secret. Expired sessions are removed, so that their
    /// number stays limited.
    pub(crate) fn create_embed_session(
        &mut self,
        dive: Uuid,
        request: EmbedRequest,
        now: Timestamp,
    ) -> Result<SecretString, ApiError> {
        if self.behaviour.plan != Plan::Business {
            return Err(ApiError::Forbidden("the Business plan is required"));
        }
        let dive = self
            .dives
            .get(&dive)
            .ok_or(ApiError::NotFound("Dive not found"))?;
        let account = self.account(&request.username)?;
        if !account.is_service_account {
            return Err(ApiError::Forbidden("an embed session needs a service account"));
        }
        let version = request.version.map_or(Ok(dive.version), u32::try_from);
        let version = version
            .ok()
            .filter(|version| *version <= dive.version)
            .ok_or(ApiError::NotFound("Dive version not found"))?;
        let session = EmbedSession {
            dive: dive.id,
            version,
            username: account.username.clone(),
            session_name: request.session_name,
            expires: now + SignedDuration::from_hours(24),
            serial: self.next_serial(),
        };
        self.remove_expired_sessions(now);
        self.change(Change::AddSession(session));
        Ok(secret::embed_session())
    }

    /// Removes expired sessions. They do not return if the clock is moved back.
    pub(crate) fn remove_expired_sessions(&mut self, now: Timestamp) {
        let ended = self.sessions.iter().filter(|session| session.expires <= now);
        let serials: Vec<u64> = ended.map(|session| session.serial).collect();
        for serial in serials {
            self.change(Change::RemoveSession(serial));
        }
    }

    /// Adds a Dive, or replaces the one with its id.
    pub(crate) fn insert_dive(&mut self, dive: Dive) {
        self.change(Change::PutDive(dive));
    }

    /// Returns every Dive, sorted by id.
    pub(crate) fn dives(&self) -> impl Iterator<Item = &Dive> {
        self.dives.values()
    }

    /// Returns the sessions, oldest first. Expired ones are included until the next session is created.
    pub(crate) fn embed_sessions(&self) -> &[EmbedSession] {
        &self.sessions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::Behaviour;
    use crate::state::ADMIN_USERNAME;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn set_up(plan: Plan) -> (Organization, Uuid) {
        let mut organization = Organization::new(
            Behaviour {
                plan,
                ..Behaviour::default()
            },
            "secret",
            NOW,
        );
        organization.create_service_account("svc".into()).unwrap();
        let id = Uuid::new_v4();
        organization.insert_dive(Dive {
            id,
            title: "Sales".into(),
            version: 3,
        });
        (organization, id)
    }

    fn request(username: &str, version: Option<u64>) -> EmbedRequest {
        EmbedRequest {
            username: username.into(),
            session_name: None,
            version,
        }
    }

    #[test]
    fn embed_session_version_defaults_to_the_current_one() {
        let (mut organization, dive) = set_up(Plan::Business);
        organization
            .create_embed_session(dive, request("SVC", None), NOW)
            .unwrap();
        organization
            .create_embed_session(dive, request("svc", Some(2)), NOW)
            .unwrap();
        let versions: Vec<u32> = organization
            .embed_sessions()
            .iter()
            .map(|session| session.version)
            .collect();
        assert_eq!(versions, [3, 2]);
        assert_eq!(organization.embed_sessions()[0].username, "svc");
        assert_eq!(organization.embed_sessions()[0].expires.as_second(), 86_400);
    }

    #[test]
    fn expired_embed_sessions_are_removed_by_the_next_create() {
        let (mut organization, dive) = set_up(Plan::Business);
        let mut open = |username, seconds| {
            let now = Timestamp::from_second(seconds).unwrap();
            organization
                .create_embed_session(dive, request(username, None), now)
                .unwrap();
            let sessions = organization.embed_sessions().iter();
            sessions
                .map(|session| session.expires.as_second())
                .collect::<Vec<_>>()
        };
        assert_eq!(open("svc", 0), [86_400]);
        assert_eq!(open("svc", 9), [86_400, 86_409]);
        assert_eq!(open("svc", 86_400), [86_409, 172_800]);
        assert_eq!(open("svc", 90_000), [172_800, 176_400]);
    }

    #[test]
    fn embed_session_of_invalid_dive_user_or_plan_is_an_error() {
        let (mut organization, dive) = set_up(Plan::Business);
        let mut open = |dive, request| organization.create_embed_session(dive, request, NOW).unwrap_err();
        assert_eq!(
            open(Uuid::new_v4(), request("svc", None)),
            ApiError::NotFound("Dive not found")
        );
        assert_eq!(
            open(dive, request("nobody", None)),
            ApiError::NotFound("User not found")
        );
        assert_eq!(
            open(dive, request("svc", Some(4))),
            ApiError::NotFound("Dive version not found")
        );
        assert_eq!(
            open(dive, request("svc", Some(u64::MAX))),
            ApiError::NotFound("Dive version not found")
        );
        assert!(matches!(
            open(dive, request(ADMIN_USERNAME, None)),
            ApiError::Forbidden(_)
        ));
        assert!(organization.embed_sessions().is_empty());

        let (mut organization, dive) = set_up(Plan::Lite);
        let refused = organization
            .create_embed_session(dive, request("svc", None), NOW)
            .unwrap_err();
        assert_eq!(refused, ApiError::Forbidden("the Business plan is required"));
    }
}
