//! Logs in the format that the host expects: one JSON object per line on standard error, as Go's hclog writes
//! them.

mod hclog;
mod level;

use std::ffi::OsString;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::variable::UnreadableVariable;

/// Starts logging for the provider with this type name (`motherduck`) if an environment variable enables it.
/// `lookup` returns the value of a variable. A second call has no effect.
pub fn init(type_name: &str, lookup: impl Fn(&str) -> Option<OsString>) -> Result<(), UnreadableVariable> {
    // Without a subscriber a log statement costs almost nothing.
    if let Some(level) = level::requested(type_name, lookup)?.into_level() {
        let write = hclog::standard_error;
        let layer = hclog::HclogLayer { level, write };
        let _ = tracing_subscriber::registry().with(layer).try_init();
    }
    Ok(())
}
