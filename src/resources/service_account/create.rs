//! Creates an account: a look before the request, and looks after a lost response.

use std::ops::ControlFlow;

use super::State;
use crate::api::{Client, Error};
use crate::framework::{Diagnostic, Diagnostics, Model as _, Path};
use crate::motherduck::settle::{self, until_decided};
use crate::motherduck::{account_name, errors};

/// The result of the look directly before the request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Absent,
    Present,
    /// The look failed.
    Unknown,
}

/// Creates an account. Returns its username, which is not the one sent if the API stored another name. An account
/// that was absent directly before the request, and exists after a response that was lost, is the created one.
pub(super) async fn account(client: &Client, username: &str) -> Result<String, Diagnostics> {
    let before = match client.find_user(username).await {
        Ok(_) => Before::Present,
        Err(error) if error.is_gone() => Before::Absent,
        // The creation would fail in the same way.
        Err(error) if error.is_unreachable() || error.is_interrupted() => {
            return Err(not_created(username, &error));
        }
        Err(_) => Before::Unknown,
    };
    match client.create_service_account(username).await {
        Ok(reply) => {
            let other = reply.body.filter(|stored| !account_name::same(stored, username));
            Ok(other.unwrap_or_else(|| username.to_owned()))
        }
        Err(error) if error.outcome_unknown() => {
            settle(client, username, before, &error).await?;
            Ok(username.to_owned())
        }
        Err(error) => Err(refused(client, username, before, &error).await),
    }
}

/// Looks for the account until it is found, or until it is not expected to appear any more.
async fn settle(client: &Client, username: &str, before: Before, error: &Error) -> Result<(), Diagnostics> {
    let client = client.settling();
    let look = || async {
        match client.find_user(username).await {
            Ok(_) => ControlFlow::Break(()),
            Err(look) => ControlFlow::Continue(look),
        }
    };
    match until_decided(&client, settle::limit(error), look).await {
        Ok(()) if before == Before::Absent => Ok(()),
        Ok(()) => Err(may_have_been_created(username, before, error)),
        Err(Some(look)) if look.is_gone() => Err(errors::failure_with(
            &not_created_summary(username),
            error,
            "It is not known whether the API processed the request. The provider has looked for the account \
             since then, and it does not exist. Apply again: if the account appears later, the error of that \
             apply says how to import it.",
            &State::attributes(),
        )),
        Err(look) => Err(could_not_look(username, error, look.as_ref())),
    }
}

/// Returns the error about an account that was not created. If its name is taken, it offers an import of the
/// account.
async fn refused(client: &Client, username: &str, before: Before, error: &Error) -> Diagnostics {
    let exists =
        error.is_conflict() && (before == Before::Present || client.find_user(username).await.is_ok());
    if !exists {
        return not_created(username, error);
    }
    let explanation = "The username is taken in this organization (letter case does not matter). An account that \
                 exists is never adopted without an import.";
    offer_import(
        format!("Service account {username:?} exists already"),
        explanation,
        username,
        error,
    )
}

fn not_created(username: &str, error: &Error) -> Diagnostics {
    errors::failure(&not_created_summary(username), error, &State::attributes())
}

fn not_created_summary(username: &str) -> String {
    format!("Service account {username:?} could not be created")
}

fn may_have_been_created(username: &str, before: Before, error: &Error) -> Diagnostics {
    let explanation = if before == Before::Present {
        "An account of this name exists now. It existed immediately before the request too, so it is not \
         known whether this request created it, and it is not in the state."
    } else {
        "An account of this name exists now. The check for it before the request failed, so it is not known \
         whether this request created it, and it is not in the state."
    };
    offer_import(
        format!("Service account {username:?} may have been created"),
        explanation,
        username,
        error,
    )
}

fn could_not_look(username: &str, error: &Error, look: Option<&Error>) -> Diagnostics {
    let look = look.map_or_else(
        || "No look at it came to an end.".to_owned(),
        |look| format!("The last request to look for it failed: {}", errors::cause(look)),
    );
    let explanation = format!(
        "It is not known whether the account exists, and it is not in the state. {look}\n\n\
         Apply again when the API can be reached. If the account exists then, the error of that apply says \
         so."
    );
    offer_import(
        format!("Service account {username:?} may have been created"),
        &explanation,
        username,
        error,
    )
}

/// Returns an error about an account that exists, or may exist, with the `import` block for it.
fn offer_import(summary: String, explanation: &str, username: &str, error: &Error) -> Diagnostics {
    let block = format!("import {{\n  to = motherduck_service_account.NAME\n  id = \"{username}\"\n}}");
    let detail = format!(
        "{explanation}\n\n\
         {}\n\n\
         If it is the account you mean, import it with this block, in which NAME is the name of your \
         resource; otherwise choose another username.\n\n\
         {block}\n\n\
         (or run `terraform import motherduck_service_account.NAME {username}`, `tofu import` in \
         OpenTofu).\n\n\
         If this resource manages the account already (it is tainted, or replaced by `-replace`, and \
         `create_before_destroy` is set), the two cannot exist side by side: keep it with `terraform \
         untaint` (`tofu untaint`), or destroy it first.",
        errors::cause(error)
    );
    Diagnostic::error(summary, detail)
        .at(Path::attribute("username"))
        .into()
}

