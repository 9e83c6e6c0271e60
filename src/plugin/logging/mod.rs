//! Logs in the form that the host expects: one JSON object a line on standard error, as Go's hclog writes
//! them.

mod hclog;
mod level;

use std::ffi::OsString;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::variable::UnreadableVariable;

/// Starts logging for the provider with this type name (`motherduck`), if a variable of the environment, read
/// through `lookup`, enables it.
///
/// A second call has no effect.
pub fn init(type_name: &str, lookup: impl Fn(&str) -> Option<OsString>) -> Result<(), UnreadableVariable> {
    // Without a subscriber a log statement costs almost nothing.
    if let Some(level) = level::requested(type_name, lookup)?.into_level() {
        let layer = hclog::HclogLayer::new(level, hclog::standard_error);
        let _ = tracing_subscriber::registry().with(layer).try_init();
    }
    Ok(())
}
