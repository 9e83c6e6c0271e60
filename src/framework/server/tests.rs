//! The service with a test provider, call by call.

mod action;
mod apply;
mod delivery;
mod ephemeral_resource;
mod identity;
mod list_resource;
mod messages;
mod peers;
mod provider;
mod registration;
mod resource;
mod write_only;
