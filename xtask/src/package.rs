//! `cargo xtask static` and `cargo xtask package`: the programs of a release, and all its files.
//!
//! `build` compiles, `archive` packs, `checksums` computes checksums, `mirror` creates the folder that serves
//! as a provider mirror, and `release` runs all of it in order. No step reads a clock: the same commit with
//! the same tools results in the same bytes.

mod archive;
mod build;
mod checksums;
mod mirror;
mod release;

pub use crate::platform::Platform;
pub use crate::programs::Programs;
pub use build::{Profile, calls, provider, provider_with_symbols, static_provider};
pub use release::Release;
