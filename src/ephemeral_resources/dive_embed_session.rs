//! `motherduck_dive_embed_session`: the secret that embeds a Dive in a web page. It expires and cannot be
//! revoked.

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Map, Value as Json};
use uuid::fmt::Hyphenated;

use crate::api::{
    Error, INITIAL_STATE_LIMIT_BYTES, NewEmbedSession, REQUIRED_RESOURCES_LIMIT_BYTES, RequiredResource,
};
use crate::framework::{
    Block, Diagnostic, Diagnostics, EphemeralResource, Field, Model, OpenResponse, Path, Private, Step,
    Validator, model,
};
use crate::motherduck::{ProviderData, account_name, errors};

model! {
    /// A session that embeds a Dive in a web page: `https://embed-motherduck.com/sandbox/#session=<session>`.
    /// Terraform opens one session in every plan and one in every apply. The session is not stored in the
    /// state or the plan and is not logged. It is valid for 24 hours and cannot be revoked, so closing it
    /// does nothing. Requires MotherDuck's Business plan, and Terraform 1.10 or OpenTofu 1.11.
    pub(super) struct Embed {
        /// Id of the Dive, a UUID.
        #[attribute(required, validator(Validator::text(check_uuid)))]
        dive_id: String,
        /// Service account that the session runs as; a human member is an error. For a service account of the
        /// same configuration refer to its `id`.
        #[attribute(required, validator(account_name::existing()))]
        username: String,
        /// Sessions with the same name use the same read-scaling Duckling. Must not be empty.
        #[attribute(validator(not_empty()))]
        session_name: String,
        /// Version of the Dive, a whole number of at least 1. Defaults to the current version.
        #[attribute(validator(Validator::whole_number(1, i64::MAX)))]
        version: i64,
        /// Databases and shares to attach instead of those that the Dive declares. An empty list attaches the
        /// whole workspace. At most 8192 bytes as compact JSON.
        required_resources: Vec<Field<Resource>>,
        /// Initial state of the Dive: a JSON object, for example from `jsonencode`. At most 65536 bytes as
        /// compact JSON.
        initial_state: String,
        /// Secret of the session.
        #[attribute(computed, sensitive)]
        session: SecretString,
    }
}

model! {
    /// A resource that the Dive needs.
    pub(super) struct Resource {
        /// Resource to attach, for example the URL of a share. Must not be empty.
        #[attribute(required, validator(not_empty()))]
        url: String,
        /// Name of the resource in the Dive's queries. Must not be empty.
        #[attribute(validator(not_empty()))]
        alias: String,
    }
}

/// The ephemeral resource `motherduck_dive_embed_session`.
pub(super) struct DiveEmbedSessionEphemeralResource {
    provider_data: ProviderData,
}

impl DiveEmbedSessionEphemeralResource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        DiveEmbedSessionEphemeralResource { provider_data }
    }
}

fn check_uuid(text: &str) -> Result<(), String> {
    text.parse::<Hyphenated>()
        .map(drop)
        .map_err(|_| format!("must be a UUID such as 7c9e6679-7425-40de-944b-e07fc1f90ae7, not {text:?}"))
}

fn not_empty() -> Validator {
    Validator::text(|text| {
        if text.is_empty() {
            return Err("must not be empty".into());
        }
        Ok(())
    })
}

impl Block for DiveEmbedSessionEphemeralResource {
    type Model = Embed;

    fn type_name(&self) -> &'static str {
        "motherduck_dive_embed_session"
    }

    fn validate(&self, config: &Embed) -> Diagnostics {
        request(config).err().unwrap_or_default()
    }
}

#[async_trait]
impl EphemeralResource for DiveEmbedSessionEphemeralResource {
    async fn open(&self, config: Embed) -> Result<OpenResponse<Embed>, Diagnostics> {
        let client = self.provider_data.client().await?;
        let new = request(&config)?;
        let dive_id = config.dive_id.text().unwrap_or_default();
        let create = || client.create_embed_session(dive_id, &new);
        let created = self
            .provider_data
            .once_visible(&client, &new.username, create)
            .await;
        let created = created.map_err(|error| not_opened(dive_id, &error))?;
        Ok(OpenResponse {
            result: Embed {
                session: Field::Known(created.body),
                ..config
            },
            private: Private::new(),
            warnings: Diagnostics::new(),
        })
    }
}

