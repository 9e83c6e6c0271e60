//! Runs all checks.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::future::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;

use crate::check::Check;
use crate::checks::CHECKS;
use crate::outcome::{Failure, Outcome};
use crate::report::Row;
use crate::suite::{AT_ONCE, SHORTEST_LIFE_SECONDS, Suite};
use crate::target::Time;

/// No check starts later than this after the first one, so that a run ends within two minutes.
const LATEST_START: Duration = Duration::from_secs(40);

/// The time limit of a check.
const LIMIT: Duration = Duration::from_secs(20);

const LIMIT_OF_WAITING: Duration = Duration::from_secs(SHORTEST_LIFE_SECONDS + 60);

impl Suite {
    /// Runs all checks. Calls `on_end` with each row when its check has ended, and returns the rows in the
    /// order of the list.
    ///
    /// Drop the future to stop. Call [`Suite::clean_up`] afterwards in every case.
    pub async fn run(&self, on_end: impl Fn(&Row)) -> Vec<Row> {
        let latest_start = Instant::now() + LATEST_START;
        let together = CHECKS.iter().filter(|check| !check.is_alone);
        let alone = CHECKS.iter().filter(|check| check.is_alone);
        let run = async |check: &'static Check| {
            let row = self.run_one(check, latest_start).await;
            on_end(&row);
            row
        };
        let mut rows: Vec<Row> = stream::iter(together.map(run)).buffered(AT_ONCE).collect().await;
        for check in alone {
            rows.push(run(check).await);
        }
        // The check of all responses runs last.
        let row = self.contract();
        on_end(&row);
        rows.push(row);
        rows
    }

    async fn run_one(&self, check: &Check, latest_start: Instant) -> Row {
        let outcome = if Instant::now() > latest_start {
            Outcome::Skipped("the run would have taken too long".to_owned())
        } else {
            let limit = if check.is_alone && self.target.time == Time::Wait {
                LIMIT_OF_WAITING
            } else {
                LIMIT
            };
            let checked = AssertUnwindSafe((check.run)(self)).catch_unwind();
            match tokio::time::timeout(limit, checked).await {
                Ok(Ok(Ok(outcome))) => outcome,
                Ok(Ok(Err(Failure(why)))) => Outcome::Fail(why),
                Ok(Err(_)) => Outcome::Fail("the check itself is wrong: it panicked".to_owned()),
                Err(_) => Outcome::Fail(format!("it did not end within {} s", limit.as_secs())),
            }
        };
        Row {
            name: check.name.to_owned(),
            question: check.question,
            outcome,
        }
    }

    /// Returns the row that states whether every response so far conformed to the contract.
    fn contract(&self) -> Row {
        let violations: Vec<String> = self.api.observations().violations.iter().cloned().collect();
        let outcome = if violations.is_empty() {
            Outcome::Pass
        } else {
            Outcome::Fail(violations.join("; "))
        };
        Row {
            name: "every response has the status, media type and shape of the contract".to_owned(),
            question: None,
            outcome,
        }
    }
}
