//! The import of a token by `username/token_id` or by its identity.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{State, TokenResource, reported, text};
use crate::api::{self, Reply};
use crate::framework::{Diagnostic, Diagnostics, ImportRequest, Model, ResourceState, ResourceWithImport};
use crate::motherduck::{account_name, errors};

#[async_trait]
impl ResourceWithImport for TokenResource {
    async fn import(&self, request: ImportRequest<State>) -> Result<ResourceState<State>, Diagnostics> {
        let (username, token_id) = match &request {
            ImportRequest::Id(id) => split_import_id(id)?,
            ImportRequest::Identity(identity) => split_identity(identity)?,
        };
        let client = self.provider_data.client().await?;
        let list = || client.tokens(username);
        let reply = match self.provider_data.once_visible(&client, username, list).await {
            Ok(reply) => reply,
            Err(error) if error.is_gone() => {
                return Err(errors::not_found_on_import(&format!("user {username:?}"), &error));
            }
            Err(error) => {
                let summary = format!("The token {token_id:?} of {username:?} could not be imported");
                return Err(errors::failure(&summary, &error, &State::attributes()));
            }
        };
        let Some(listed) = reply
            .body
            .iter()
            .find(|token| token.id.eq_ignore_ascii_case(token_id))
        else {
            return Err(not_listed(username, token_id, &reply).into());
        };
        let now = reply.date.unwrap_or_else(Timestamp::now);
        reported::imported(username, listed, now)
    }
}

/// Returns the error that no token with this id is listed. Users often import by name, so the message
/// contains the ids of tokens with such a name.
fn not_listed(username: &str, token_id: &str, listing: &Reply<Vec<api::Token>>) -> Diagnostic {
    let named: Vec<String> = listing
        .body
        .iter()
        .filter(|token| token.name.as_deref() == Some(token_id))
        .map(|token| format!("`{username}/{}` (created at {})", token.id, token.created_ts))
        .collect();
    let hint = if named.is_empty() {
        "Expired and revoked tokens are not listed; the data source `motherduck_tokens` returns the ids of the others.".to_owned()
    } else {
        format!(
            "{token_id:?} is the name of a token. Import it by its id: {}.",
            named.join(", ")
        )
    };
    Diagnostic::error(
        format!("There is no token {token_id:?} of {username:?}"),
        format!(
            "GET {} lists no token with this id. {hint} Nothing was imported.",
            listing.url
        ),
    )
}

/// Returns the user and the token id of an identity.
fn split_identity(identity: &State) -> Result<(&str, &str), Diagnostics> {
    let username = account_name::from_identity(&identity.username)?;
    match text(&identity.id) {
        "" | "." | ".." => Err(Diagnostic::error(
            "Invalid identity to import",
            "`id` must be the id of a token, a UUID.",
        )
        .into()),
        id => Ok((username, id)),
    }
}

/// Returns the import id of a token, if there is one that an import reads as this user and this token.
pub(crate) fn import_id(username: &str, token_id: &str) -> Option<String> {
    let id = format!("{username}/{token_id}");
    let is_read_back = matches!(split_import_id(&id), Ok(parts) if parts == (username, token_id));
    is_read_back.then_some(id)
}

/// Returns the user and the token id of an import id.
pub(in crate::resources) fn split_import_id(id: &str) -> Result<(&str, &str), Diagnostic> {
    let wrong = |broken: &str| {
        let example = "analytics_service_account/3fa85f64-5717-4562-b3fc-2c963f66afa6";
        Err(account_name::invalid_import_id(
            id,
            "`username/token_id`",
            example,
            broken,
        ))
    };
    if id.chars().any(char::is_whitespace) {
        return wrong("contains a blank");
    }
    match id.split_once('/') {
        None => wrong("contains no slash"),
        Some((_, token_id)) if token_id.contains('/') => wrong(
            "contains more than one slash. A token of a user with a slash in the name can be imported by its \
             identity, with an `import` block and Terraform or OpenTofu 1.12 or newer",
        ),
        Some(("", _)) => wrong("contains no user"),
        Some((_, "")) => wrong("contains no token"),
        Some(("." | "..", _) | (_, "." | "..")) => {
            wrong("contains a name that cannot be a part of a URL path")
        }
        Some(parts) => Ok(parts),
    }
}
