//! Attributes of schemas: their type, how they are set, their rules, and the effects of changes.

use super::super::value::{IntoValue, Type, Value};
use super::validator::Validator;

/// How an attribute gets its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The configuration must set the attribute.
    Required,
    /// The configuration may set it.
    Optional,
    /// The configuration may set it; if it does not, the provider sets it.
    OptionalComputed,
    /// Only the provider sets it. A configuration that sets it is refused.
    Computed,
}

impl Presence {
    /// Whether the provider may set it.
    pub fn is_computed(self) -> bool {
        matches!(self, Presence::Computed | Presence::OptionalComputed)
    }
}

/// The kind of collection of a nested attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// A list of objects.
    List,
}

/// The type of an attribute's value.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A value of a plain type.
    Plain(Type),
    /// Objects with their own attributes and rules.
    Nested(Nesting, Vec<Attribute>),
}

impl Kind {
    /// Returns the type of the value.
    pub fn value_type(&self) -> Type {
        match self {
            Kind::Plain(ty) => ty.clone(),
            Kind::Nested(Nesting::Single, attributes) => object_type(attributes),
            Kind::Nested(Nesting::List, attributes) => Type::list(object_type(attributes)),
        }
    }
}

/// Whether two values are equal although their spelling differs.
pub type SemanticEquality = fn(&Value, &Value) -> bool;

/// An attribute of a schema. A model has one for each field; the items of `#[attribute(…)]` are the methods below.
#[derive(Debug, Clone)]
#[must_use]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each may hold without the others, as in the protocol"
)]
pub struct Attribute {
    /// The name in configurations.
    pub(crate) name: &'static str,
    /// The type of its value.
    pub(crate) kind: Kind,
    /// Who sets it.
    pub(crate) presence: Presence,
    /// Whether the CLI hides it in all output. The state contains it in clear text.
    pub(crate) sensitive: bool,
    /// Whether it is write-only: null in every plan and state.
    pub(crate) write_only: bool,
    /// The description for the documentation, in Markdown.
    pub(crate) description: &'static str,
    /// The planned value of an attribute that is not configured.
    pub(crate) default: Option<Value>,
    /// The rules for known values.
    pub(crate) validators: Vec<Validator>,
    /// Whether a change requires a replacement.
    pub(crate) requires_replace: bool,
    /// Whether the attribute keeps its value while other attributes change, if it is not configured.
    pub(crate) use_state_for_unknown: bool,
    /// Whether generated configuration contains it although the provider can set it.
    pub(crate) always_generated: bool,
    /// The description in the identity schema of an attribute that is part of the identity.
    pub(crate) identity: Option<&'static str>,
    /// Decides whether a configured value that differs from the prior one is no change. The prior value is
    /// then kept.
    pub(crate) equality: Option<SemanticEquality>,
}

impl Attribute {
    /// Creates an attribute of this kind. It is optional by default.
    pub(crate) fn with_kind(name: &'static str, kind: Kind) -> Self {
        Attribute {
            name,
            kind,
            presence: Presence::Optional,
            sensitive: false,
            write_only: false,
            description: "",
            default: None,
            validators: Vec::new(),
            requires_replace: false,
            use_state_for_unknown: false,
            always_generated: false,
            identity: None,
            equality: None,
        }
    }

    /// The configuration must set the attribute.
    pub fn required(mut self) -> Self {
        self.presence = Presence::Required;
        self
    }

    /// Only the provider sets the attribute.
    pub fn computed(mut self) -> Self {
        self.presence = Presence::Computed;
        self
    }

    /// The provider sets the attribute if the configuration does not.
    pub fn optional_computed(mut self) -> Self {
        self.presence = Presence::OptionalComputed;
        self
    }

    /// Sets the planned value of an attribute that is not configured.
    pub fn default(mut self, value: impl IntoValue) -> Self {
        self.presence = Presence::OptionalComputed;
        self.default = Some(value.into_value());
        self
    }

    /// Hides the attribute in output.
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Marks the attribute as write-only, for secrets of another system: it is null in every plan and state,
    /// and its changes are not planned. A second attribute, such as a version, can request that the object
    /// gets the value again.
    ///
    /// Only required or optional attributes of a managed resource can be write-only, not computed ones or
    /// those in sets.
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// Applies rules that several attributes share.
    pub fn with(self, rules: impl FnOnce(Self) -> Self) -> Self {
        rules(self)
    }

    /// Sets the description for the documentation, in Markdown.
    pub fn description(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Adds a validator for known values.
    pub fn validator(mut self, rule: Validator) -> Self {
        self.validators.push(rule);
        self
    }

    /// A change of the attribute requires a replacement.
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// If the attribute is not configured, it keeps its value while other attributes change.
    pub fn use_state_for_unknown(mut self) -> Self {
        self.use_state_for_unknown = true;
        self
    }

    /// Generated configuration contains the attribute although the provider can set it, because otherwise
    /// another attribute would have to be set.
    pub fn always_generated(mut self) -> Self {
        self.always_generated = true;
        self
    }

    /// Sets the comparison that treats a configured value as no change.
    pub fn semantic_equality(mut self, equality: SemanticEquality) -> Self {
        self.equality = Some(equality);
        self
    }

    /// Makes the attribute a part of the identity, which identifies an object for its whole lifetime: it is set in
    /// every state, and is never sensitive. The identity schema has its own description.
    pub fn identity(mut self, description: &'static str) -> Self {
        self.identity = Some(description);
        self
    }

    /// Whether it is write-only, or contains a write-only attribute.
    pub(in crate::framework) fn has_write_only(&self) -> bool {
        match &self.kind {
            _ if self.write_only => true,
            Kind::Plain(_) => false,
            Kind::Nested(_, attributes) => attributes.iter().any(Attribute::has_write_only),
        }
    }

    /// Returns the type of the attribute's value.
    pub fn value_type(&self) -> Type {
        self.kind.value_type()
    }
}

pub(super) fn object_type<'a>(attributes: impl IntoIterator<Item = &'a Attribute>) -> Type {
    let attributes = attributes.into_iter();
    Type::object(attributes.map(|attribute| (attribute.name, attribute.value_type())))
}
