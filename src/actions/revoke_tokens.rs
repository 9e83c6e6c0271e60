//! `motherduck_revoke_tokens`: revokes all tokens of a user that match the arguments, whether or not
//! Terraform manages them.

use std::collections::HashSet;
use std::iter;

use async_trait::async_trait;

use crate::api::{Error, Token};
use crate::framework::{
    Action, Block, Diagnostic, Diagnostics, Field, Model, Path, Progress, Set, Validator, Value, model,
};
use crate::motherduck::create_token::Revoked;
use crate::motherduck::{ProviderData, account_name, create_token, errors, token_checks, token_rules};

model! {
    /// Revokes the access tokens of a user or service account: all of them, or only those that the optional
    /// arguments select, whether or not Terraform manages them. Revoking cannot be undone. The action can be
    /// run again: a token that does not exist counts as revoked. If a token cannot be revoked, the action
    /// revokes the others, fails and lists the tokens that are left. A plan does not show which tokens will
    /// be revoked: read the data source `motherduck_tokens` first.
    ///
    /// The provider does not know the id of the token that it sends to the API. If that token may belong to
    /// the account, add its id to `except_ids`; otherwise the action revokes it and cannot finish. Do the
    /// same for tokens that the configuration manages: the next apply replaces a revoked one by a token with
    /// another secret.
    ///
    /// Requires Terraform 1.14; OpenTofu has no actions. `terraform apply -invoke=action.TYPE.NAME` invokes
    /// the action by itself, and the `action_trigger` of a resource invokes it when the resource changes.
    pub(super) struct Config {
        /// User or service account whose tokens are revoked.
        #[attribute(required, validator(account_name::existing()))]
        username: String,
        /// Revokes only tokens whose name starts with this text; letter case matters. Must not be empty.
        /// Defaults to tokens of any name.
        #[attribute(validator(Validator::text(check_prefix)))]
        name_prefix: String,
        /// Revokes only tokens of this type, `read_write` or `read_scaling`. Defaults to both types.
        #[attribute(validator(token_rules::token_type()))]
        token_type: String,
        /// Ids of tokens that are not revoked. No id may be null or blank.
        #[attribute(validator(Validator::new(contains_ids)))]
        except_ids: Set<Field<String>>,
    }
}

/// The action `motherduck_revoke_tokens`.
pub(super) struct RevokeTokensAction {
    provider_data: ProviderData,
}

impl RevokeTokensAction {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        RevokeTokensAction { provider_data }
    }
}

fn check_prefix(prefix: &str) -> Result<(), String> {
    if prefix.is_empty() {
        return Err("must not be empty; leave it out for tokens of any name".into());
    }
    Ok(())
}

/// Refuses null elements: they would protect no token, although the author of the configuration expects that.
fn contains_ids(value: &Value) -> Result<(), String> {
    let Value::Set(ids) = value else { return Ok(()) };
    if ids.iter().any(Value::is_null) {
        return Err("must not contain null".into());
    }
    let mut texts = ids.iter().filter_map(Value::as_str);
    if texts.any(|id| id.trim().is_empty()) {
        return Err("must not contain a blank id".into());
    }
    Ok(())
}

impl Block for RevokeTokensAction {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "motherduck_revoke_tokens"
    }
}

#[async_trait]
impl Action for RevokeTokensAction {
    async fn invoke(&self, config: Config, progress: &Progress) -> Result<Diagnostics, Diagnostics> {
        let client = self.provider_data.client().await?;
        let username = config.username.text().unwrap_or_default();
        let listing = client
            .tokens(username)
            .await
            .map_err(|error| not_listed(username, &error))?;
        let found = listing.body.len();
        let warnings = unmatched_except_ids(&config, &listing.body, username);
        let chosen = choose(&config, listing.body);
        let matching = chosen.len();
        let found = count(found);
        progress
            .report(format!(
                "Of the {found} of {username:?}, {matching} will be revoked."
            ))
            .await;

        let mut result = ActionResult::default();
        for token in chosen {
            if client.is_stopped() {
                result.left.push((token, "The run was interrupted.".to_owned()));
                continue;
            }
            match create_token::revoke(&self.provider_data, &client, username, &token.id).await {
                Ok(revoked) => {
                    let how = match revoked {
                        Revoked::Now => "Revoked",
                        Revoked::Before => "Gone already:",
                    };
                    progress.report(format!("{how} {}.", label(&token))).await;
                    result.revoked.push(token);
                }
                Err(error) => {
                    let mut why = errors::cause(&error);
                    if error.is_forbidden() {
                        why += " An Admin cannot revoke the tokens of another human member.";
                    }
                    progress
                        .report(format!("Not revoked: {}. {why}", label(&token)))
                        .await;
                    result.left.push((token, why));
                }
            }
        }
        let (revoked, matching) = (result.revoked.len(), count(matching));
        progress
            .report(format!("Done: {revoked} of {matching} revoked."))
            .await;
        let Some(error) = result.error(username) else {
            return Ok(warnings);
        };
        Err(iter::once(error).chain(warnings).collect())
    }
}

