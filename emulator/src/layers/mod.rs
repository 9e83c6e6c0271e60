//! The layers above the routes that need the whole emulator: what records requests, applies faults, and passes
//! responses to an observer.

mod bodies;
mod inject;
mod observe;
mod record;

pub(crate) use inject::inject;
pub(crate) use observe::observe;
pub(crate) use record::record;
