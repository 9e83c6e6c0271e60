//! A framework for Terraform providers: values, schemas, planning, and the protocol service on top of them.
//!
//! A provider is a [`Provider`] with lists of its [`Resource`]s, [`DataSource`]s, [`EphemeralResource`]s,
//! [`ListResource`]s, [`Action`]s and [`Function`]s. They use values, plans and diagnostics, and never
//! protocol messages: only `wire` and `server` do. Values, schemas and planning are pure and synchronous:
//! planning reads no clock and calls no API. Methods that may call the API are async.

mod action;
mod call;
mod conversion;
mod data_source;
mod diagnostics;
mod ephemeral_resource;
mod erased;
mod function;
mod generated;
mod list_resource;
mod number;
mod plan;
mod private;
mod provider;
mod resource;
mod schema;
mod server;
mod value;
mod wire;

pub use crate::model;
pub use action::{Action, AnyAction, Progress, erase_action};
pub use call::{current_stop, note_creation, stopped_by};
pub use conversion::{StateMover, StateUpgrader};
pub use data_source::{AnyDataSource, DataSource, erase_data_source};
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use ephemeral_resource::{
    AnyEphemeralResource, EphemeralResource, OpenResponse, erase_ephemeral_resource,
};
pub use function::{Function, FunctionError, Parameter, Signature};
pub use generated::generated;
pub use list_resource::{
    AnyListResource, ListRequest, ListResource, ListResult, ListResults, erase_list_resource,
};
pub use number::{Number, ParseNumberError};
pub use private::Private;
pub use provider::{Configure, Configured, Provider};
pub use resource::{
    AnyResource, ApplyError, ApplyResult, CreateRequest, DeleteRequest, Import, Plan, PlanRequest, Read,
    Resource, ResourceState, UpdateRequest, erase,
};
pub use schema::{
    Attribute, IdentityAttribute, Kind, Nesting, Presence, Schema, SemanticEquality, Validator, validate,
};
pub use server::{Delivered, Lifecycle, ProviderService};
pub use value::{
    CodecError, ConvertError, Field, FromValue, IntoValue, Members, Model, Name, Path, Refinements, Step,
    Type, Value, ValueType, json, msgpack,
};
#[doc(hidden)]
pub use value::{attribute_name, object_members, read_attribute};