/// Returns a warning about `except_ids` that are not the id of a token, and so protect none.
fn unmatched_except_ids(config: &Config, tokens: &[Token], username: &str) -> Diagnostics {
    let found: HashSet<String> = tokens.iter().map(|token| comparable(&token.id)).collect();
    let ids = config.except_ids.known().into_iter().flat_map(|ids| &ids.0);
    ids.filter_map(Field::text)
        .filter(|id| !found.contains(&comparable(id)))
        .map(|id| {
            let token_with_that_name = tokens
                .iter()
                .find(|token| token.name.as_deref() == Some(id.trim()));
            let why = match token_with_that_name {
                Some(token) => format!(
                    "It is the name of a token, whose id is {}: `except_ids` takes ids.",
                    token.id
                ),
                None => "It may be another account's, or revoked already.".to_owned(),
            };
            Diagnostic::warning(
                "An id in `except_ids` matches no token",
                format!("{id:?} matches no token: no token of {username:?} has this id. {why}"),
            )
            .at(Path::attribute("except_ids"))
        })
        .collect()
}

/// Returns an id in the form in which it is compared, ignoring letter case.
fn comparable(id: &str) -> String {
    id.trim().to_ascii_lowercase()
}

/// Returns the tokens to revoke, the oldest first.
fn choose(config: &Config, mut tokens: Vec<Token>) -> Vec<Token> {
    let ids = config.except_ids.known().into_iter().flat_map(|ids| &ids.0);
    let except: HashSet<String> = ids.filter_map(Field::text).map(comparable).collect();
    let excepted = |token: &Token| except.contains(&comparable(&token.id));
    let named = |token: &Token| match (config.name_prefix.text(), &token.name) {
        (None, _) => true,
        (Some(prefix), Some(name)) => name.starts_with(prefix),
        (Some(_), None) => false,
    };
    let token_type = config.token_type.text();
    let typed = |token: &Token| token_type.is_none_or(|wanted| wanted == token.token_type);
    tokens.retain(|token| named(token) && typed(token) && !excepted(token));
    token_checks::oldest_first(&mut tokens);
    tokens
}

/// The results for the selected tokens.
#[derive(Default)]
struct ActionResult {
    revoked: Vec<Token>,
    /// The tokens that are still valid, each with the reason.
    left: Vec<(Token, String)>,
}

impl ActionResult {
    /// Returns the error at the end; none if all tokens were revoked.
    fn error(&self, username: &str) -> Option<Diagnostic> {
        let not_revoked = self.left.len();
        if not_revoked == 0 {
            return None;
        }
        let matching = count(not_revoked + self.revoked.len());
        let left = self
            .left
            .iter()
            .map(|(token, why)| format!("{}: {why}", label(token)));
        let revoked = self.revoked.iter().map(label);
        Some(Diagnostic::error(
            format!("{not_revoked} of {matching} of {username:?} could not be revoked"),
            format!(
                "Not revoked, and still valid unless the reason states otherwise:{}\n\n\
                 Revoked:{}\n\n\
                 Correct the reasons and invoke the action again: it skips tokens that are revoked.",
                listed(left),
                listed(revoked)
            ),
        ))
    }
}

/// Returns a line for each item.
fn listed(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        " none".to_owned()
    } else {
        format!("\n- {}", lines.join("\n- "))
    }
}

/// Returns a token's name and id for messages.
fn label(token: &Token) -> String {
    match &token.name {
        Some(name) => format!("{name:?} ({})", token.id),
        None => format!("a token without a name ({})", token.id),
    }
}

fn count(tokens: usize) -> String {
    format!("{tokens} {}", if tokens == 1 { "token" } else { "tokens" })
}

