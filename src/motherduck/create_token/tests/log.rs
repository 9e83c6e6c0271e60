//! Collects what is logged.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tracing_subscriber::Layer;

/// The lines of the log, each with its level.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        struct Fields(String);
        impl tracing::field::Visit for Fields {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                write!(self.0, " {field}={value:?}").unwrap();
            }
        }
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }
}

impl Lines {
    pub(super) fn of(&self, levels: &[&str]) -> String {
        let mut lines = self.0.lock().unwrap().clone();
        lines.retain(|line| levels.iter().any(|level| line.starts_with(level)));
        lines.join("\n")
    }
}
