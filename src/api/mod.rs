//! The MotherDuck REST admin API.

mod base_url;
mod call;
mod mask;
mod paging;
mod problem;
mod text;

pub use base_url::{BaseUrl, BaseUrlError};
pub use problem::Issue;
