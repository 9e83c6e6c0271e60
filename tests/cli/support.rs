//! Support for all stories. A [`Story`] starts an emulator, writes a configuration, runs Terraform, and reads
//! the state:
//!
//! ```text
//! let story = Story::new(MAIN);              // starts the emulator, writes `main.tf`, and runs `init`
//! story.plan().expect([(TOKEN, "create")]);  // saves a plan and compares its changes
//! story.apply_saved_plan();
//! story.attribute(TOKEN, "id");              // from the state
//! story.live_tokens("svc");                  // from the emulator
//! story.run_fails(["plan"]).assert_shows("Error");  // any other command
//! ```

mod api;
mod commands;
mod files;
mod guide;
mod hcl;
mod leaks;
mod other_state;
mod outcome;
mod plan;
mod process_group;
pub(crate) mod program;
mod second_provider;
mod sources;
mod state;
mod story;
mod wait;

pub(crate) use api::service_accounts;
pub(crate) use guide::Guide;
pub(crate) use hcl::{
    ACCOUNT, DUCKLINGS, TOKEN, all_resources, block, import, moved, resource, unprotected_resources,
    without_import_blocks,
};
pub(crate) use other_state::StoredResource;
pub(crate) use outcome::Outcome;
pub(crate) use plan::Plan;
pub(crate) use process_group::ProcessGroup;
pub(crate) use second_provider::{REQUIRED_PROVIDERS_WITH_STRONGBOX, SecondProvider};
pub(crate) use sources::{example, source, source_path};
pub(crate) use story::{ADMIN_TOKEN, Story};
pub(crate) use wait::wait_for;
pub(crate) use xtask::cli::Feature;
pub(crate) use xtask::terraform::REQUIRED_PROVIDERS;

/// An empty list for comparisons.
pub(crate) const NOTHING: [&str; 0] = [];
