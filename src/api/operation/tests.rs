//! Calls over a scripted transport: permits, waits, interrupts, log lines.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::api::fake::{FakeResponse, Script, TOKEN, not_found, status};
use crate::api::transport::Cause;
use crate::api::{Client, Kind, NewToken, UserFilter, operation_clock};
use crate::logged::Logged;
use crate::stop::Stop;

fn ducklings() -> FakeResponse {
    status(200).json(&json!({
        "read_write": { "instance_size": "pulse" }, "read_scaling": { "instance_size": "pulse", "flock_size": 2 },
    }))
}

/// Starts a call in a task of its own.
fn in_background<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    client: &Client,
    call: impl FnOnce(Client) -> F,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(call(client.clone()))
}

#[tokio::test(start_paused = true)]
async fn get_succeeds_after_transient_failures() {
    let script = Script::new()
        .fail(|| SendError::Unreachable(Cause::new("refused")))
        .hang()
        .fail(|| SendError::Dropped(Cause::new("reset")))
        .respond(status(502).text("<html>"))
        .respond(ducklings().header("date", "Fri, 19 Jun 2026 00:00:00 GMT"));
    let reply = script.client().ducklings("ada").await.unwrap();
    assert_eq!(script.sent().len(), 5);
    assert_eq!(reply.date.unwrap().to_string(), "2026-06-19T00:00:00Z");
    assert_eq!(reply.url, "https://api.motherduck.com/v1/users/ada/instances");
}

#[tokio::test(start_paused = true)]
async fn attempt_ends_after_request_timeout() {
    let script = Script::new().hang();
    let client = script.client_with(|settings| settings.request_timeout = Duration::from_secs(7));
    let started = Instant::now();
    let error = client.create_service_account("svc").await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(7));
    assert!(
        matches!((error.kind(), error.attempts()), (Kind::TimedOut { .. }, 1)),
        "{error}"
    );
    assert!(error.outcome_unknown());
}

