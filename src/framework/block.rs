//! The parts that every kind of block has: a type name, a schema and validation rules.

use super::diagnostics::Diagnostics;
use super::value::Codec;

/// A block of a configuration: the provider's own, a resource, a data source, an ephemeral resource, a list
/// resource or an action.
pub trait Block: Send + Sync + 'static {
    /// The Rust type of a configuration or state: a [`Model`](super::Model), which has the schema. Actions and list
    /// resources have no computed attributes.
    type Model: Codec;

    /// Returns the type name in configurations, for instance `motherduck_token`. A list resource has the type
    /// name of the resource that it lists.
    fn type_name(&self) -> &'static str;

    /// Checks rules about several attributes. Values may be unknown; an unknown value breaks no rule.
    fn validate(&self, _config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }
}
