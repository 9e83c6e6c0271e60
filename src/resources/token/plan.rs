//! The parts of a token's plan that the schema cannot express: prefix, lifetime, rotation, keepers.

use std::collections::BTreeMap;

use super::{PRIOR_LEAVES_TOKEN_VALID, RECORDS_FIRST_KEEPERS, State, TTL_REBUILT, lifetime};
use crate::framework::{Diagnostic, Diagnostics, Field, Path, PlanRequest, PlanResponse, Private};
use crate::motherduck::token_checks::TOLERANCE;

/// Completes a plan.
pub(super) fn complete(request: PlanRequest<State>) -> PlanResponse<State> {
    let Some(prior) = request.prior.clone() else {
        let mut plan = PlanResponse::proposed(request.clone());
        // Without a configured `ttl` it is already known that the token does not expire.
        if request.config.ttl.is_null() {
            plan.planned.ttl = Field::Null;
        }
        warn_of_revocation_by_replace(&mut plan);
        return plan;
    };
    let config = request.config.clone();
    let mut plan = PlanResponse::proposed(request);
    plan_name_prefix(&config, &prior, &mut plan);
    plan_ttl(&config, &prior, &mut plan);
    plan_keepers(&config, &prior, &mut plan);
    plan_rotation(&config, &prior, &mut plan);
    warn_of_revocation(&prior, &mut plan);
    plan
}

/// A changed prefix replaces the token. The first prefix of a token does not, if the token's name begins with
/// it. A removed prefix does not either: `name` is configured then, and the schema requires a replacement if
/// it changes.
fn plan_name_prefix(config: &State, prior: &State, plan: &mut PlanResponse<State>) {
    let replaces = match (&config.name_prefix, &prior.name_prefix) {
        (Field::Null, _) => false,
        (Field::Known(prefix), Field::Null) => !prior
            .name
            .text()
            .is_some_and(|name| name.starts_with(prefix.as_str())),
        (prefix, before) => prefix != before,
    };
    if replaces {
        plan.replace.push(Path::attribute("name_prefix"));
    }
}

/// Warns that a replacement uses the state's `revoke_on_destroy`, and not the planned one. If the plan
/// changes the value in place, it stores the state's value as [`PRIOR_LEAVES_TOKEN_VALID`], because the user
/// may have requested a replacement with `-replace`: then the plan of the new token and the delete receive it.
fn warn_of_revocation(prior: &State, plan: &mut PlanResponse<State>) {
    plan.private.remove(PRIOR_LEAVES_TOKEN_VALID);
    if plan.planned.revoke_on_destroy == prior.revoke_on_destroy {
        return;
    }
    let is_left = lifetime::is_left_to_expire(prior);
    if plan.replace.is_empty() {
        plan.private.set(PRIOR_LEAVES_TOKEN_VALID, &is_left);
    } else {
        plan.warnings.push(revocation_warning(is_left));
    }
}

/// Adds that warning to the plan of the new token of a replacement with `-replace`.
fn warn_of_revocation_by_replace(plan: &mut PlanResponse<State>) {
    if let Some(is_left) = plan.private.get(PRIOR_LEAVES_TOKEN_VALID) {
        plan.warnings.push(revocation_warning(is_left));
    }
}

/// Returns that warning for the delete in a replacement with `-replace`, because Terraform does not show the
/// warnings of the plan of the new token.
pub(super) fn warnings_of_delete(private: &Private) -> Diagnostics {
    let is_left = private.get(PRIOR_LEAVES_TOKEN_VALID);
    is_left.map(revocation_warning).into_iter().collect()
}

fn revocation_warning(is_left: bool) -> Diagnostic {
    let what_happens = if is_left {
        "The state says `revoke_on_destroy = false`, so the replaced token stays valid until it expires."
    } else {
        "The state says `revoke_on_destroy = true`, so the replaced token is revoked."
    };
    Diagnostic::warning(
        "A replacement uses `revoke_on_destroy` of the state",
        format!(
            "{what_happens} Apply the change of `revoke_on_destroy` in a run of its own, before the change that \
             replaces the token."
        ),
    )
    .at(Path::attribute("revoke_on_destroy"))
}

/// A changed `ttl` replaces the token, and so does its removal. A `ttl` that was computed by an import is
/// compared with the tolerance of that computation.
fn plan_ttl(config: &State, prior: &State, plan: &mut PlanResponse<State>) {
    let rebuilt = plan.private.flag(TTL_REBUILT);
    plan.planned.ttl = match (&config.ttl, &prior.ttl) {
        (Field::Null, before) if rebuilt => before.clone(),
        (Field::Known(configured), Field::Known(before))
            if rebuilt && (configured - before).abs() <= TOLERANCE =>
        {
            prior.ttl.clone()
        }
        (configured, _) => configured.clone(),
    };
    if plan.planned.ttl != prior.ttl {
        plan.replace.push(Path::attribute("ttl"));
    }
}

/// Changed keepers replace the token. Null elements are ignored, and the first keepers of an imported token
/// are only recorded.
fn plan_keepers(config: &State, prior: &State, plan: &mut PlanResponse<State>) {
    let changed = match (values(&config.keepers), values(&prior.keepers)) {
        (Some(configured), Some(before)) => configured != before,
        _ => true,
    };
    let first = plan.private.flag(RECORDS_FIRST_KEEPERS) && prior.keepers.is_null();
    if changed && !first {
        plan.replace.push(Path::attribute("keepers"));
    }
}