#[tokio::test(start_paused = true)]
async fn operation_is_overdue_after_ten_minutes() {
    // Twenty hanging attempts of a minute each would take more than twenty minutes.
    let script = (0..20).fold(Script::new(), |script, _| script.hang());
    let client = script.client_with(|settings| {
        settings.max_retries = 20;
        settings.request_timeout = Duration::from_secs(60);
    });
    let started = Instant::now();
    let error = client.ducklings("ada").await.unwrap_err();
    assert!(
        started.elapsed() <= operation_clock::OPERATION_LIMIT,
        "{:?}",
        started.elapsed()
    );
    assert!(matches!(error.kind(), Kind::Overdue { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("was given up after 9 attempts, which ended with no response in time: one operation may take 10 minutes"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn attempt_ended_by_the_operation_limit_has_unknown_outcome() {
    let script = Script::new().hang();
    let client = script.client_with(|settings| settings.request_timeout = Duration::from_secs(3600));
    let error = client.create_service_account("svc").await.unwrap_err();
    assert!(
        matches!((error.kind(), error.attempts()), (Kind::Overdue { .. }, 1)),
        "{error}"
    );
    assert!(error.outcome_unknown());
}

#[tokio::test(start_paused = true)]
async fn pages_count_towards_the_operation_limit() {
    let script = (0..1000).fold(Script::new(), |script, page| {
        let page = json!({ "users": [], "next_page_token": page.to_string() });
        script.respond_later(status(200).json(&page))
    });
    let error = script.client().users(UserFilter::default()).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Overdue { .. }), "{error}");
    assert_eq!(script.sent().len(), 600, "a page takes one second");
}

#[tokio::test(start_paused = true)]
async fn waits_for_a_slot_and_between_pages_do_not_count_towards_the_limit() {
    let page = |cursor| status(200).json(&json!({ "users": [], "next_page_token": cursor }));
    let script = Script::new().hang().respond(page(Some("a"))).respond(page(None));
    let client = script.client_with(|settings| {
        settings.max_concurrent_requests = 1;
        settings.request_timeout = Duration::from_secs(599);
    });
    let holder = in_background(&client, |client| async move {
        client.create_service_account("a").await
    });
    script.sent_count(1).await;
    let mut pages = client.user_pages(UserFilter::default());
    pages.next().await.unwrap();
    assert!(matches!(
        holder.await.unwrap().unwrap_err().kind(),
        Kind::TimedOut { .. }
    ));
    tokio::time::sleep(2 * operation_clock::OPERATION_LIMIT).await;
    pages.next().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn missing_or_invalid_date_header_is_none() {
    for response in [ducklings(), ducklings().header("date", "yesterday")] {
        let reply = Script::new()
            .respond(response)
            .client()
            .ducklings("ada")
            .await
            .unwrap();
        assert_eq!(reply.date, None);
    }
}

#[tokio::test(start_paused = true)]
async fn repeated_delete_with_404_succeeds_after_a_lost_attempt() {
    for lost in [
        Script::new().fail(|| SendError::Dropped(Cause::new("reset"))),
        Script::new().hang(),
        Script::new().respond(status(503)),
        Script::new().respond(status(502)).respond(status(429)),
    ] {
        let script = lost.respond(not_found());
        let reply = script.client().delete_user("ada").await.unwrap();
        assert_eq!(reply.url, "https://api.motherduck.com/v1/users/ada");
    }
}

#[tokio::test(start_paused = true)]
async fn delete_with_404_is_gone_without_a_lost_attempt() {
    for script in [
        Script::new().respond(not_found()),
        Script::new()
            .fail(|| SendError::Unreachable(Cause::new("refused")))
            .respond(not_found()),
        Script::new().respond(status(429)).respond(not_found()),
    ] {
        assert!(
            script
                .client()
                .revoke_token("ada", "7")
                .await
                .unwrap_err()
                .is_gone()
        );
    }
    let unrouted = Script::new()
        .respond(status(503))
        .respond(status(404).text("Not Found"));
    assert!(
        unrouted
            .client()
            .delete_user("ada")
            .await
            .unwrap_err()
            .is_unrouted()
    );
}

#[tokio::test(start_paused = true)]
async fn invalid_path_segment_is_an_error_before_any_request() {
    let script = Script::new();
    let client = script.client();
    for (error, expected) in [
        (
            client.delete_user("").await.unwrap_err(),
            "DELETE /v1/users/ was not sent: an empty name cannot be part of a URL",
        ),
        (
            client.tokens("..").await.unwrap_err(),
            "GET /v1/users/../tokens was not sent: the name \"..\" cannot be part of a URL",
        ),
        (
            client.revoke_token("ada", ".").await.unwrap_err(),
            "DELETE /v1/users/ada/tokens/. was not sent: the name \".\" cannot be part of a URL",
        ),
    ] {
        assert_eq!(error.to_string(), expected);
        assert!(
            matches!((error.kind(), error.attempts()), (Kind::Invalid { .. }, 0)),
            "{error}"
        );
        assert!(!error.outcome_unknown());
    }
    assert!(script.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn slots_limit_attempts_in_flight_and_are_free_during_backoff() {
    // The first call gets its response and waits for its second attempt; meanwhile other calls use the only
    // slot.
    let script = Script::new()
        .respond(status(503).header("retry-after", "30"))
        .respond(not_found())
        .hang()
        .respond(not_found())
        .respond(not_found());
    let client = script.client_with(|settings| settings.max_concurrent_requests = 1);
    let patient = in_background(&client, |client| async move { client.ducklings("patient").await });
    script.sent_count(1).await;
    assert!(client.ducklings("quick").await.unwrap_err().is_gone());

    // A hanging attempt keeps the slot until its timeout; then the next one starts.
    let hanging = in_background(&client, |client| async move {
        client.create_service_account("slow").await
    });
    script.sent_count(3).await;
    assert!(client.ducklings("next").await.unwrap_err().is_gone());
    assert!(matches!(
        hanging.await.unwrap().unwrap_err().kind(),
        Kind::TimedOut { .. }
    ));
    assert!(patient.await.unwrap().unwrap_err().is_gone());
    let order: Vec<_> = script
        .sent()
        .iter()
        .map(|line| line.split('/').nth(3).map(str::to_owned))
        .collect();
    assert_eq!(
        order.iter().map(Option::as_deref).collect::<Vec<_>>()[..3],
        [Some("patient"), Some("quick"), None]
    );
    assert_eq!(order.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn stop_ends_the_wait_between_attempts() {
    let script = Script::new()
        .respond(status(429).header("retry-after", "60"))
        .respond(ducklings());
    let stop = Stop::default();
    let client = script.client().bound_to(RequestWindow::until(stop.clone()));
    let waiting = in_background(&client, |client| async move { client.ducklings("ada").await });
    script.sent_count(1).await;
    let started = Instant::now();
    stop.fire();
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(error.is_interrupted() && !error.outcome_unknown());
    assert_eq!(error.attempts(), 1);
    assert!(
        error.to_string().ends_with(
            "was interrupted while waiting to repeat it after 1 attempt, which ended with status 429"
        ),
        "{error}"
    );
    // The whole call is stopped; later calls work again.
    assert!(client.ducklings("ada").await.unwrap_err().is_interrupted());
    let later = client.bound_to(RequestWindow::default());
    later.ducklings("ada").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn stop_during_an_attempt_waits_for_it_and_sends_no_other() {
    let script = Script::new().hang().respond(ducklings());
    let stop = Stop::default();
    let client = script.client().bound_to(RequestWindow::until(stop.clone()));
    let sent = in_background(&client, |client| async move { client.delete_user("ada").await });
    script.sent_count(1).await;
    stop.fire();
    let error = sent.await.unwrap().unwrap_err();
    assert!(error.is_interrupted());
    assert!(
        error.outcome_unknown(),
        "the attempt that hung may have deleted the user"
    );
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn stop_ends_the_wait_for_a_slot() {
    let script = Script::new().hang();
    let stop = Stop::default();
    let client = script
        .client_with(|settings| settings.max_concurrent_requests = 1)
        .bound_to(RequestWindow::until(stop.clone()));
    let holder = in_background(&client, |client| async move {
        client.create_service_account("a").await
    });
    script.sent_count(1).await;
    let mut queued = Box::pin(client.create_service_account("b"));
    // The future is polled once, so that it waits in the queue.
    tokio::select! {
        biased;
        _ = &mut queued => panic!("there was a free slot"),
        () = std::future::ready(()) => {}
    }
    stop.fire();
    let error = queued.await.unwrap_err();
    assert!(error.is_interrupted());
    assert_eq!(
        error.to_string(),
        "POST /v1/users was interrupted before it was sent"
    );
    assert_eq!((error.attempts(), error.outcome_unknown()), (0, false));
    assert!(matches!(
        holder.await.unwrap().unwrap_err().kind(),
        Kind::TimedOut { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn stop_ends_a_listing_before_the_next_page() {
    let page = status(200).json(&json!({ "users": [], "next_page_token": "a" }));
    let script = Script::new().respond_later(page);
    let stop = Stop::default();
    let client = script.client().bound_to(RequestWindow::until(stop.clone()));
    let walk = in_background(&client, |client| async move {
        client.users(UserFilter::default()).await
    });
    script.sent_count(1).await;
    stop.fire();
    assert!(walk.await.unwrap().unwrap_err().is_interrupted());
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_logged_without_secrets() {
    let logged = Logged::collect();
    let script = Script::new()
        .fail(|| SendError::Unreachable(Cause::new("refused")))
        .respond(status(429).json(&json!({ "message": format!("rate limited {TOKEN}") })))
        .respond(status(200).json(&json!({
            "token": "eyJnew", "id": "7", "created_ts": "t", "read_only": false, "token_type": "read_write",
        })));
    let new = NewToken {
        name: "backend".into(),
        ..NewToken::default()
    };
    script.client().create_token("ada", &new).await.unwrap();

    let lines = logged.lines();
    let attempts: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("DEBUG motherduck_provider::api::"))
        .collect();
    assert_eq!(attempts.len(), 3, "{lines:#?}");
    let common = r#"method="POST" path="/v1/users/ada/tokens""#;
    for (line, expected) in attempts.iter().zip([
        "error=\"no connection: refused\" attempt=1",
        "status=429 attempt=2",
        "status=200 attempt=3",
    ]) {
        assert!(
            line.contains(common) && line.contains(expected) && line.contains("duration_ms=0"),
            "{line}"
        );
    }
    let id = |line: &str| {
        line.split("request_id=")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap()
            .to_owned()
    };
    assert!(attempts.iter().all(|line| id(line) == id(attempts[0])) && id(attempts[0]).len() > 8);

    let bodies: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("TRACE motherduck_provider::api::"))
        .collect();
    assert_eq!(bodies.len(), 5, "three requests and two responses: {lines:#?}");
    assert!(
        bodies[0].contains("backend") && bodies[4].contains("***"),
        "{bodies:#?}"
    );
    let all = lines.join("\n");
    assert!(!all.contains("eyJnew") && !all.contains(TOKEN), "{all}");
}

#[tokio::test(start_paused = true)]
async fn token_description_is_set_for_401_and_403() {
    for code in [401, 403] {
        let script = Script::new().respond(status(code));
        let error = script.client().ducklings("ada").await.unwrap_err();
        assert_eq!(
            error.token_description(),
            Some("The token came from the environment variable MOTHERDUCK_TOKEN.")
        );
    }
    // The response's `Date` decides whether the token has expired; the local clock is an hour behind here.
    let payload = base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        r#"{"exp":1781829000,"tokenType":"read_scaling"}"#,
    );
    let dated = status(401).header("date", "Fri, 19 Jun 2026 01:00:00 GMT");
    let client = Script::new()
        .respond(dated)
        .client_with(|settings| settings.token = format!("eyJhbGciOiJIUzI1NiJ9.{payload}.c2ln").into());
    let error = client.ducklings("ada").await.unwrap_err();
    let description = error.token_description().unwrap();
    assert!(
        description.contains("read scaling token")
            && description.ends_with("It expired at 2026-06-19T00:30:00Z."),
        "{description}"
    );
    assert!(
        !description.contains("eyJ") && !description.contains(&payload),
        "{description}"
    );
    let other = Script::new()
        .respond(status(404))
        .client()
        .ducklings("ada")
        .await
        .unwrap_err();
    assert_eq!(other.token_description(), None);
}

#[tokio::test(start_paused = true)]
async fn error_masks_a_created_token_in_an_error_body() {
    let live = json!({ "token": "an-opaque-secret", "id": "7", "name": "n" });
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    for body in [
        live.to_string(),
        format!("upstream said {live}"),
        json!({ "code": "X", "message": format!("upstream said {live}") }).to_string(),
        json!({ "detail": { "weird": jwt } }).to_string(),
        format!("<html><title>{jwt}</title>"),
    ] {
        let script = Script::new().respond(status(500).text(&body));
        let error = script
            .client()
            .create_token("ada", &NewToken::default())
            .await
            .unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("opaque-secret") && !shown.contains("eyJ"),
            "{shown}"
        );
        assert!(shown.contains("***"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn error_masks_known_secrets_and_shows_request_names() {
    let name = "rotation-of-the-production-warehouse-writer-2026";
    let response =
        status(409).json(&json!({ "code": "CONFLICT", "message": format!("{name} exists, old-secret") }));
    let script = Script::new().respond(response);
    let new = NewToken {
        name: name.into(),
        ..NewToken::default()
    };
    let client = script.client();
    client.mask_secret(&"old-secret".into());
    let error = client.create_token("ada", &new).await.unwrap_err();
    assert_eq!(error.message(), Some(format!("{name} exists, ***").as_str()));
}

#[tokio::test(start_paused = true)]
async fn later_errors_of_a_call_mask_its_created_token() {
    let created = json!({
        "token": "opaque", "id": "7", "created_ts": "t", "read_only": false, "token_type": "read_write",
    });
    let script = Script::new()
        .respond(status(200).json(&created))
        .respond(status(400).text("echo: opaque, b3BhcXVl, opaque"));
    let client = script.client();
    client.create_token("ada", &NewToken::default()).await.unwrap();
    let error = client.revoke_token("ada", "7").await.unwrap_err();
    assert_eq!(error.message(), Some("echo: ***, ***, ***"));
}

#[tokio::test(start_paused = true)]
async fn operation_ids_are_unique() {
    let script = Script::new().respond(ducklings()).respond(ducklings());
    let client = script.client();
    assert_ne!(client.operation().id, client.operation().id);
    assert_ne!(client.operation().id, script.client().operation().id);
}

#[test]
fn client_and_settings_debug_omit_the_token() {
    let client = Script::new().client();
    let shown = format!("{client:?} {:?}", crate::api::fake::settings());
    assert!(!shown.contains(TOKEN), "{shown}");
    assert!(shown.contains("https://api.motherduck.com"));
    assert_eq!(client.base_url().to_string(), "https://api.motherduck.com");
}
