//! Collects the log lines of a unit test.
//!
//! One subscriber serves all tests of the process. With a subscriber for each test a line could be missing,
//! because tracing caches for each log statement whether any subscriber is interested in it, and tests that
//! run in parallel change that.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::marker::PhantomData;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, registry};

thread_local! {
    /// The lines of the test in this thread, if it collects them.
    static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Collects the log lines of a test's thread until it is dropped.
pub(crate) struct Logged(PhantomData<*const ()>);

impl Logged {
    pub(crate) fn collect() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            set_global_default(registry().with(Collector)).expect("no other subscriber of the process");
        });
        LINES.set(Some(Vec::new()));
        Logged(PhantomData)
    }

    /// Returns all lines: the level, the target, and each field as `name=value`.
    #[expect(clippy::unused_self, reason = "there are lines only while it exists")]
    pub(crate) fn lines(&self) -> Vec<String> {
        LINES.with_borrow(|lines| lines.clone().unwrap_or_default())
    }

    /// Returns the lines of these levels.
    pub(crate) fn at(&self, levels: &[&str]) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| levels.iter().any(|level| line.starts_with(level)));
        lines
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        LINES.set(None);
    }
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, _: &Metadata<'_>, _: Context<'_, S>) -> bool {
        LINES.with_borrow(Option::is_some)
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Line(format!("{} {}", metadata.level(), metadata.target()));
        event.record(&mut line);
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.push(line.0);
            }
        });
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, " {field}={value:?}");
    }
}
