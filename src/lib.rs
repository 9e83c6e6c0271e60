//! The MotherDuck provider for Terraform and OpenTofu.
//!
//! Data flows one way: `main` starts [`plugin`], which serves the [`framework`]'s implementation of protocol
//! 6. The framework calls the `provider` and its [`resources`], [`data_sources`] and so on, which call the
//! MotherDuck REST API through [`api`]. `ARCHITECTURE.md` describes the modules.

pub mod actions;
pub mod api;
pub mod count;
pub mod data_sources;
pub mod ephemeral_resources;
pub mod export;
pub mod framework;
pub mod functions;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod list_resources;
mod lock;
#[cfg(test)]
mod logged;
pub mod motherduck;
pub mod panics;
pub mod peer;
pub mod plugin;
pub mod proto;
pub mod provider;
pub mod resources;
pub mod stop;
