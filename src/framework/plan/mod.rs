//! What a configuration would make of an object: a pure function of the configuration and the prior state.
//!
//! Core plans everything twice, in two processes, and refuses to apply where the answers differ. So nothing
//! here reads a clock, draws a random number or asks the API.

mod continuation;
mod merge;
mod replace;

use std::collections::BTreeMap;

use super::schema::Attribute;
use super::value::{Path, Value};

/// What the rules of a schema make of a configuration.
#[derive(Debug)]
pub(super) struct Proposal {
    /// The planned object.
    pub(super) state: BTreeMap<String, Value>,
    /// The changed attributes that only a new object can have.
    pub(super) replace: Vec<Path>,
}

/// Plans an object after its schema: as a new one where there is no `prior`, else as a change of that.
///
/// The passes, in order:
/// 1. Merge: what is configured as it is, what is unset as its default or its prior value. If that is the
///    prior state, nothing changes and the prior state is the plan.
/// 2. Unknowns: what the provider computes and does not promise to keep is known only after apply.
/// 3. Replacement: the changed attributes that force one.
pub(super) fn propose(
    attributes: &[Attribute],
    config: &BTreeMap<String, Value>,
    prior: Option<&BTreeMap<String, Value>>,
) -> Proposal {
    let kept = merge::members(attributes, config, prior, merge::Unset::Kept);
    if prior == Some(&kept) {
        return Proposal {
            state: kept,
            replace: Vec::new(),
        };
    }
    let state = merge::members(attributes, config, prior, merge::Unset::Recomputed);
    let replace = prior.map_or_else(Vec::new, |prior| replace::paths(attributes, &state, prior));
    Proposal { state, replace }
}
