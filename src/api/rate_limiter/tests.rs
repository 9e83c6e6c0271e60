//! The rate limiter against hosts with different limits, with a paused clock and a fixed random seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;
use tokio::time::{advance, sleep};

use super::*;
use crate::api::fake::{FakeResponse, Script, not_found, now, status};
use crate::api::{Client, Kind};
use crate::stop::Stop;

fn policy() -> RetryPolicy {
    RetryPolicy {
        max_retries: 4,
        seed: Some(7),
        now,
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Returns the pauses without `Retry-After` in order.
fn pauses() -> ExponentialBackoff {
    policy().pauses()
}

async fn permit(limiter: &RateLimiter) -> SendPermit {
    limiter
        .acquire(&RequestWindow::default(), &OperationClock::default())
        .await
        .unwrap()
}

/// A limit of a host. Returns the time to wait if a request is refused.
trait Limit: Send {
    fn refuses(&mut self) -> Option<Duration>;
}

/// A number of requests in windows of some seconds. A window opens with the first request after the previous
/// one.
struct Windows {
    requests: u32,
    length: Duration,
    end: Instant,
    used: u32,
}

impl Windows {
    fn new(requests: u32, length: Duration) -> Self {
        Windows {
            requests,
            length,
            end: Instant::now(),
            used: 0,
        }
    }
}

impl Limit for Windows {
    fn refuses(&mut self) -> Option<Duration> {
        let now = Instant::now();
        if now >= self.end {
            (self.end, self.used) = (now + self.length, 0);
        }
        self.used += 1;
        let left = self.end - now;
        (self.used > self.requests).then(|| seconds(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
    }
}

/// A bucket of requests that is refilled at a rate per second.
struct Bucket {
    size: f64,
    per_second: f64,
    level: f64,
    at: Instant,
}

impl Limit for Bucket {
    fn refuses(&mut self) -> Option<Duration> {
        let now = Instant::now();
        self.level += (now - self.at).as_secs_f64() * self.per_second;
        self.level = self.level.min(self.size);
        self.at = now;
        if self.level < 1.0 {
            return Some(seconds(1));
        }
        self.level -= 1.0;
        None
    }
}

/// Sends this many requests to the host, ten in parallel. Returns how many were refused and how long it took.
async fn send(count: u32, limit: impl Limit + 'static, with_header: bool) -> (u32, Duration) {
    let (limiter, limit) = (RateLimiter::new(&policy()), Mutex::new(limit));
    let (left, refused) = (Arc::new(AtomicU32::new(count)), AtomicU32::new(0));
    let started = Instant::now();
    let worker = async || {
        while left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            loop {
                let permit = permit(&limiter).await;
                sleep(Duration::from_millis(10)).await;
                let retry_after = limit.lock().unwrap().refuses();
                sleep(Duration::from_millis(10)).await;
                let Some(retry_after) = retry_after else {
                    limiter.accepted(permit);
                    break;
                };
                refused.fetch_add(1, Ordering::SeqCst);
                limiter.refused(permit, with_header.then_some(retry_after));
            }
        }
    };
    join_all((0..10).map(|_| worker())).await;
    (refused.into_inner(), started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn few_requests_are_refused_by_hosts_with_retry_after() {
    let (refused, took) = send(300, Windows::new(20, seconds(1)), true).await;
    assert!(
        refused < 15 && took <= seconds(15).mul_f64(1.1),
        "{refused} {took:?}"
    );
    let (refused, took) = send(300, Windows::new(50, seconds(10)), true).await;
    assert!(
        refused < 15 && took <= seconds(60).mul_f64(1.1),
        "{refused} {took:?}"
    );
    let bucket = Bucket {
        size: 40.0,
        per_second: 20.0,
        level: 40.0,
        at: Instant::now(),
    };
    let (refused, took) = send(300, bucket, true).await;
    assert!(
        refused < 30 && took <= seconds(15).mul_f64(1.2),
        "{refused} {took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn few_requests_are_refused_by_a_host_without_retry_after() {
    let (refused, took) = send(300, Windows::new(20, seconds(1)), false).await;
    assert!(refused < 45 && took <= seconds(30), "{refused} {took:?}");
}

#[tokio::test(start_paused = true)]
async fn host_without_limit_causes_no_wait() {
    struct Unlimited;
    impl Limit for Unlimited {
        fn refuses(&mut self) -> Option<Duration> {
            None
        }
    }
    let (refused, took) = send(300, Unlimited, true).await;
    assert_eq!((refused, took), (0, Duration::from_millis(30 * 20)));
}

#[tokio::test(start_paused = true)]
async fn rate_after_a_pause_is_the_measured_one_and_grows_after_30_seconds() {
    let limiter = RateLimiter::new(&policy());
    let mut permits = Vec::new();
    for _ in 0..11 {
        permits.push(permit(&limiter).await);
    }
    let refused = permits.pop().unwrap();
    let late = permits.pop().unwrap();
    for accepted in permits {
        limiter.accepted(accepted);
    }
    limiter.refused(refused, Some(seconds(1)));
    // The response arrived after that to a request that was sent later.
    limiter.accepted(late);
    let started = Instant::now();
    limiter.accepted(permit(&limiter).await);
    assert_eq!(started.elapsed(), seconds(1));
    // The host's rate is ten requests per second.
    for _ in 0..97 {
        limiter.accepted(permit(&limiter).await);
    }
    let took = started.elapsed().as_secs_f64();
    assert!((10.9..11.1).contains(&took), "{took}");
    // A timer that is briefly late does not lower the rate; time without requests is not made up for.
    advance(seconds(31)).await;
    let started = Instant::now();
    for _ in 0..50 {
        limiter.accepted(permit(&limiter).await);
    }
    let took = started.elapsed().as_secs_f64();
    assert!((3.5..4.5).contains(&took), "it grows by one in a second: {took}");
}

#[tokio::test(start_paused = true)]
async fn pauses_without_retry_after_grow_until_a_request_is_accepted() {
    let limiter = RateLimiter::new(&policy());
    let mut expected = pauses();
    for _ in 0..3 {
        limiter.refused(permit(&limiter).await, None);
        let started = Instant::now();
        let pause = expected.next().unwrap();
        let again = permit(&limiter).await;
        let waited = started.elapsed();
        assert!(waited >= pause && waited <= pause + Duration::from_millis(1));
        limiter.refused(again, None);
        sleep(expected.next().unwrap()).await;
    }
    limiter.accepted(permit(&limiter).await);
    let started = Instant::now();
    limiter.refused(permit(&limiter).await, None);
    permit(&limiter).await;
    let (waited, pause) = (started.elapsed(), pauses().next().unwrap());
    assert!(waited >= pause && waited <= seconds(1) + pause, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn refusal_of_an_earlier_request_extends_the_pause() {
    let limiter = RateLimiter::new(&policy());
    let (first, second, third) = (
        permit(&limiter).await,
        permit(&limiter).await,
        permit(&limiter).await,
    );
    limiter.refused(first, Some(seconds(5)));
    limiter.refused(second, None);
    let rate = |limiter: &RateLimiter| lock(&limiter.state).rate.as_ref().unwrap().per_second;
    let before = rate(&limiter);
    let started = Instant::now();
    let waiting = async {
        sleep(seconds(1)).await;
        limiter.refused(third, Some(seconds(9)));
    };
    tokio::join!(permit(&limiter), waiting);
    assert_eq!(started.elapsed(), seconds(10));
    assert_eq!(rate(&limiter).to_bits(), before.to_bits());
}

// --- Calls of a client ---

fn too_many_requests(retry_after: &str) -> FakeResponse {
    status(429).header("retry-after", retry_after)
}

/// Returns a client whose first request is refused and not repeated.
async fn client_after_429(retry_after: &str) -> (Script, Client) {
    let script = Script::new()
        .respond(too_many_requests(retry_after))
        .respond(not_found());
    let client = script.client_with(|settings| settings.max_retries = 0);
    assert_eq!(client.delete_user("ada").await.unwrap_err().status(), Some(429));
    (script, client)
}

#[tokio::test(start_paused = true)]
async fn response_429_pauses_all_calls_of_the_client() {
    let (script, client) = client_after_429("30").await;
    let error = client.ducklings("bob").await.unwrap_err();
    assert!(error.is_gone() && error.attempts() == 1);
    assert_eq!(script.waits(), [seconds(30)]);
    // Another configuration has its own rate limiter.
    let (script, _) = client_after_429("30").await;
    let other = script.client();
    other.ducklings("bob").await.unwrap_err();
    assert_eq!(script.waits(), [Duration::ZERO]);
}

#[tokio::test(start_paused = true)]
async fn stop_ends_the_pause() {
    let (script, client) = client_after_429("60").await;
    let stop = Stop::default();
    let client = client.bound_to(RequestWindow::until(stop.clone()));
    let started = Instant::now();
    let (error, ()) = tokio::join!(client.delete_user("bob"), async {
        sleep(seconds(1)).await;
        stop.fire();
    });
    let error = error.unwrap_err();
    assert!(error.is_interrupted() && error.attempts() == 0);
    assert_eq!((started.elapsed(), script.sent().len()), (seconds(1), 1));
}

#[tokio::test(start_paused = true)]
async fn pause_before_the_first_request_does_not_count_towards_the_limit() {
    let limiter = RateLimiter::new(&policy());
    let first = permit(&limiter).await;
    limiter.refused(first, Some(seconds(60)));
    let (clock, started) = (OperationClock::default(), Instant::now());
    let window = RequestWindow::default();
    let longer = async {
        for _ in 0..15 {
            sleep(seconds(50)).await;
            limiter.refused(first, Some(seconds(60)));
        }
    };
    clock.begin_call();
    let (permit, ()) = tokio::join!(limiter.acquire(&window, &clock), longer);
    permit.unwrap();
    assert!(started.elapsed() > seconds(800));
    assert_eq!(clock.remaining(), seconds(600));
    // The time counts from the first request on.
    clock.record_request();
    limiter.refused(first, Some(seconds(60)));
    advance(seconds(590)).await;
    limiter.refused(first, Some(seconds(60)));
    let late = limiter.acquire(&window, &clock).await;
    assert!(matches!(late, Err(SendError::Overdue { sent: false })));
}

#[tokio::test(start_paused = true)]
async fn calls_fail_without_a_request_during_a_long_retry_after() {
    let (script, client) = client_after_429("3600").await;
    advance(seconds(3)).await;
    for error in [
        client.ducklings("bob").await.unwrap_err(),
        client.create_service_account("bob").await.unwrap_err(),
    ] {
        assert!(
            matches!((error.kind(), error.attempts()), (Kind::Paused { .. }, 0)),
            "{error}"
        );
        assert!(!error.outcome_unknown());
        assert_eq!(error.retry_after(), Some(seconds(3600)));
        let text = error.to_string();
        assert!(
            text.ends_with(
                "was not sent: an earlier response with status 429 asks to wait 3600 seconds (Retry-After), of \
                 which 3597 are left, and the provider waits at most 60"
            ),
            "{text}"
        );
    }
    assert_eq!(script.sent().len(), 1);
    // The pause lasts until its end.
    advance(seconds(3596)).await;
    let error = client.ducklings("bob").await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Paused { .. }), "{error}");
    advance(seconds(1)).await;
    assert!(client.ducklings("bob").await.unwrap_err().is_gone());
}

#[tokio::test(start_paused = true)]
async fn waiting_calls_fail_on_a_long_retry_after() {
    let limiter = RateLimiter::new(&policy());
    let (first, second) = (permit(&limiter).await, permit(&limiter).await);
    limiter.refused(first, Some(seconds(30)));
    let (window, clock) = (RequestWindow::default(), OperationClock::default());
    let started = Instant::now();
    let calls = join_all((0..3).map(|_| limiter.acquire(&window, &clock)));
    let (failed, ()) = tokio::join!(calls, async {
        sleep(seconds(1)).await;
        limiter.refused(second, Some(Duration::from_secs(u64::MAX)));
    });
    assert_eq!(started.elapsed(), seconds(1));
    for call in failed {
        assert!(matches!(call, Err(SendError::Paused { .. })));
    }
}