fn not_listed(username: &str, error: &Error) -> Diagnostics {
    let summary = format!("The tokens of {username:?} could not be listed");
    if error.is_gone() {
        let next = "Nothing was revoked. There is no such account, and the tokens of a deleted account are revoked \
                    with it. Check `username`, and that the access token belongs to the right organization.";
        return errors::failure_with(&summary, error, next, &Config::attributes());
    }
    errors::failure(&summary, error, &Config::attributes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fake;

    fn token(id: &str, name: Option<&str>, token_type: &str, created_ts: &str) -> Token {
        Token {
            name: name.map(str::to_owned),
            created_ts: created_ts.into(),
            token_type: token_type.into(),
            ..fake::token(id)
        }
    }

    fn all() -> Vec<Token> {
        vec![
            token("D", Some("ci-b"), "read_write", "2026-01-02T00:00:00Z"),
            token("c", Some("ci-a"), "read_scaling", "2026-01-01T12:00:00Z"),
            token("b", Some("CI-c"), "read_write", "2026-01-01T12:00:00.000Z"),
            token("a", None, "something_new", "2026-01-03T00:00:00+23:59"),
        ]
    }

    fn chosen(config: &Config) -> Vec<String> {
        choose(config, all()).into_iter().map(|token| token.id).collect()
    }

    #[test]
    fn choose_returns_all_tokens_oldest_first_by_default() {
        assert_eq!(chosen(&Config::default()), ["b", "c", "D", "a"]);
    }

    #[test]
    fn choose_filters_by_prefix_type_and_except_ids() {
        let prefix = Config {
            name_prefix: Field::Known("ci-".into()),
            ..Config::default()
        };
        assert_eq!(chosen(&prefix), ["c", "D"]);
        let of_type = Config {
            token_type: Field::Known("read_write".into()),
            ..Config::default()
        };
        assert_eq!(chosen(&of_type), ["b", "D"]);
        let scaling = Config {
            token_type: Field::Known("read_scaling".into()),
            ..Config::default()
        };
        assert_eq!(chosen(&scaling), ["c"]);
        let no_exception = Config {
            except_ids: Field::Known(Set(Vec::new())),
            ..Config::default()
        };
        assert_eq!(chosen(&no_exception), chosen(&Config::default()));
        let except = Config {
            except_ids: Field::Known(Set(vec![Field::Known("d".into()), Field::Known("x".into())])),
            ..prefix
        };
        assert_eq!(chosen(&except), ["c"]);
    }

    #[test]
    fn except_id_without_a_token_is_a_warning() {
        let except = |ids: [&str; 4]| Config {
            except_ids: Field::Known(Set(ids.map(|id| Field::Known(id.to_owned())).to_vec())),
            ..Config::default()
        };
        let config = except([" d ", "a", "of-nobody", "ci-a"]);
        let warnings: Vec<Diagnostic> = unmatched_except_ids(&config, &all(), "svc").into_iter().collect();
        let [stranger, name] = warnings.as_slice() else {
            panic!("{warnings:#?}")
        };
        for (warning, id) in [(stranger, "\"of-nobody\""), (name, "\"ci-a\"")] {
            assert_eq!(warning.summary, "An id in `except_ids` matches no token");
            assert!(warning.detail.contains(id), "{warning:?}");
        }
        assert!(stranger.detail.contains("revoked already"), "{stranger:?}");
        assert!(
            name.detail.contains("the name of a token, whose id is c:"),
            "{name:?}"
        );
        assert!(unmatched_except_ids(&Config::default(), &all(), "svc").is_empty());
    }

    #[test]
    fn null_or_blank_except_id_is_an_error() {
        let set = |ids: Vec<Value>| contains_ids(&Value::Set(ids)).is_ok();
        assert!(set(vec![]) && set(vec![Value::string("a"), Value::Unknown]));
        assert!(!set(vec![Value::string("a"), Value::Null]));
        assert!(!set(vec![Value::string(" ")]));
    }

    #[test]
    fn result_error_lists_revoked_and_remaining_tokens() {
        let mut tokens = all();
        let result = ActionResult {
            left: vec![(tokens.remove(1), "It failed.".into())],
            revoked: vec![tokens.remove(0)],
        };
        let error = result.error("svc").unwrap();
        assert_eq!(error.summary, "1 of 2 tokens of \"svc\" could not be revoked");
        for words in ["- \"ci-a\" (c): It failed.", "Revoked:\n- \"ci-b\" (D)"] {
            assert!(error.detail.contains(words), "{words:?} in {}", error.detail);
        }
        assert_eq!(ActionResult::default().error("svc"), None);
    }
}