/// Returns the error about an account whose name is not the one sent.
pub(super) fn stored_otherwise(sent: &str, stored: &str) -> Diagnostics {
    Diagnostic::error(
        format!("Service account {sent:?} was created with another username"),
        format!(
            "The username sent was {sent:?}, and the API created the account {stored:?}. That account is in \
             the state, marked as tainted.\n\n\
             To keep it, set `username` to {stored:?} and run `terraform untaint` (`tofu untaint`) with the \
             address of this resource. To delete it, untaint it, set `username` to {stored:?} and \
             `deletion_protection = false`, apply, and then destroy it."
        ),
    )
    .at(Path::attribute("username"))
    .into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::Instant;

    use super::*;
    use crate::api::RequestWindow;
    use crate::api::fake::{FakeResponse, Script, not_found, status};
    use crate::stop::Stop;

    fn success() -> FakeResponse {
        status(200).json(&json!({}))
    }

    fn failed(code: u16) -> FakeResponse {
        status(code).json(&json!({ "code": "X", "message": "No" }))
    }

    fn posts(script: &Script) -> usize {
        let sent = script.sent();
        sent.iter().filter(|line| line.starts_with("POST")).count()
    }

    fn error_of(created: Result<String, Diagnostics>) -> Diagnostic {
        created.unwrap_err().into_iter().next().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn account_found_after_a_lost_response_is_created() {
        for lost in [
            failed(500),
            failed(502),
            status(200).text("<html>"),
            status(500).text("<html>"),
        ] {
            // Reads are delayed, and some looks fail.
            let script = Script::of([
                not_found(),
                lost,
                not_found(),
                failed(403),
                failed(403),
                failed(403),
                success(),
            ]);
            assert_eq!(account(&script.client(), "svc").await.as_deref(), Ok("svc"));
            assert_eq!(posts(&script), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn account_found_after_a_timeout_is_created() {
        let script = Script::new().respond(not_found()).hang();
        let script = (0..8)
            .fold(script, |script, _| script.respond(not_found()))
            .respond(success());
        assert_eq!(account(&script.client(), "svc").await.as_deref(), Ok("svc"));
        assert_eq!(posts(&script), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn account_not_known_to_be_absent_before_is_an_error() {
        for (before, words) in [
            (success(), "immediately before the request too"),
            (failed(403), "check for it before the request failed"),
        ] {
            let script = Script::of([before, failed(500), success()]);
            let error = error_of(account(&script.client(), "svc").await);
            assert!(
                error.detail.contains(words) && error.detail.contains("import {"),
                "{error:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn account_absent_until_the_limit_is_an_error() {
        for (lost, seconds) in [(failed(500), 10), (failed(504), 60)] {
            let script = Script::of(
                [not_found(), lost]
                    .into_iter()
                    .chain(std::iter::repeat_n(not_found(), 40)),
            );
            let started = Instant::now();
            let error = error_of(account(&script.client(), "svc").await);
            assert_eq!(started.elapsed(), Duration::from_secs(seconds));
            assert!(error.detail.contains("does not exist. Apply again"), "{error:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failing_looks_are_an_error_with_unknown_outcome() {
        let script = Script::of(
            [not_found(), failed(504)]
                .into_iter()
                .chain(std::iter::repeat_n(failed(403), 40)),
        );
        let error = error_of(account(&script.client(), "svc").await);
        for words in ["504", "The last request to look for it failed", "403", "import {"] {
            assert!(error.detail.contains(words), "{error:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn stop_after_a_lost_response_looks_without_another_post() {
        let stop = Stop::default();
        let script = Script::new()
            .respond(not_found())
            .respond_later(failed(504))
            .respond(not_found())
            .respond(success());
        let client = script.client().bound_to(RequestWindow::until(stop.clone()));
        let (created, ()) = tokio::join!(account(&client, "svc"), async {
            script.sent_count(2).await;
            stop.fire();
        });
        assert_eq!(created.as_deref(), Ok("svc"));
        assert_eq!(posts(&script), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn other_username_in_the_response_is_an_error() {
        let reports = |name: &str| Script::of([not_found(), status(200).json(&json!({ "username": name }))]);
        for same in ["Größe", "gro\u{308}ße", "GRÖßE"] {
            let created = account(&reports(same).client(), "größe").await;
            assert_eq!(created.as_deref(), Ok("größe"), "{same}");
        }
        let created = account(&reports("groesse").client(), "größe").await;
        assert_eq!(created.as_deref(), Ok("groesse"));
        let error = stored_otherwise("größe", "groesse").into_iter().next().unwrap();
        assert!(
            error.detail.contains("\"größe\"") && error.detail.contains("\"groesse\""),
            "{error:?}"
        );
    }
}
