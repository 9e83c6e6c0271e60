//! Functions, which compute a value from their arguments without the API.

use super::value::{Codec, IntoValue, Type};

/// A function that a configuration calls as `provider::motherduck::name(…)`.
///
/// Core calls it in a process that is never configured, and compares the results of plan and apply.
pub trait Function: Send + Sync + 'static {
    /// The Rust type of the arguments.
    type Arguments: Codec;

    /// The Rust type of the result.
    type Output: IntoValue;

    /// Returns the name, an identifier.
    fn name(&self) -> &'static str;

    /// Returns the signature. It is requested once per connection.
    fn signature(&self) -> Signature;

    /// Returns the result for known arguments.
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
    /// The name, an identifier. Arguments are positional, so configurations do not use it.
    pub name: &'static str,
    /// The type to which arguments are converted.
    pub of: Type,
    /// Whether an argument may be null.
    pub allows_null: bool,
    /// The documentation, in Markdown.
    pub description: &'static str,
}

/// Why a call of a function failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// The problem, in a complete sentence.
    pub text: String,
    /// The index of the argument with the problem; `None` for the whole call.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// Creates an error about the argument at this index.
    pub fn argument(position: usize, text: impl Into<String>) -> Self {
        FunctionError {
            text: text.into(),
            argument: Some(position),
        }
    }

    /// Creates an error about the call as a whole.
    pub fn call(text: impl Into<String>) -> Self {
        FunctionError {
            text: text.into(),
            argument: None,
        }
    }
}
