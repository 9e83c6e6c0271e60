//! A function: it computes a value from its arguments, without the API.

use super::value::{IntoValue, Model, Type};

/// A function that a configuration calls as `provider::motherduck::name(…)`.
///
/// Core calls it in a process that is never configured, and compares the results of plan and apply.
pub trait Function: Send + Sync + 'static {
    /// The typed form of the parameters.
    type Arguments: Model;

    /// The typed form of the result.
    type Output: IntoValue;

    /// The name, an identifier.
    fn name(&self) -> &'static str;

    /// The signature. It is requested once per connection.
    fn signature(&self) -> Signature;

    /// The result for known arguments.
    fn call(&self, arguments: Self::Arguments) -> Result<Self::Output, FunctionError>;
}

/// Parameters, result and documentation of a function.
#[derive(Debug, Clone)]
pub struct Signature {
    /// One plain sentence for the documentation.
    pub summary: &'static str,
    /// The rest of the documentation, in Markdown.
    pub description: &'static str,
    /// The parameters in their order.
    pub parameters: Vec<Parameter>,
    /// The type of the result.
    pub returns: Type,
}

/// A parameter of a function.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name, an identifier. Configurations do not use it, since arguments are positional.
    pub name: &'static str,
    /// The type that arguments are converted to.
    pub of: Type,
    /// Whether an argument may be null.
    pub allows_null: bool,
    /// Markdown, for the documentation.
    pub description: &'static str,
}

/// Why a function has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// What is wrong, in a whole sentence.
    pub text: String,
    /// The position of the argument that the error is about, from 0, if it is about one.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error about the argument at this position, from 0.
    pub fn argument(position: usize, text: impl Into<String>) -> Self {
        FunctionError {
            text: text.into(),
            argument: Some(position),
        }
    }

    /// An error about the call as a whole.
    pub fn call(text: impl Into<String>) -> Self {
        FunctionError {
            text: text.into(),
            argument: None,
        }
    }
}
