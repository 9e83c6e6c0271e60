//! The state file from the view of users: restarts, kills, files that cannot be used, a full disk.
mod files;
mod full_disk;
mod kills;
mod program;
mod restarts;