/// Returns the request to the API. Unknown values are omitted and not validated yet.
fn request(config: &Embed) -> Result<NewEmbedSession, Diagnostics> {
    let mut broken = Diagnostics::new();
    let new = NewEmbedSession {
        username: config.username.text().unwrap_or_default().to_owned(),
        session_name: config.session_name.text().map(str::to_owned),
        version: config
            .version
            .known()
            .and_then(|version| u64::try_from(*version).ok()),
        required_resources: required_resources(config, &mut broken),
        initial_state: initial_state(config, &mut broken),
    };
    let mut limit = |name: &str, length: usize, limit: usize| {
        if length > limit {
            let detail = format!("`{name}` must have at most {limit} bytes as compact JSON, not {length}.");
            broken.push(invalid(&Path::attribute(name), detail));
        }
    };
    let (resources, state) = (new.required_resources_bytes(), new.initial_state_bytes());
    limit("required_resources", resources, REQUIRED_RESOURCES_LIMIT_BYTES);
    limit("initial_state", state, INITIAL_STATE_LIMIT_BYTES);
    if broken.is_empty() { Ok(new) } else { Err(broken) }
}

fn required_resources(config: &Embed, broken: &mut Diagnostics) -> Option<Vec<RequiredResource>> {
    let mut wanted = Vec::new();
    for (index, resource) in (0..).zip(config.required_resources.known()?) {
        match resource {
            Field::Known(resource) => wanted.push(RequiredResource {
                url: resource.url.text().unwrap_or_default().to_owned(),
                alias: resource.alias.text().map(str::to_owned),
            }),
            Field::Unknown => {}
            Field::Null => {
                let at = Path::attribute("required_resources").child(Step::Index(index));
                broken.push(invalid(&at, format!("`{at}` must not be null.")));
            }
        }
    }
    Some(wanted)
}

fn initial_state(config: &Embed, broken: &mut Diagnostics) -> Option<Map<String, Json>> {
    let at = Path::attribute("initial_state");
    let wrong = match serde_json::from_str(config.initial_state.text()?) {
        Ok(Json::Object(members)) => return Some(members),
        Ok(_) => "is another JSON value".to_owned(),
        // The parser's own message can repeat a part of the text.
        Err(error) => format!(
            "is not valid JSON: there is an error at line {}, column {}",
            error.line(),
            error.column()
        ),
    };
    let detail =
        format!("`initial_state` must be a JSON object, but it {wrong}. Write it with `jsonencode`.");
    broken.push(invalid(&at, detail));
    None
}

fn invalid(at: &Path, detail: String) -> Diagnostic {
    Diagnostic::error(format!("Invalid value for {at}"), detail).at(at.clone())
}

