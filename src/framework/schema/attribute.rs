//! One attribute: its type, who sets it, its rules, and what a change of it means.

use super::super::value::{Type, Value};
use super::Validator;

/// Who gives an attribute its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The configuration must.
    Required,
    /// The configuration may.
    Optional,
    /// The configuration may, the provider does where it does not.
    OptionalComputed,
    /// The provider alone; a configuration that sets it is refused.
    Computed,
}

impl Presence {
    /// Whether the provider may give it a value.
    pub fn is_computed(self) -> bool {
        matches!(self, Presence::Computed | Presence::OptionalComputed)
    }
}

/// How the objects of a nested attribute are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// A list of objects.
    List,
    /// A set of objects.
    Set,
    /// A map of objects.
    Map,
}

/// What an attribute holds.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A value of a plain type.
    Plain(Type),
    /// Objects with attributes, and rules, of their own.
    Nested(Nesting, Vec<Attribute>),
}

/// Whether two values mean the same although they are spelled differently.
pub type Equivalence = fn(&Value, &Value) -> bool;

/// An attribute of a schema, written as a chain: `Attribute::string("name").required().forces_replacement()`.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each may hold without the others, as in the protocol"
)]
pub struct Attribute {
    /// As the configuration writes it.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who sets it.
    pub presence: Presence,
    /// Hidden in all output of the CLI. It is still clear text in state.
    pub sensitive: bool,
    /// Handed over by the configuration and kept by nobody: null in every plan and state.
    pub write_only: bool,
    /// Markdown, for the documentation.
    pub description: &'static str,
    /// What to use instead, for an attribute that is on its way out.
    pub deprecated: Option<&'static str>,
    /// What an unset attribute is planned as.
    pub default: Option<Value>,
    /// Rules for a known value.
    pub validators: Vec<Validator>,
    /// Whether a change of it can be made only by a new object.
    pub forces_replacement: bool,
    /// Whether an unset one stays as it is while other attributes change.
    pub keeps_prior: bool,
    /// Whether generated configuration sets it although it is computed when unset.
    pub always_generated: bool,
    /// When a configured value is no change although it differs from the prior one, which is then kept.
    pub equivalence: Option<Equivalence>,
}

impl Attribute {
    /// An attribute of a plain type; optional until said otherwise.
    pub fn plain(name: &'static str, of: Type) -> Self {
        Attribute {
            name,
            kind: Kind::Plain(of),
            presence: Presence::Optional,
            sensitive: false,
            write_only: false,
            description: "",
            deprecated: None,
            default: None,
            validators: Vec::new(),
            forces_replacement: false,
            keeps_prior: false,
            always_generated: false,
            equivalence: None,
        }
    }

    /// A string.
    pub fn string(name: &'static str) -> Self {
        Attribute::plain(name, Type::String)
    }

    /// A number.
    pub fn number(name: &'static str) -> Self {
        Attribute::plain(name, Type::Number)
    }

    /// A bool.
    pub fn bool(name: &'static str) -> Self {
        Attribute::plain(name, Type::Bool)
    }

    /// Objects with attributes of their own.
    pub fn nested(name: &'static str, nesting: Nesting, attributes: Vec<Attribute>) -> Self {
        Attribute {
            kind: Kind::Nested(nesting, attributes),
            ..Attribute::plain(name, Type::Dynamic)
        }
    }

    /// The configuration must set it.
    #[must_use]
    pub fn required(self) -> Self {
        Attribute {
            presence: Presence::Required,
            ..self
        }
    }

    /// The provider alone sets it.
    #[must_use]
    pub fn computed(self) -> Self {
        Attribute {
            presence: Presence::Computed,
            ..self
        }
    }

    /// The provider sets it where the configuration does not.
    #[must_use]
    pub fn optional_computed(self) -> Self {
        Attribute {
            presence: Presence::OptionalComputed,
            ..self
        }
    }

    /// Unset, it is planned as this value.
    #[must_use]
    pub fn default(self, value: Value) -> Self {
        Attribute {
            presence: Presence::OptionalComputed,
            default: Some(value),
            ..self
        }
    }

    /// Hidden in output.
    #[must_use]
    pub fn sensitive(self) -> Self {
        Attribute {
            sensitive: true,
            ..self
        }
    }

    /// Handed over by the configuration and kept by nobody, as secrets of another place can be: it is null in
    /// every plan and state, and no change of it shows. A second attribute, such as a version, can say when the
    /// object is to be given the value anew.
    ///
    /// For a managed resource's attribute that is required or optional, never computed, and outside of sets.
    #[must_use]
    pub fn write_only(self) -> Self {
        Attribute {
            write_only: true,
            ..self
        }
    }

    /// Markdown for the documentation.
    #[must_use]
    pub fn description(self, description: &'static str) -> Self {
        Attribute { description, ..self }
    }

    /// On its way out: whoever sets it is told this, a whole sentence that says what to use instead.
    #[must_use]
    pub fn deprecated(self, advice: &'static str) -> Self {
        Attribute {
            deprecated: Some(advice),
            ..self
        }
    }

    /// A known value must pass this rule, and every other one.
    #[must_use]
    pub fn must(mut self, rule: Validator) -> Self {
        self.validators.push(rule);
        self
    }

    /// A change of it replaces the object.
    #[must_use]
    pub fn forces_replacement(self) -> Self {
        Attribute {
            forces_replacement: true,
            ..self
        }
    }

    /// Unset, it stays as it is while other attributes change.
    #[must_use]
    pub fn keeps_prior(self) -> Self {
        Attribute {
            keeps_prior: true,
            ..self
        }
    }

    /// Generated configuration sets it although it is computed when unset: another attribute would have to be
    /// set in its place.
    #[must_use]
    pub fn always_generated(self) -> Self {
        Attribute {
            always_generated: true,
            ..self
        }
    }

    /// A configured value for which this holds is no change.
    #[must_use]
    pub fn equivalent_when(self, equivalence: Equivalence) -> Self {
        Attribute {
            equivalence: Some(equivalence),
            ..self
        }
    }

    /// The type of the attribute's value.
    pub fn value_type(&self) -> Type {
        match &self.kind {
            Kind::Plain(of) => of.clone(),
            Kind::Nested(nesting, attributes) => {
                let element = object_type(attributes);
                match nesting {
                    Nesting::Single => element,
                    Nesting::List => Type::list(element),
                    Nesting::Set => Type::set(element),
                    Nesting::Map => Type::map(element),
                }
            }
        }
    }
}

pub(super) fn object_type(attributes: &[Attribute]) -> Type {
    Type::object(
        attributes
            .iter()
            .map(|attribute| (attribute.name, attribute.value_type())),
    )
}
