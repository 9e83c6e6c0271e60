//! `cargo xtask static` and `cargo xtask package`: the programs of a release, and all files a release consists of.
//!
//! `build` compiles, `archive` packs, `checksums` computes what the files are verified by, `mirror` lays out
//! the folder that serves as a provider mirror, and `release` does all of it in order. No step reads a clock: the
//! same commit with the same tools gives the same bytes.

mod archive;
mod build;
mod checksums;
mod error;
mod mirror;
mod platform;
mod release;

pub use build::{Profile, provider, static_provider};
pub use error::PackageError;
pub use platform::Platform;
pub use release::{Programs, Release};
