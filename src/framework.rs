//! A framework for Terraform providers: values, schemas, planning, and the protocol service on top of them.
//!
//! A provider is a [`Provider`] that registers its [`Resource`]s, [`DataSource`]s, [`EphemeralResource`]s,
//! [`ListResource`]s, [`Action`]s and [`Function`]s in a [`Registry`]. They use values, plans and diagnostics, and never
//! protocol messages: only `wire` and `server` do. Values, schemas and planning are pure and synchronous:
//! planning reads no clock and calls no API. Methods that may call the API are async.

mod action;
mod block;
mod call;
mod conversion;
mod data_source;
mod diagnostics;
mod ephemeral_resource;
mod function;
mod generate_config;
mod list_resource;
mod model;
mod number;
mod plan;
mod private;
mod provider;
mod registry;
mod resource;
mod resource_state;
mod schema;
mod server;
mod value;
mod wire;

pub use crate::model;
pub use action::{Action, Progress};
pub use block::Block;
pub use call::{current_stop, note_creation, stopped_by};
pub use conversion::{StateMover, StateUpgrader};
pub use data_source::DataSource;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use ephemeral_resource::{EphemeralResource, OpenResponse};
pub use function::{Function, FunctionError};
pub use list_resource::{ListRequest, ListResource, ListResult, ListResults};
pub use model::Model;
#[doc(hidden)]
pub use model::attribute_name;
pub use number::{Number, ParseNumberError};
pub use private::Private;
pub use provider::{ConfigureRequest, ConfigureResponse, Provider};
pub use registry::{RegisteredResource, Registry, ResourceRegistration};
pub use resource::{
    ApplyError, ApplyResult, CreateRequest, DeleteRequest, ImportRequest, PlanRequest, PlanResponse,
    ReadResponse, Resource, ResourceWithDestroyPlan, ResourceWithImport, ResourceWithMoves,
    ResourceWithUndeliveredCreate, ResourceWithUpgrade, UpdateRequest,
};
pub use resource_state::ResourceState;
pub use schema::{
    Attribute, AttributeType, Kind, Nesting, Presence, Schema, SemanticEquality, Validator, validate,
};
pub use server::{Dispatch, Lifecycle, ProviderService, TrackDelivery};
pub use value::{
    Codec, Field, FromValue, IntoValue, Members, Name, Path, Set, Step, Type, Value, ValueError, json,
    msgpack,
};
#[doc(hidden)]
pub use value::{object_members, read_attribute};
