//! Logs as the host wants them: one JSON object a line on standard error, in the form of Go's hclog.

mod hclog;
mod level;

use std::ffi::OsString;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::variable::UnreadableVariable;

/// Starts logging for the provider of the given type name (`motherduck`), if the environment, looked up
/// through `lookup`, asks for it.
///
/// A second call changes nothing.
pub fn init(type_name: &str, lookup: impl Fn(&str) -> Option<OsString>) -> Result<(), UnreadableVariable> {
    // Without a subscriber a log statement costs next to nothing.
    if let Some(level) = level::requested(type_name, lookup)?.into_level() {
        let layer = hclog::HclogLayer::new(level, hclog::standard_error);
        let _ = tracing_subscriber::registry().with(layer).try_init();
    }
    Ok(())
}
