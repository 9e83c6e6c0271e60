//! Protects the memory of the process, which contains secrets, from other processes.

use nix::sys::resource::{Resource, setrlimit};
use tracing::debug;

/// Disables core dumps, and prevents other processes of the same user from reading and tracing this one,
/// where the system supports it: core dumps everywhere, reading and tracing on Linux. Root can still do both.
pub fn keep_memory_private() {
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, 0, 0) {
        debug!(%error, "core dumps stay on");
    }
    // A program that receives core dumps through a pipe ignores the limit, but gets none of a process with
    // this flag.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        debug!(%error, "processes of the same user may read the memory of this one");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use nix::sys::prctl::get_dumpable;
    use nix::sys::resource::getrlimit;

    use super::*;

    // The test process keeps these settings.
    #[test]
    fn core_dumps_and_tracing_are_disabled() {
        keep_memory_private();

        assert_eq!(getrlimit(Resource::RLIMIT_CORE), Ok((0, 0)));
        assert_eq!(get_dumpable(), Ok(false));
    }
}
