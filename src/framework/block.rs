//! What every kind of block has: a type name, a schema and rules.

use super::diagnostics::Diagnostics;
use super::schema::Schema;
use super::value::Model;

/// A block of a configuration: the provider's own, a resource, a data source, an ephemeral resource, a list
/// resource or an action.
pub trait Block: Send + Sync + 'static {
    /// The typed form of the schema.
    type Model: Model;

    /// The type name as a configuration spells it, for instance `motherduck_token`. That of a list resource is
    /// the type name of the resource that it lists.
    fn type_name(&self) -> &'static str;

    /// The schema. It is requested once per connection. Actions and list resources have no computed attributes.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown; an unknown value breaks no rule.
    fn validate(&self, _config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }
}
