//! A `tracing` layer that writes hclog's JSON.
//!
//! The host is strict: it crashes on an `@message` or `@level` that is not a string, and it treats a line as
//! plain text if the time has another format or the line is longer than its buffer.

use std::error::Error;
use std::fmt;
use std::io::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

/// The host reads lines of up to 64 KiB, their line feed included.
const LINE_LIMIT: usize = 64 << 10;
/// The length in bytes to which a text is cut when its line is too long.
const CUT_TEXT: usize = 4 << 10;

const OWN_CRATE: &str = "motherduck_provider";
const OWN_BINARY: &str = "terraform_provider_motherduck";

/// Writes events of at least one level, with the fields of their spans, through `write`.
pub(super) struct HclogLayer<W> {
    pub(super) level: Level,
    /// Receives one whole line at a time, including the line feed.
    pub(super) write: W,
}

/// Writes to the process's standard error. Errors are ignored: a host that no longer reads must not make a
/// call fail.
pub(super) fn standard_error(line: &[u8]) {
    let _ = std::io::stderr().lock().write_all(line);
}

impl<S, W> Layer<S> for HclogLayer<W>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: Fn(&[u8]) + 'static,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // Libraries log frames and sockets, which may contain secrets, so only their warnings are written.
        let limit = if own_module(metadata.target()).is_some() {
            self.level
        } else {
            self.level.min(Level::WARN)
        };
        *metadata.level() <= limit
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level.into())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Map::new();
        let spans = context.event_scope(event).into_iter();
        for span in spans.flat_map(Scope::from_root) {
            if let Some(Fields(fields)) = span.extensions().get::<Fields>() {
                line.extend(fields.clone());
            }
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = match fields.0.remove("message") {
            Some(Value::String(message)) => message,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        line.append(&mut fields.0);

        let metadata = event.metadata();
        let level = metadata.level().as_str().to_ascii_lowercase();
        line.insert("@level".to_owned(), level.into());
        line.insert("@message".to_owned(), message.into());
        line.insert("@timestamp".to_owned(), format!("{:.6}", Timestamp::now()).into());
        line.insert("@module".to_owned(), module(metadata.target()).into());
        (self.write)(&serialize(line));
    }
}

/// The values of a span or an event, by name.
#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        self.set(field, text);
    }
}

/// Returns hclog's name of a module: `provider.api` for everything in `api`.
fn module(target: &str) -> String {
    let path = own_module(target).unwrap_or(target);
    let part = path.split("::").next().unwrap_or_default();
    if part.is_empty() {
        "provider".to_owned()
    } else {
        format!("provider.{part}")
    }
}

/// Returns the path of a module within the crates of this workspace.
fn own_module(target: &str) -> Option<&str> {
    let path = target
        .strip_prefix(OWN_CRATE)
        .or_else(|| target.strip_prefix(OWN_BINARY))?;
    if path.is_empty() {
        Some(path)
    } else {
        path.strip_prefix("::")
    }
}

/// Returns one line of JSON, including the line feed, within the host's limit.
fn serialize(mut line: Map<String, Value>) -> Vec<u8> {
    let mut text = Value::from(line.clone()).to_string();
    if text.len() >= LINE_LIMIT {
        line.values_mut().for_each(truncate);
        text = Value::from(line.clone()).to_string();
    }
    if text.len() >= LINE_LIMIT {
        line.retain(|name, _| name.starts_with('@'));
        text = Value::from(line).to_string();
    }
    text.push('\n');
    text.into_bytes()
}

