//! A check and how it is run.

use futures_util::future::LocalBoxFuture;

use crate::outcome::Verdict;
use crate::suite::Suite;

/// A small test of one behaviour.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    /// The number of the open question that it decides, in the list of `emulator/README.md`.
    pub(crate) question: Option<u8>,
    /// Whether no other check may run at the same time.
    pub(crate) is_alone: bool,
    pub(crate) run: Run,
}

pub(crate) type Run = for<'a> fn(&'a Suite) -> LocalBoxFuture<'a, Verdict>;

impl Check {
    pub(crate) const fn new(name: &'static str, run: Run) -> Self {
        Self {
            name,
            question: None,
            is_alone: false,
            run,
        }
    }

    /// Sets the number of the open question that the check decides.
    pub(crate) const fn question(self, number: u8) -> Self {
        Self {
            question: Some(number),
            ..self
        }
    }

    pub(crate) const fn alone(self) -> Self {
        Self {
            is_alone: true,
            ..self
        }
    }
}

/// Creates an array of checks from functions and their names: `function("name").question(1)`.
macro_rules! checks {
    ($($function:ident($name:literal)$(.$setting:ident($($value:literal)?))*),* $(,)?) => {
        [$(Check::new($name, |suite| Box::pin($function(suite)))$(.$setting($($value)?))*),*]
    };
}
pub(crate) use checks;
