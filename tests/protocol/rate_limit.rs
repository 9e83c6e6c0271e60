//! A rate limit of the API: how many requests it refuses, and which calls wait.

use futures_util::{StreamExt as _, stream};
use motherduck_emulator::Emulator;
use serde_json::json;

use crate::host::{Reply, Session, TOKEN, add_loader};

/// The default number of objects that core creates in parallel.
const PARALLELISM: usize = 10;

/// The fraction of requests that may be refused.
const REFUSED_AT_MOST: f64 = 0.05;

#[tokio::test]
async fn rate_limit_refuses_less_than_5_percent_of_requests() {
    let limit = "20/1".parse().unwrap();
    let api = Emulator::builder().rate_limit(limit).start().await.unwrap();
    add_loader(&api);
    let session = Session::with(&api.url(), "max_retries", json!(4)).await;
    let creations = (0..300).map(|number| {
        let session = &session;
        async move {
            let config = json!({ "username": "loader", "name_prefix": format!("n{number}-") });
            session.create(TOKEN, &config).await
        }
    });
    let created = stream::iter(creations)
        .buffer_unordered(PARALLELISM)
        .count()
        .await;
    let requests = api.requests();
    let refused = requests
        .iter()
        .filter(|request| request.status == Some(429))
        .count();
    assert_eq!((created, requests.len()), (300, 300 + refused));
    #[allow(clippy::cast_precision_loss, reason = "the number of requests is small")]
    let part = refused as f64 / requests.len() as f64;
    assert!(part < REFUSED_AT_MOST, "{refused} of {}", requests.len());
}

#[tokio::test]
async fn no_request_is_sent_during_a_long_retry_after() {
    let (session, api) = Session::on_script(|_| Reply::RetryAfter(429, 3600)).await;
    let config = json!({ "username": "loader", "name_prefix": "nightly-" });
    for words in [["status 429", "3600 seconds"], ["was not sent", "3600 seconds"]] {
        let applied = session.try_create(TOKEN, &config).await.unwrap_err();
        assert_eq!(applied.stored, None);
        applied.assert_error("", &words);
    }
    assert_eq!(api.calls().len(), 1);
}
