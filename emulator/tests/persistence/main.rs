//! The state file as users see it: restarts, kills, invalid files, a full disk.
mod files;
mod full_disk;
mod kills;
mod program;
mod restarts;
