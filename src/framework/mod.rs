//! The rules of Terraform providers, for any provider: values, schemas, planning, and the protocol service
//! on top of them.
//!
//! A provider is a [`Provider`] with a list of [`Resource`]s. They see values, plans and diagnostics, and
//! never a protocol message: those stop at `wire` and `server`. Everything below `server` is pure and
//! synchronous; planning reads no clock and calls no API.

mod diagnostics;
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
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use number::{Number, ParseNumberError};
pub use private::Private;
pub use provider::{Configure, Configured, Provider};
pub use resource::{
    AnyResource, CreateRequest, DeleteRequest, Failure, Outcome, Plan, PlanRequest, Read, Resource, Stored,
    UpdateRequest, erase,
};
pub use schema::{Attribute, Equivalence, Kind, Nesting, Presence, Schema, Validator, validate};
pub use server::ProviderService;
pub use value::{
    CodecError, ConvertError, Field, FromValue, IntoValue, Model, Path, Refinements, Step, Type, Value, json,
    msgpack,
};
#[doc(hidden)]
pub use value::{object_members, read_attribute};
