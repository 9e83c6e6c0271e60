//! Collects the provider's log at TRACE for each thread.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

thread_local! {
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Collects the log of this thread until the guard is dropped.
pub(crate) fn collect() -> tracing::subscriber::DefaultGuard {
    tracing::subscriber::set_default(tracing_subscriber::registry().with(Collector))
}

/// Returns the log of this thread since the last call.
pub(crate) fn take() -> String {
    TEXT.take()
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    /// As in the provider's log, libraries are logged from WARN on.
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("motherduck_provider") || *metadata.level() <= Level::WARN
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        attributes.record(&mut Writer);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Writer);
    }
}

struct Writer;

impl Visit for Writer {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        TEXT.with_borrow_mut(|text| {
            let _ = writeln!(text, "{}={value:?}", field.name());
        });
    }
}
