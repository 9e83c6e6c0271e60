//! Repeats a look at the API until it decides something: the effect of a write whose response was lost, or
//! whether an object that was just created is visible.

use std::future::Future;
use std::ops::ControlFlow;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::{Instant, sleep, timeout_at};

use crate::api::{Client, Error, MIN_CONFIRMATION_INTERVAL};

/// How long to look for the effect of a request whose response was lost.
pub(crate) const LOST_RESPONSE: Duration = Duration::from_secs(60);

/// How long after its end a request to create a token, which had no response of the API, may still create it. A
/// token that was created later does not belong to that request.
pub(crate) const LATE_TOKEN_CREATION: Duration = Duration::from_secs(5);

/// How long an existing object may be missing from reads.
pub(crate) const READ_DELAY: Duration = Duration::from_secs(10);

/// How long this process remembers its writes. Reads are behind by [`READ_DELAY`] at most, and a listing that
/// takes longer than two seconds identifies no token by its time, so after this time all reads show the
/// write.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(120);

/// The wait after the first look; each further one is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// The maximum wait before the random part is added, which is at most as long again.
const LONGEST_DELAY: Duration = Duration::from_secs(4);

/// Returns how long to look for the effect of a request that ended with this error. If the API
/// responded to it, only reads may be behind.
pub(crate) fn limit(error: &Error) -> Duration {
    if has_api_responded(error) {
        READ_DELAY
    } else {
        LOST_RESPONSE
    }
}

/// Whether the API itself responded to the request. A request without such a response may still be carried
/// out.
pub(crate) fn has_api_responded(error: &Error) -> bool {
    error.is_from_api() && !matches!(error.status(), Some(408 | 499 | 502..=504 | 520..=530))
}

/// Runs a future to its end. If `client` is stopped before, the future is dropped and the result is `None`.
pub(crate) async fn run_until_stopped<T>(client: &Client, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = client.stopped() => None,
        result = future => Some(result),
    }
}

/// Waits between a 404 and the look that confirms it. Returns false if a stop ends the wait.
pub(crate) async fn wait_before_second_look(client: &Client) -> bool {
    run_until_stopped(client, sleep(MIN_CONFIRMATION_INTERVAL))
        .await
        .is_some()
}

/// Returns a random wait of 0.5 to 1 second before a write that met another writer.
pub(crate) fn random_delay() -> Duration {
    let half = Duration::from_millis(500);
    let mut delays = ExponentialBuilder::new()
        .with_min_delay(half)
        .with_jitter()
        .build();
    delays.next().unwrap_or(half)
}

/// Returns the endless waits between looks.
pub(crate) fn delays() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(FIRST_DELAY)
        .with_factor(2.0)
        .with_max_delay(LONGEST_DELAY)
        .with_jitter()
        .without_max_times()
        .build()
}

/// Repeats `look` until it breaks with a decision. An undecided look continues with its reason, which is
/// returned as the error when `limit` has passed or `client` is stopped; `None` if no look was completed.
///
/// The looks use the same client, which after a write is [`Client::settling`], so that they can continue for
/// 30 seconds after a stop. When the time is over, the current look is dropped, so its requests must be
/// harmless to repeat.
pub(crate) async fn until_decided<T, U, Look>(
    client: &Client,
    limit: Duration,
    mut look: impl FnMut() -> Look,
) -> Result<T, Option<U>>
where
    Look: Future<Output = ControlFlow<T, U>>,
{
    let deadline = Instant::now() + limit;
    let mut undecided = None;
    let looking = async {
        for delay in delays() {
            match look().await {
                ControlFlow::Break(decided) => return Some(decided),
                ControlFlow::Continue(reason) => undecided = Some(reason),
            }
            sleep(delay).await;
        }
        None
    };
    let decided = tokio::select! {
        biased;
        decided = timeout_at(deadline, looking) => decided.ok().flatten(),
        () = client.stopped() => None,
    };
    decided.ok_or(undecided)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, ready};

    use serde_json::json;

    use super::*;
    use crate::api::fake::{Script, status};
    use crate::api::{NewToken, RequestWindow};
    use crate::stop::Stop;

    #[tokio::test(start_paused = true)]
    async fn has_api_responded_requires_a_response_of_the_api() {
        let error = json!({ "code": "INTERNAL_SERVER_ERROR", "message": "no" });
        let page = "<!DOCTYPE html><html><title>Oops</title></html>";
        for (response, expected) in [
            (Some(status(500).json(&error)), true),
            (Some(status(403).json(&error)), true),
            (Some(status(200).json(&json!({}))), true),
            (Some(status(200).text(page)), false),
            (Some(status(500).text(page)), false),
            (Some(status(500)), false),
            (Some(status(502).json(&error)), false),
            (Some(status(504).json(&error)), false),
            (None, false),
        ] {
            let script = match response {
                Some(response) => Script::new().respond(response),
                None => Script::new().hang(),
            };
            let lost = script.client().create_token("ada", &NewToken::default()).await;
            let lost = lost.unwrap_err();
            assert_eq!(has_api_responded(&lost), expected, "{lost}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn until_decided_repeats_the_look() {
        let (client, looks, started) = (Script::new().client(), Cell::new(0), Instant::now());
        let found = until_decided(&client, LOST_RESPONSE, || {
            looks.set(looks.get() + 1);
            ready(if looks.get() == 4 {
                ControlFlow::Break("here")
            } else {
                ControlFlow::Continue(looks.get())
            })
        })
        .await;
        assert_eq!(found, Ok("here"));
        let waited = started.elapsed();
        assert!((Duration::from_millis(1750)..Duration::from_millis(3500)).contains(&waited));
    }

    #[tokio::test(start_paused = true)]
    async fn until_decided_returns_the_last_reason_at_the_limit() {
        let (client, looks, started) = (Script::new().client(), Cell::new(0), Instant::now());
        let undecided: Result<(), _> = until_decided(&client, LOST_RESPONSE, || {
            looks.set(looks.get() + 1);
            ready(ControlFlow::Continue(looks.get()))
        })
        .await;
        assert_eq!(undecided, Err(Some(looks.get())));
        assert_eq!(started.elapsed(), LOST_RESPONSE);
        assert!((10..30).contains(&looks.get()), "{looks:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn until_decided_ends_a_hanging_look_at_the_limit() {
        let (client, started) = (Script::new().client(), Instant::now());
        let undecided: Result<(), Option<()>> = until_decided(&client, READ_DELAY, pending).await;
        assert_eq!(undecided, Err(None));
        assert_eq!(started.elapsed(), READ_DELAY);
    }

    #[tokio::test(start_paused = true)]
    async fn until_decided_ends_thirty_seconds_after_a_stop() {
        let (stop, started) = (Stop::default(), Instant::now());
        let settling = Script::new()
            .client()
            .bound_to(RequestWindow::until(stop.clone()))
            .settling();
        stop.fire();
        let look = || ready(ControlFlow::<(), _>::Continue("absent"));
        assert_eq!(
            until_decided(&settling, LOST_RESPONSE, look).await,
            Err(Some("absent"))
        );
        assert_eq!(started.elapsed(), Duration::from_secs(30));
    }
}
