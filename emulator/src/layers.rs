//! The layers that need the state of the emulator: they record requests, apply faults, and pass responses to
//! an observer.

mod bodies;
mod inject;
mod observe;
mod record;

pub(crate) use inject::inject;
pub(crate) use observe::observe;
pub(crate) use record::record;
