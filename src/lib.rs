//! The MotherDuck provider for Terraform and OpenTofu.
//!
//! Data flows one way: `main` starts [`plugin`], which serves the [`framework`]'s answer to protocol 6,
//! which drives the `provider` and its [`resources`], which call the MotherDuck REST API through [`api`].
//! `ARCHITECTURE.md` is the map.

pub mod api;
pub mod framework;
pub mod panics;
pub mod plugin;
pub mod proto;
pub mod provider;
pub mod resources;
