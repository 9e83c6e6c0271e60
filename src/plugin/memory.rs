//! Who may look at the memory of the process, which holds secrets.

use nix::sys::resource::{Resource, setrlimit};
use tracing::debug;

/// Turns core dumps off, and keeps other processes of the same user from reading and tracing this one, where the
/// system allows it: core dumps everywhere, reading and tracing on Linux. Root can still do both.
pub fn keep_memory_private() {
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, 0, 0) {
        debug!(%error, "core dumps stay on");
    }
    // A program that takes core dumps from a pipe gets them in spite of the limit, but not of such a process.
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

    // The process of the tests keeps these settings.
    #[test]
    fn the_process_is_neither_dumped_nor_traced() {
        keep_memory_private();

        assert_eq!(getrlimit(Resource::RLIMIT_CORE), Ok((0, 0)));
        assert_eq!(get_dumpable(), Ok(false));
    }
}
