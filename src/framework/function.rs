//! A function: a value made of other values, offline and always the same.

use super::value::{Type, Value};

/// A function that a configuration calls as `provider::motherduck::name(…)`.
///
/// Core calls it in a process that is never configured, and compares the results of plan and apply.
pub trait Function: Send + Sync + 'static {
    /// Its name, an identifier.
    fn name(&self) -> &'static str;

    /// What it takes and gives. Asked once per connection.
    fn signature(&self) -> Signature;

    /// Its result for known arguments, as many as the signature has parameters and each of its type.
    fn call(&self, arguments: &[Value]) -> Result<Value, FunctionError>;
}

/// What a function takes and gives.
#[derive(Debug, Clone)]
pub struct Signature {
    /// What it does, in a plain sentence.
    pub summary: &'static str,
    /// The rest, in Markdown.
    pub description: &'static str,
    /// Its parameters, in their order.
    pub parameters: Vec<Parameter>,
    /// The type of its result.
    pub returns: Type,
}

/// A parameter of a function.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name, an identifier; for the documentation, since arguments go by position.
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
    /// The argument to blame, counted from 0, if one is.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// An error about one argument, counted from 0.
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
