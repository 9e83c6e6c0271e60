//! How long a process waits for its callers after a request to end.

use std::time::Duration;

use tokio::sync::watch;

/// The time after which a connected caller without a call is no longer waited for.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// Returns when the process may end: no connection is open, or no call has been in flight for [`IDLE_LIMIT`]
/// although a caller is connected.
pub(super) async fn callers_are_done(mut open: watch::Receiver<usize>, mut calls: watch::Receiver<usize>) {
    let idle = async {
        while calls.wait_for(|count| *count == 0).await.is_ok() {
            // A new call restarts the time.
            let begun = calls.wait_for(|count| *count > 0);
            if tokio::time::timeout(IDLE_LIMIT, begun).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = open.wait_for(|count| *count == 0) => {}
        () = idle => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance};

    use super::*;

    #[tokio::test]
    async fn callers_are_done_at_once_without_connections() {
        let (open, calls) = (watch::Sender::new(0), watch::Sender::new(1));
        callers_are_done(open.subscribe(), calls.subscribe()).await;
    }

    #[tokio::test(start_paused = true)]
    async fn callers_are_done_after_the_last_connection_ends() {
        let (open, calls) = (watch::Sender::new(2), watch::Sender::new(1));
        let done = tokio::spawn(callers_are_done(open.subscribe(), calls.subscribe()));
        advance(Duration::from_secs(600)).await;
        open.send_replace(1);
        tokio::task::yield_now().await;
        assert!(!done.is_finished());
        open.send_replace(0);
        done.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn callers_are_done_thirty_seconds_after_the_last_call() {
        let (open, calls) = (watch::Sender::new(1), watch::Sender::new(1));
        let done = tokio::spawn(callers_are_done(open.subscribe(), calls.subscribe()));
        advance(Duration::from_secs(600)).await;
        assert!(!done.is_finished(), "a call is under way");
        for _ in 0..2 {
            calls.send_replace(0);
            tokio::task::yield_now().await;
            advance(Duration::from_secs(29)).await;
            tokio::task::yield_now().await;
            assert!(!done.is_finished(), "another call may follow");
            calls.send_replace(1);
            tokio::task::yield_now().await;
        }
        calls.send_replace(0);
        let last = Instant::now();
        done.await.unwrap();
        assert_eq!(last.elapsed(), IDLE_LIMIT);
    }
}
