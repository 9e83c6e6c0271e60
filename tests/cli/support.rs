//! Support for all stories: a folder in which Terraform runs, its plans and its output.

mod attached;
mod guide;
mod hcl;
mod kept;
mod leaks;
mod outcome;
mod outside;
mod plan;
mod predecessor;
pub(crate) mod program;
mod story;
mod wait;

pub(crate) use attached::{Attached, VERSIONS_WITH_STRONGBOX};
pub(crate) use guide::Guide;
pub(crate) use hcl::{block, import, resource};
pub(crate) use outcome::Outcome;
pub(crate) use plan::Plan;
pub(crate) use predecessor::Left;
pub(crate) use story::{ADMIN_TOKEN, Story, VERSIONS};
pub(crate) use wait::wait_for;
pub(crate) use xtask::cli::Feature;

/// An empty list for comparisons.
pub(crate) const NOTHING: [&str; 0] = [];
