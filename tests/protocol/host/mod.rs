//! The part of Terraform core that these tests need: its requests, its checks, and its state.

mod action;
mod api;
mod data_source;
mod diagnostics;
mod ephemeral;
mod function;
mod gateway;
mod identity;
mod lists;
mod loader;

mod schema;
mod session;
mod steps;
mod value;

pub(crate) mod rules;

pub(crate) use api::{Reply, Request, ScriptedApi, UnusedApi, calls, emulator, unreachable_url};
pub(crate) use diagnostics::Diagnostics;
pub(crate) use function::FunctionError;
pub(crate) use gateway::Gateway;
pub(crate) use lists::ListQuery;
pub(crate) use loader::{
    account, add_loader, assert_same_token, created_token, eventually, loader, seed_users, set_faults,
    smallest_ducklings, token_ids, tokens, with_loader,
};
pub(crate) use schema::Block;
pub(crate) use session::Session;
pub(crate) use steps::{Action, Applied, Plan, StoredObject};
pub(crate) use value::{dynamic_value, edited, merged, refined, unknown};

/// The type names of the managed resources.
pub(crate) const ACCOUNT: &str = "motherduck_service_account";
pub(crate) const TOKEN: &str = "motherduck_token";
pub(crate) const DUCKLINGS: &str = "motherduck_ducklings";

/// The id of the token that tests seed, or that a scripted API returns.
pub(crate) const TOKEN_ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/// The secret of [`created_token`].
pub(crate) const TOKEN_SECRET: &str = "eyJhbGciOi.s3cret.s3cret";

/// The admin token of every session.
pub(crate) const ADMIN_TOKEN: &str = motherduck_emulator::DEFAULT_ADMIN_TOKEN;
