//! The rules of Terraform providers, for any provider: values, schemas, planning, and the protocol service
//! on top of them.

mod number;
mod value;

pub use crate::model;
pub use number::{Number, ParseNumberError};
pub use value::{
    CodecError, ConvertError, Field, FromValue, IntoValue, Model, Path, Refinements, Step, Type, Value, json,
    msgpack,
};
#[doc(hidden)]
pub use value::{object_members, read_attribute};
