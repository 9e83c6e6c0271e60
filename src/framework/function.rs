//! Functions, which compute a value from their arguments without the API.

use super::value::{Codec, IntoValue};

/// A function that a configuration calls as `provider::motherduck::name(…)`.
///
/// Core calls it in a process that is never configured, and compares the results of plan and apply.
pub trait Function: Send + Sync + 'static {
    /// The Rust type of the arguments: a [`Model`](super::Model), whose attributes are the parameters. Its doc
    /// comment is the documentation of the function; the first paragraph is the summary. An argument may be null
    /// unless its attribute is required.
    type Arguments: Codec;

    /// The Rust type of the result.
    type Output: IntoValue;

    /// Returns the name, an identifier.
    fn name(&self) -> &'static str;

    /// Returns the result for known arguments.
    fn call(&self, arguments: Self::Arguments) -> Result<Self::Output, FunctionError>;
}

/// Why a call of a function failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// The problem, in a complete sentence.
    pub text: String,
    /// The name of the parameter of the argument with the problem; `None` for the whole call.
    pub argument: Option<&'static str>,
}

impl FunctionError {
    /// Creates an error about the argument of the parameter with this name.
    pub fn argument(parameter: &'static str, text: impl Into<String>) -> Self {
        FunctionError {
            text: text.into(),
            argument: Some(parameter),
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