/// Returns the error of a failed creation. A session cannot be listed, and one whose secret is lost cannot be
/// used.
fn not_opened(dive_id: &str, error: &Error) -> Diagnostics {
    let attributes = &Embed::attributes();
    let summary = format!("An embed session of Dive {dive_id:?} could not be created");
    let next_step = if error.outcome_unknown() {
        "It is not known whether the API processed the request. A session whose secret is lost cannot be used, \
         and ends within 24 hours. Run again."
    } else if error.is_forbidden() {
        "Embedding needs MotherDuck's Business plan, a service account as `username` (a human member is refused), \
         and a read/write token of an organization Admin. Check which of these is missing."
    } else if error.is_gone() {
        "Check `dive_id`, `version` and `username`: there is no such Dive, no such version of it, or no such \
         account."
    } else {
        return errors::failure(&summary, error, attributes);
    };
    errors::failure_with(&summary, error, next_step, attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Embed {
        Embed {
            dive_id: Field::Known("7c9e6679-7425-40de-944b-e07fc1f90ae7".into()),
            username: Field::Known("svc".into()),
            ..Embed::default()
        }
    }

    fn resource(url: String) -> Field<Resource> {
        Field::Known(Resource {
            url: Field::Known(url),
            alias: Field::Null,
        })
    }

    /// Returns the path and the detail of each broken rule.
    fn errors_of(config: &Embed) -> Vec<(String, String)> {
        let broken = request(config).err().unwrap_or_default().into_iter();
        broken
            .map(|diagnostic| (diagnostic.path.unwrap_or_default().to_string(), diagnostic.detail))
            .collect()
    }

    fn assert_error(config: &Embed, path: &str, words: &str) {
        let broken = errors_of(config);
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(
            broken[0].0 == path && broken[0].1.contains(words),
            "{words:?} at {path} in {broken:?}"
        );
    }

    #[test]
    fn check_uuid_accepts_only_the_hyphenated_form() {
        assert!(check_uuid("7c9e6679-7425-40de-944b-e07fc1f90ae7").is_ok());
        assert!(check_uuid("7C9E6679-7425-40DE-944B-E07FC1F90AE7").is_ok());
        for bad in [
            "",
            "7c9e6679",
            "7c9e6679742540de944be07fc1f90ae7",
            "{7c9e6679-7425-40de-944b-e07fc1f90ae7}",
            "urn:uuid:7c9e6679-7425-40de-944b-e07fc1f90ae7",
        ] {
            assert!(check_uuid(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn initial_state_must_be_a_json_object() {
        let with = |text: &str| Embed {
            initial_state: Field::Known(text.into()),
            ..session()
        };
        assert_eq!(errors_of(&with("{}")), []);
        assert_error(&with("[1]"), "initial_state", "another JSON value");
        assert_error(&with("{"), "initial_state", "is not valid JSON");
        assert_error(&with(""), "initial_state", "is not valid JSON");
    }

    #[test]
    fn size_limits_count_bytes_of_compact_json() {
        let text = |length: usize| format!("{{ \"a\": \"{}\" }}", "x".repeat(length));
        let with = |length| Embed {
            initial_state: Field::Known(text(length)),
            ..session()
        };
        let frame = r#"{"a":""}"#.len();
        assert_eq!(errors_of(&with(INITIAL_STATE_LIMIT_BYTES - frame)), []);
        assert_error(
            &with(INITIAL_STATE_LIMIT_BYTES - frame + 1),
            "initial_state",
            "at most 65536 bytes as compact JSON, not 65537",
        );

        let with = |length| Embed {
            required_resources: Field::Known(vec![resource("ü".repeat(length))]),
            ..session()
        };
        let frame = r#"[{"url":""}]"#.len();
        assert_eq!(errors_of(&with((REQUIRED_RESOURCES_LIMIT_BYTES - frame) / 2)), []);
        assert_error(
            &with((REQUIRED_RESOURCES_LIMIT_BYTES - frame) / 2 + 1),
            "required_resources",
            "at most 8192 bytes",
        );
    }

    #[test]
    fn unknown_values_are_valid_and_null_elements_are_not() {
        let unknown = Embed {
            required_resources: Field::Known(vec![Field::Unknown]),
            initial_state: Field::Unknown,
            ..session()
        };
        assert_eq!(errors_of(&unknown), []);
        let null = Embed {
            required_resources: Field::Known(vec![resource("md:a".into()), Field::Null]),
            ..session()
        };
        assert_error(&null, "required_resources[1]", "must not be null");
    }

    #[test]
    fn request_contains_an_empty_resource_list_and_no_null_one() {
        let everything = Embed {
            required_resources: Field::Known(Vec::new()),
            ..session()
        };
        let required = |config: &Embed| request(config).unwrap_or_default().required_resources;
        assert_eq!(required(&everything), Some(Vec::new()));
        assert_eq!(required(&session()), None);
    }
}