/// Returns the elements that have a value; `None` if any of it is unknown.
fn values(keepers: &Field<BTreeMap<String, Field<String>>>) -> Option<BTreeMap<&str, &str>> {
    let keepers = match keepers {
        Field::Known(keepers) => keepers,
        Field::Null => return Some(BTreeMap::new()),
        Field::Unknown => return None,
    };
    if keepers.values().any(Field::is_unknown) {
        return None;
    }
    Some(
        keepers
            .iter()
            .filter_map(|(key, value)| Some((key.as_str(), value.text()?)))
            .collect(),
    )
}

/// A token that is due for rotation is replaced, unless the plan changes `early_rotation_seconds`: then the
/// next refresh decides.
fn plan_rotation(config: &State, prior: &State, plan: &mut PlanResponse<State>) {
    if prior.ready_for_rotation != Field::Known(true) {
        return;
    }
    let early = &config.early_rotation_seconds;
    if !early.is_unknown() && *early != prior.early_rotation_seconds {
        return;
    }
    plan.planned.ready_for_rotation = Field::Unknown;
    plan.replace.push(Path::attribute("ready_for_rotation"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prior() -> State {
        State {
            ttl: Field::Known(3600),
            ready_for_rotation: Field::Known(false),
            ..State::default()
        }
    }

    fn marked(marks: &[&str]) -> Private {
        let mut private = Private::new();
        for mark in marks {
            private.set(mark, &true);
        }
        private
    }

    /// Returns the paths that require a replacement, for a configuration that is the prior state with one
    /// edit.
    fn replaced(prior: &State, edit: impl Fn(&mut State), private: Private) -> (State, Vec<String>) {
        let mut config = prior.clone();
        config.ready_for_rotation = Field::Null;
        edit(&mut config);
        let proposed = State {
            ready_for_rotation: prior.ready_for_rotation.clone(),
            ..config.clone()
        };
        let request = PlanRequest {
            config,
            prior: Some(prior.clone()),
            proposed,
            replace: Vec::new(),
            private,
        };
        let plan = complete(request);
        (plan.planned, plan.replace.iter().map(Path::to_string).collect())
    }

    #[test]
    fn changed_or_removed_ttl_requires_replace() {
        for ttl in [Field::Known(3601), Field::Null, Field::Unknown] {
            let (planned, paths) = replaced(&prior(), |config| config.ttl = ttl.clone(), Private::new());
            assert_eq!((planned.ttl, paths), (ttl, vec!["ttl".to_owned()]));
        }
        assert!(replaced(&prior(), |_| {}, Private::new()).1.is_empty());
    }

    #[test]
    fn rebuilt_ttl_is_planned_for_an_absent_or_close_value() {
        for ttl in [Field::Null, Field::Known(3595), Field::Known(3605)] {
            let (planned, paths) = replaced(
                &prior(),
                |config| config.ttl = ttl.clone(),
                marked(&[TTL_REBUILT]),
            );
            assert_eq!((planned.ttl, paths), (Field::Known(3600), Vec::new()));
        }
        for ttl in [3594, 3606] {
            let (_, paths) = replaced(
                &prior(),
                |config| config.ttl = Field::Known(ttl),
                marked(&[TTL_REBUILT]),
            );
            assert_eq!(paths, ["ttl"], "{ttl}");
        }
    }

    fn keepers(entries: &[(&str, Option<&str>)]) -> Field<BTreeMap<String, Field<String>>> {
        let entry =
            |(key, value): &(&str, Option<&str>)| ((*key).to_owned(), value.map(str::to_owned).into());
        Field::Known(entries.iter().map(entry).collect())
    }

    #[test]
    fn changed_keepers_require_replace() {
        let before = State {
            keepers: keepers(&[("a", Some("1"))]),
            ..prior()
        };
        for other in [
            keepers(&[("a", Some("2"))]),
            keepers(&[]),
            Field::Null,
            Field::Unknown,
        ] {
            assert_eq!(
                replaced(&before, |config| config.keepers = other.clone(), Private::new()).1,
                ["keepers"]
            );
        }
        let with_null = keepers(&[("a", Some("1")), ("b", None)]);
        assert!(
            replaced(
                &before,
                |config| config.keepers = with_null.clone(),
                Private::new()
            )
            .1
            .is_empty()
        );
    }

    #[test]
    fn first_keepers_after_import_require_no_replace() {
        let first = |config: &mut State| config.keepers = keepers(&[("a", Some("1"))]);
        assert_eq!(replaced(&prior(), first, Private::new()).1, ["keepers"]);
        assert!(
            replaced(&prior(), first, marked(&[RECORDS_FIRST_KEEPERS]))
                .1
                .is_empty()
        );
    }

    #[test]
    fn ready_for_rotation_requires_replace_unless_its_time_changes() {
        let due = State {
            early_rotation_seconds: Field::Known(600),
            ready_for_rotation: Field::Known(true),
            ..prior()
        };
        let (planned, paths) = replaced(&due, |_| {}, Private::new());
        assert!(planned.ready_for_rotation.is_unknown());
        assert_eq!(paths, ["ready_for_rotation"]);
        for early in [Field::Known(60), Field::Null] {
            let (planned, paths) = replaced(
                &due,
                |config| config.early_rotation_seconds = early.clone(),
                Private::new(),
            );
            assert_eq!(
                (planned.ready_for_rotation, paths),
                (Field::Known(true), Vec::new())
            );
        }
        let (_, paths) = replaced(
            &due,
            |config| config.early_rotation_seconds = Field::Unknown,
            Private::new(),
        );
        assert_eq!(paths, ["ready_for_rotation"]);
    }
}
