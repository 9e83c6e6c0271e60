//! Planning: a pure function of the configuration and the prior state.
//!
//! Core plans everything twice, in two processes, and refuses to apply if the plans differ. Therefore
//! planning reads no clock, generates no random number and sends no request.

mod merge;
mod replace;

use super::schema::Attribute;
use super::value::{Members, Path};

/// The plan that results from a schema's rules.
#[derive(Debug)]
pub(super) struct Proposal {
    /// The planned object.
    pub(super) state: Members,
    /// The changed attributes that require a replacement.
    pub(super) replace: Vec<Path>,
}

/// Plans an object by its schema. Without `prior` it plans a create, and otherwise an update.
///
/// The passes, in order:
/// 1. Merge: configured values are planned unchanged, others as their default or prior value. If the
///    result is the prior state, nothing changes and the prior state is the plan.
/// 2. Unknowns: computed attributes without `use_state_for_unknown` become unknown.
/// 3. Replacement: the paths of changed attributes that require a replacement are collected.
pub(super) fn propose(attributes: &[Attribute], config: &Members, prior: Option<&Members>) -> Proposal {
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
