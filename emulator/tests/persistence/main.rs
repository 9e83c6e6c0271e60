//! The state file, as users of the program meet it: restarts, kills, files that are no good, a disk that is full.
#![cfg(unix)]

mod files;
mod full_disk;
mod kills;
mod program;
mod restarts;
