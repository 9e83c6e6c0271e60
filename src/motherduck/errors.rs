//! Diagnostics for failures of the API: what failed, why, and the next step.

use crate::api::{self, Error};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Field, Kind, Nesting, Path, Step};

/// Returns an error of the API as diagnostics: what failed, the API's message, the next step. The error has
/// the path of the first of these attributes that the API's issues name; each further one has its own
/// diagnostic.
pub(crate) fn failure(summary: &str, error: &Error, attributes: &[Attribute]) -> Diagnostics {
    failure_with(summary, error, next_step(error), attributes)
}

/// The same with a next step from the caller.
pub(crate) fn failure_with(
    summary: &str,
    error: &Error,
    next_step: &str,
    attributes: &[Attribute],
) -> Diagnostics {
    let main = Diagnostic::error(summary, format!("{}\n\n{next_step}", cause(error)));
    let mut concerned = error
        .issues()
        .iter()
        .filter_map(|issue| Some((attribute(attributes, &issue.path)?, &issue.message)));
    let Some((first, _)) = concerned.next() else {
        return main.into();
    };
    let mut diagnostics = Diagnostics::from(main.at(first));
    for (path, message) in concerned {
        diagnostics
            .push(Diagnostic::error(summary, format!("`{path}`: {}", with_full_stop(message))).at(path));
    }
    diagnostics
}

/// Returns the error that an account does not exist, at the attribute `username`.
pub(crate) fn no_account(summary: &str, error: &Error) -> Diagnostics {
    Diagnostic::error(
        summary,
        format!(
            "{}\n\n\
             Check the username, and that `api_base_url` and the access token are those of its organization. \
             If this configuration creates the account, refer to the `id` of its resource (`username = \
             motherduck_service_account.NAME.id`), so that the account is created first.",
            cause_with_url(error)
        ),
    )
    .at(Path::attribute("username"))
    .into()
}

/// Describes the cause in complete sentences: the error's own, then facts about the token, or the attribute
/// that is wrong.
pub(crate) fn cause(error: &Error) -> String {
    let mut text = with_full_stop(&error.to_string());
    if let Some(token) = error.token_description() {
        text = format!("{text} {token}");
    }
    if matches!(error.kind(), api::Kind::TimedOut { .. }) {
        text +=
            " This is the time that `request_timeout_seconds` in the provider block gives to one attempt.";
    }
    capitalized(&text)
}

/// Returns a text with a capital letter at its beginning.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters
        .next()
        .map(char::to_uppercase)
        .into_iter()
        .flatten()
        .collect();
    first + letters.as_str()
}

/// Returns a text with a full stop at its end.
pub(crate) fn with_full_stop(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{text}{end}")
}

/// Returns the path of the attribute for a field of a request. Attributes have the names of the API's fields;
/// only those of Ducklings have a different wrapper. A field that the schema does not have has no attribute.
/// A field inside a JSON text has the attribute of the text.
fn attribute(mut attributes: &[Attribute], field: &[String]) -> Option<Path> {
    let mut steps = match field {
        [wrapper, rest @ ..] if wrapper == "config" => rest.iter(),
        field => field.iter(),
    };
    let mut path = Path::root();
    while let Some(name) = steps.next() {
        let found = attributes.iter().find(|attribute| attribute.name == name)?;
        path = path.then(name);
        let Kind::Nested(nesting, nested) = &found.kind else {
            return Some(path);
        };
        if let (Nesting::List, [position, ..]) = (nesting, steps.as_slice()) {
            path = path.child(Step::Index(position.parse().ok()?));
            steps.next();
        }
        attributes = nested;
    }
    (path != Path::root()).then_some(path)
}

/// Whether the API's issues name no field, or only this one.
pub(crate) fn concerns_only(error: &Error, field: &str) -> bool {
    error
        .issues()
        .iter()
        .all(|issue| matches!(issue.path.as_slice(), [only] if only == field))
}

/// Returns a value of the state that is necessary for requests about the object. A request without it would
/// find nothing, which must not mean that the object does not exist.
pub(crate) fn required_key<'a>(field: &'a Field<String>, name: &str) -> Result<&'a str, Diagnostics> {
    field.text().filter(|text| !text.is_empty()).ok_or_else(|| {
        Diagnostic::error(
            format!("The state contains no `{name}`"),
            "Without it the object cannot be identified. Nothing was sent and nothing was changed. Restore \
             the state from a backup, or remove the object from it with `terraform state rm` (`tofu state \
             rm`) and import it again.",
        )
        .at(Path::attribute(name))
        .into()
    })
}