fn truncate(value: &mut Value) {
    if let Value::String(text) = value
        && text.len() > CUT_TEXT
    {
        let end = (0..=CUT_TEXT)
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or_default();
        *text = format!("{}… ({} more bytes)", &text[..end], text.len() - end);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Returns the lines that the layer writes at `level` while `log` runs.
    fn lines(level: Level, log: impl FnOnce()) -> Vec<Value> {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let write = move |line: &[u8]| sink.lock().unwrap().extend_from_slice(line);
        let layer = HclogLayer { level, write };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let written = written.lock().unwrap();
        let text = std::str::from_utf8(&written).expect("lines are text");
        assert!(text.is_empty() || text.ends_with('\n'));
        assert!(text.lines().all(|line| line.len() < LINE_LIMIT));
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    }

    #[test]
    fn event_has_hclog_keys_and_its_fields() {
        let lines = lines(Level::TRACE, || {
            tracing::info!(status = 404, retry = false, path = "/v1/users", "response {}", 1);
        });
        let [line] = lines.as_slice() else {
            panic!("one line: {lines:?}")
        };
        assert_eq!(line["@message"], "response 1");
        assert_eq!(line["@level"], "info");
        assert_eq!(line["@module"], "provider.plugin");
        assert_eq!((&line["status"], &line["retry"]), (&404.into(), &false.into()));
        assert_eq!(line["path"], "/v1/users");

        let time = line["@timestamp"].as_str().expect("a text");
        let shape: String = time
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000Z");
    }

    #[test]
    fn levels_have_hclog_names() {
        let lines = lines(Level::TRACE, || {
            tracing::error!("x");
            tracing::warn!("x");
            tracing::info!("x");
            tracing::debug!("x");
            tracing::trace!("x");
        });
        let words: Vec<_> = lines
            .iter()
            .map(|line| line["@level"].as_str().unwrap())
            .collect();
        assert_eq!(words, ["error", "warn", "info", "debug", "trace"]);
    }

    #[test]
    fn message_is_always_a_string() {
        let lines = lines(Level::TRACE, || {
            tracing::info!(message = 7);
            tracing::info!(only = "a field");
        });
        assert_eq!(lines[0]["@message"], "7");
        assert_eq!(lines[1]["@message"], "");
    }

    #[test]
    fn event_contains_span_fields_and_the_innermost_value() {
        let lines = lines(Level::TRACE, || {
            let outer = tracing::info_span!("rpc", tf_rpc = "Plan", id = 1, late = tracing::field::Empty);
            let _outer = outer.enter();
            outer.record("late", "recorded");
            let _inner = tracing::info_span!("request", id = 2).entered();
            tracing::info!("x");
        });
        assert_eq!(lines[0]["tf_rpc"], "Plan");
        assert_eq!(lines[0]["id"], 2);
        assert_eq!(lines[0]["late"], "recorded");
    }

    #[test]
    fn error_field_contains_its_sources() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot read")]
        struct Outer(#[source] fmt::Error);

        let lines = lines(Level::TRACE, || {
            let error = Outer(fmt::Error);
            tracing::info!(error = &error as &(dyn Error + 'static), "x");
        });
        assert_eq!(lines[0]["error"], format!("cannot read: {}", fmt::Error));
    }

    #[test]
    fn events_below_the_level_are_dropped() {
        let lines = lines(Level::WARN, || {
            tracing::info!("too little");
            tracing::warn!("enough");
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["@message"], "enough");
    }

    #[test]
    fn library_events_are_logged_from_warn() {
        let lines = lines(Level::TRACE, || {
            tracing::info!(target: "h2::proto", "a frame");
            tracing::warn!(target: "h2::proto", "a broken frame");
            tracing::trace!(target: "motherduck_provider::api::retry", "ours");
            tracing::info!(target: "motherduck_provider_of_another", "not ours");
        });
        let heard: Vec<_> = lines
            .iter()
            .map(|line| (line["@module"].as_str(), line["@message"].as_str()))
            .collect();
        assert_eq!(
            heard,
            [
                (Some("provider.h2"), Some("a broken frame")),
                (Some("provider.api"), Some("ours"))
            ]
        );
    }

    #[test]
    fn long_lines_are_truncated_and_valid_json() {
        let lines = lines(Level::TRACE, || {
            // Cutting between the two bytes of a letter would be an error.
            let long = format!("x{}", "ü".repeat(LINE_LIMIT));
            tracing::info!(body = long, status = 200, "short");
            tracing::info!("{long}");
            tracing::info!(
                body = "\u{1}".repeat(LINE_LIMIT),
                "control characters take six bytes each"
            );
        });
        assert_eq!(
            (&lines[0]["@message"], &lines[0]["status"]),
            (&"short".into(), &200.into())
        );
        let body = lines[0]["body"].as_str().expect("a text");
        assert!(
            body.starts_with("xü") && body.ends_with("ü… (126978 more bytes)"),
            "{body}"
        );
        assert!(
            lines[1]["@message"]
                .as_str()
                .is_some_and(|message| message.ends_with(" more bytes)"))
        );
        assert_eq!(lines[2]["@message"], "control characters take six bytes each");
    }

    #[test]
    fn line_with_too_many_fields_contains_only_its_message() {
        let mut line: Map<String, Value> = (0..100)
            .map(|n| (format!("field{n}"), "x".repeat(CUT_TEXT).into()))
            .collect();
        line.insert("@message".to_owned(), "short".into());
        let text = serialize(line);
        assert_eq!(text, b"{\"@message\":\"short\"}\n");
    }
}
