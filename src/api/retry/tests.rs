//! Which requests are repeated, how often, and after which wait.

use reqwest::header::HeaderValue;

use super::*;
use crate::api::fake::{FakeResponse, Script, now, status};
use crate::api::transport::Cause;

fn unreachable() -> SendError {
    SendError::Unreachable(Cause::new("refused"))
}

fn untrusted() -> SendError {
    SendError::Untrusted(Cause::new("unknown issuer"))
}

fn refused() -> SendError {
    SendError::Refused(Cause::new("the stream was refused"))
}

fn dropped() -> SendError {
    SendError::Dropped(Cause::new("reset"))
}

fn timed_out() -> SendError {
    SendError::TimedOut(Duration::from_secs(1))
}

/// Runs attempts that all end the same way and counts them.
async fn attempts(method: Method, max_retries: u32, result: impl Fn() -> Result<Response, SendError>) -> u32 {
    let policy = RetryPolicy {
        max_retries,
        seed: Some(1),
        now,
    };
    let finished = run(
        &policy,
        &method,
        &RequestWindow::default(),
        &OperationClock::default(),
        |_| std::future::ready(result()),
    )
    .await;
    finished.attempts
}

#[tokio::test(start_paused = true)]
async fn retries_depend_on_failure_and_method() {
    type Case = (&'static str, fn() -> Result<Response, SendError>, [bool; 4]);
    // For GET, PUT, DELETE and POST.
    const ALWAYS: [bool; 4] = [true; 4];
    const NEVER: [bool; 4] = [false; 4];
    const IDEMPOTENT: [bool; 4] = [true, true, true, false];
    let table: &[Case] = &[
        ("no connection", || Err(unreachable()), ALWAYS),
        ("untrusted", || Err(untrusted()), NEVER),
        ("refused", || Err(refused()), ALWAYS),
        ("dropped", || Err(dropped()), IDEMPOTENT),
        ("timed out", || Err(timed_out()), IDEMPOTENT),
        ("interrupted", || Err(SendError::Interrupted), NEVER),
        ("200", || Ok(status(200).response()), NEVER),
        ("204", || Ok(status(204).response()), NEVER),
        (
            "200 cut short",
            || Ok(status(200).cut_short().response()),
            [true, true, false, false],
        ),
        ("200 too large", || Ok(status(200).capped().response()), NEVER),
        ("302", || Ok(status(302).response()), NEVER),
        ("400", || Ok(status(400).response()), NEVER),
        ("401", || Ok(status(401).response()), NEVER),
        ("403", || Ok(status(403).response()), NEVER),
        ("404", || Ok(status(404).response()), NEVER),
        (
            "404 cut short",
            || Ok(status(404).cut_short().response()),
            IDEMPOTENT,
        ),
        ("409", || Ok(status(409).response()), NEVER),
        ("408", || Ok(status(408).response()), IDEMPOTENT),
        ("425", || Ok(status(425).response()), IDEMPOTENT),
        ("429", || Ok(status(429).response()), ALWAYS),
        ("500", || Ok(status(500).response()), IDEMPOTENT),
        ("501", || Ok(status(501).response()), NEVER),
        ("502", || Ok(status(502).response()), IDEMPOTENT),
        ("503", || Ok(status(503).response()), IDEMPOTENT),
        ("504", || Ok(status(504).response()), IDEMPOTENT),
        ("505", || Ok(status(505).response()), NEVER),
        ("519", || Ok(status(519).response()), NEVER),
        ("520", || Ok(status(520).response()), IDEMPOTENT),
        ("524", || Ok(status(524).response()), IDEMPOTENT),
        ("530", || Ok(status(530).response()), IDEMPOTENT),
        ("531", || Ok(status(531).response()), NEVER),
        (
            "200 with a page",
            || Ok(status(200).text("\u{feff} <html>").response()),
            [false, false, true, false],
        ),
    ];
    for (name, result, repeated) in table {
        for (method, repeated) in [Method::GET, Method::PUT, Method::DELETE, Method::POST]
            .into_iter()
            .zip(repeated)
        {
            for max_retries in [0, 1, 4] {
                let expected = match (name, repeated) {
                    (&"interrupted", _) => 0,
                    (_, true) => 1 + max_retries,
                    (_, false) => 1,
                };
                let made = attempts(method.clone(), max_retries, result).await;
                assert_eq!(made, expected, "{method} {name} with {max_retries} retries");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn delays_double_up_to_15_seconds_with_jitter() {
    let script = Script::of(vec![status(503); 9]);
    let client = script.client_with(|settings| settings.max_retries = 8);
    client.ducklings("ada").await.unwrap_err();
    let bases = [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000];
    let waits = script.waits();
    assert_eq!(waits.len(), bases.len());
    for (wait, base) in waits.iter().zip(bases) {
        let base = Duration::from_millis(base);
        // The clock of tests counts whole milliseconds, rounding up.
        assert!(
            *wait >= base && *wait <= 2 * base + Duration::from_millis(1),
            "{waits:?}"
        );
    }
}

#[test]
fn delays_are_determined_by_the_seed() {
    let waits = |seed| {
        RetryPolicy {
            max_retries: 5,
            seed,
            now,
        }
        .delays()
        .collect::<Vec<_>>()
    };
    assert_eq!(waits(Some(1)), waits(Some(1)));
    assert_ne!(waits(Some(1)), waits(Some(2)));
    assert_eq!(waits(None).len(), 5);
}

/// Returns how long the client waits after this response before it tries again.
async fn delay_after(response: FakeResponse) -> Duration {
    let script = Script::new().respond(response).respond(status(404));
    script.client().ducklings("ada").await.unwrap_err();
    script.waits()[0]
}

#[tokio::test(start_paused = true)]
async fn retry_after_up_to_a_minute_is_a_lower_bound_of_the_delay() {
    let own = delay_after(status(429)).await;
    assert!(own < Duration::from_millis(502), "{own:?}");
    let date = |seconds| httpdate::fmt_http_date(now() + Duration::from_secs(seconds));
    for (header, seconds) in [
        ("2".to_owned(), 2),
        (" 7 ".to_owned(), 7),
        ("60".to_owned(), 60),
        (date(5), 5),
        (date(60), 60),
    ] {
        for code in [429, 503] {
            let wait = delay_after(status(code).header("retry-after", &header)).await;
            assert_eq!(wait, Duration::from_secs(seconds), "{code} {header:?}");
        }
    }
    for useless in ["0", "-1", "1.5", "soon", "", "Thu, 01 Jan 1970 00:00:00 GMT"] {
        let wait = delay_after(status(429).header("retry-after", useless)).await;
        assert_eq!(wait, own, "{useless:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_above_a_minute_is_an_error() {
    let date = httpdate::fmt_http_date(now() + Duration::from_secs(3600));
    for (code, header, seconds) in [
        (429, "61", "61"),
        (503, "3600", "3600"),
        (503, date.as_str(), "3600"),
        (425, "99999999999999999999999", "18446744073709551615"),
    ] {
        let response = status(code).header("retry-after", header).text("later");
        let script = Script::new().respond(response.clone()).respond(response);
        for error in [
            script.client().ducklings("ada").await.unwrap_err(),
            script.client().create_service_account("svc").await.unwrap_err(),
        ] {
            assert_eq!((error.attempts(), error.status()), (1, Some(code)));
            let expected = format!(
                "status {code}: later; it asks to wait {seconds} seconds before a repetition (Retry-After), and the \
                 provider waits at most 60"
            );
            assert!(error.to_string().ends_with(&expected), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_date_is_relative_to_the_response_date() {
    let server = now() + Duration::from_secs(5000);
    let response = status(429)
        .header("date", &httpdate::fmt_http_date(server))
        .header(
            "retry-after",
            &httpdate::fmt_http_date(server + Duration::from_secs(9)),
        );
    assert_eq!(delay_after(response).await, Duration::from_secs(9));
}

#[test]
fn non_text_retry_after_is_ignored() {
    let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_bytes(b"\xff").unwrap())]);
    assert_eq!(retry_after(&headers, now()), None);
    assert_eq!(retry_after(&HeaderMap::new(), now()), None);
}

#[test]
fn is_lost_depends_on_the_result() {
    assert!(is_lost(&Err(dropped())) && is_lost(&Err(timed_out())));
    assert!(
        is_lost(&Err(SendError::Overdue { sent: true }))
            && !is_lost(&Err(SendError::Overdue { sent: false }))
    );
    assert!(!is_lost(&Err(refused())));
    assert!(
        !is_lost(&Err(unreachable()))
            && !is_lost(&Err(untrusted()))
            && !is_lost(&Err(SendError::Interrupted))
    );
    for (code, lost) in [
        (200, false),
        (302, false),
        (400, false),
        (404, false),
        (408, true),
        (425, true),
        (429, false),
        (500, true),
        (503, true),
        (520, true),
        (530, true),
    ] {
        assert_eq!(is_lost(&Ok(status(code).response())), lost, "{code}");
    }
    assert!(is_lost(&Ok(status(200).cut_short().response())));
    assert!(is_lost(&Ok(status(200).text("<html>").response())));
    assert!(!is_lost(&Ok(status(400).cut_short().response())));
}