fn next_step(error: &Error) -> &'static str {
    // This is checked first, because an attempt may have been carried out although a later one was refused.
    if error.outcome_unknown() && error.method() == "POST" {
        "It is not known whether the API processed the request. Check what exists before you apply again: a \
         second request could create a second object."
    } else if error.outcome_unknown() {
        "It is not known whether the API processed the request. Plan again to see what exists, then apply."
    } else if error.is_unauthorized() {
        "The access token was refused. Set `admin_token` in the provider block, or MOTHERDUCK_ADMIN_TOKEN or \
         MOTHERDUCK_TOKEN in the environment, to a valid read/write token of an organization Admin: it may \
         have expired or been revoked."
    } else if error.is_forbidden() && changes_tokens(error) {
        "The access token is valid but may not do this. Use a read/write token of an organization Admin. The \
         tokens of a human member can be created and revoked only by that member, in MotherDuck's settings."
    } else if error.is_forbidden() {
        "The access token is valid but may not do this. Use a read/write token of an organization Admin, and \
         check that the organization's plan includes what was requested."
    } else if error.is_untrusted() {
        "Nothing was sent and nothing was changed. If the certificate is of an authority of your own, a \
         proxy's for instance, name a PEM file with it in `ca_certificate_file` in the provider block; \
         otherwise check `api_base_url` (or MOTHERDUCK_API_BASE_URL)."
    } else if error.is_unreachable() {
        "Nothing was sent and nothing was changed. Check `api_base_url` (or MOTHERDUCK_API_BASE_URL), the \
         network and any proxy, then run again."
    } else if matches!(error.kind(), api::Kind::Refused { .. }) {
        "The request was not processed, so nothing was changed. Run again; if it persists, see MotherDuck's status \
         page, or ask those who run the proxy or gateway in between."
    } else if error.retry_after().is_some() {
        "Run again after the time that the response asks for."
    } else if error.is_interrupted() {
        "The run was interrupted. Run again to continue."
    } else if error.url().contains("/v1/v1/") {
        "Remove `/v1` from the end of `api_base_url` (or MOTHERDUCK_API_BASE_URL): the path of every request begins \
         with it."
    } else if error.is_gone() {
        "The object does not exist. Plan again: the refresh removes deleted objects from the state. If this \
         configuration creates the account, refer to the `id` of its resource, so that the account is \
         created first."
    } else if error.is_unrouted()
        || matches!(
            error.kind(),
            api::Kind::Malformed { .. } | api::Kind::Redirected { .. }
        )
    {
        "The address responded, but not as the MotherDuck API does: the response does not show whether the \
         object exists. Check `api_base_url` and any proxy; a region may also not offer this operation yet."
    } else {
        match error.status() {
            Some(429) => {
                "The API refused the request because it received too many. Run again later, or lower \
                 `max_concurrent_requests` or raise `max_retries` in the provider block."
            }
            Some(400..=499) => "Correct what the API reports and run again.",
            _ => "Run again. If the error persists, see MotherDuck's status page or ask its support.",
        }
    }
}

/// Whether the request was to create or revoke a token.
fn changes_tokens(error: &Error) -> bool {
    error.method() != "GET" && error.path().split('/').nth(4) == Some("tokens")
}

/// Returns the cause and the URL of the request, in complete sentences.
pub(crate) fn cause_with_url(error: &Error) -> String {
    format!("{} The request URL was {}.", cause(error), error.url())
}

/// Returns the warning that an object no longer exists and is removed from the state. The summary names no
/// object, so that a CLI can combine many of these warnings into one.
pub(crate) fn removed_from_state(summary: &'static str, what: &str, reason: &str) -> Diagnostic {
    Diagnostic::warning(
        summary,
        format!(
            "{what} is gone. {reason}\n\n\
             The next apply creates it again if the configuration still has it. If it should exist, check \
             that `api_base_url` and the access token are those of its organization before you apply."
        ),
    )
}

/// Returns the error that an object to import does not exist.
pub(crate) fn not_found_on_import(what: &str, error: &Error) -> Diagnostics {
    Diagnostic::error(
        format!("There is no {what}"),
        format!(
            "{}\n\n\
             Nothing was imported. Check the id, and that the access token belongs to the right \
             organization.",
            cause(error)
        ),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_maps_request_fields_to_paths() {
        let resource = vec![Attribute::new::<String>("url")];
        let attributes = [
            Attribute::new::<String>("username"),
            Attribute::with_kind(
                "read_scaling",
                Kind::Nested(Nesting::Single, vec![Attribute::new::<i64>("flock_size")]),
            ),
            Attribute::with_kind("required_resources", Kind::Nested(Nesting::List, resource)),
            Attribute::new::<String>("initial_state"),
        ];
        let path = |fields: &[&str]| {
            let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
            attribute(&attributes, &fields).map(|path| path.to_string())
        };
        assert_eq!(path(&["username"]).as_deref(), Some("username"));
        assert_eq!(
            path(&["config", "read_scaling", "flock_size"]).as_deref(),
            Some("read_scaling.flock_size")
        );
        assert_eq!(
            path(&["required_resources", "0", "url"]).as_deref(),
            Some("required_resources[0].url")
        );
        assert_eq!(
            path(&["initial_state", "region"]).as_deref(),
            Some("initial_state")
        );
        assert_eq!(path(&["required_resources", "region"]), None);
        assert_eq!(
            path(&["required_resources"]).as_deref(),
            Some("required_resources")
        );
        assert_eq!(path(&["name"]), None);
        assert_eq!(path(&["0"]), None);
        assert_eq!(path(&["config"]), None);
        assert_eq!(path(&[]), None);
    }
}
