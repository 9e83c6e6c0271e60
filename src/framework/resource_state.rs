//! The state of a resource, as its operations take and return it.

use super::diagnostics::Diagnostics;
use super::private::Private;

/// A state with its private state, and warnings.
#[derive(Debug, Clone)]
pub struct ResourceState<S> {
    /// The state.
    pub state: S,
    /// The private state.
    pub private: Private,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}

impl<S> ResourceState<S> {
    /// Creates a state without warnings.
    pub fn new(state: S, private: Private) -> Self {
        ResourceState {
            state,
            private,
            warnings: Diagnostics::new(),
        }
    }

    /// Returns the same with a converted state.
    pub(super) fn map<T>(self, convert: impl FnOnce(S) -> T) -> ResourceState<T> {
        ResourceState {
            state: convert(self.state),
            private: self.private,
            warnings: self.warnings,
        }
    }
}
