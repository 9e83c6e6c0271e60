//! Groups the tests by the Terraform version that they need, which is part of their names.

use std::collections::BTreeMap;

use crate::cli::Minor;

/// Tests that run with every Terraform, one for each part of the provider.
const LIFE_CYCLE: &str = "life_cycle";
/// Modules with tests of code in the documentation, which users copy. They run with every Terraform of the matrix. Guides and modules
/// that need a newer one are in the modules of these names below `since_…`.
const DOCUMENTED_CODE: [&str; 2] = ["guides", "modules"];
/// The prefix of modules for a version.
const SINCE: &str = "since_";

#[derive(Debug, PartialEq)]
pub(super) struct Row {
    /// Terraform's first version with the feature; `None` if all have it.
    pub(super) since: Option<Minor>,
    /// The feature, such as `moves`.
    pub(super) feature: String,
    /// The full names of the tests.
    pub(super) stories: Vec<String>,
}

impl Row {
    /// Whether Terraform has the feature in that version.
    pub(super) fn is_for(&self, version: &str) -> bool {
        self.since.is_none_or(|since| Minor::parse(version) >= since)
    }
}

/// Returns the rows of the matrix: features of every Terraform first, then the others by version.
///
/// `listing` is the output of the test program for `--list --format terse`. Tests outside of `life_cycle`,
/// `guides`, `modules` and `since_…` are included only with `all`.
pub(super) fn rows(listing: &str, all: bool) -> Vec<Row> {
    let mut features: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for story in listing.lines().filter_map(|line| line.strip_suffix(": test")) {
        let Some((module, _)) = story.rsplit_once("::") else {
            continue;
        };
        let (first, rest) = module.split_once("::").unwrap_or((module, module));
        let since = first.strip_prefix(SINCE).and_then(minor);
        if all || since.is_some() || first == LIFE_CYCLE || DOCUMENTED_CODE.contains(&first) {
            let feature = if since.is_some() { rest } else { module };
            // Life cycles precede the other tests of every version.
            features
                .entry((since, first != LIFE_CYCLE, feature.to_owned()))
                .or_default()
                .push(story.to_owned());
        }
    }
    features
        .into_iter()
        .map(|((since, _, feature), stories)| Row {
            since,
            feature: label(since, &feature),
            stories,
        })
        .collect()
}

/// Returns the name of a row. That of guides and modules contains the version, because several versions have
/// one.
fn label(since: Option<Minor>, feature: &str) -> String {
    match since {
        Some(since) if DOCUMENTED_CODE.contains(&feature) => format!("{feature} that need {since}"),
        _ => feature.replace("::", ": ").replace('_', " "),
    }
}

/// Parses the version in a name such as `since_1_14`.
fn minor(text: &str) -> Option<Minor> {
    let (major, minor) = text.split_once('_')?;
    Some(Minor(major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
since_1_10::ephemeral_variables::configure: test
token::is_created: test
since_1_8::moves::from_go: test
life_cycle::resources::all: test
since_1_8::moves::of_nothing: test
guides::getting_started: test
since_1_14::guides::adopting: test
life_cycle::data_sources::all: test
8 tests, 0 benchmarks
";

    fn summary(rows: &[Row]) -> Vec<(String, &str, usize)> {
        rows.iter()
            .map(|row| {
                let since = row.since.map_or_else(String::new, |since| since.to_string());
                (since, row.feature.as_str(), row.stories.len())
            })
            .collect()
    }

    #[test]
    fn rows_are_grouped_by_feature_and_version_in_test_names() {
        let rows = rows(LISTING, false);

        assert_eq!(
            summary(&rows),
            [
                (String::new(), "life cycle: data sources", 1),
                (String::new(), "life cycle: resources", 1),
                (String::new(), "guides", 1),
                ("1.8".to_owned(), "moves", 2),
                ("1.10".to_owned(), "ephemeral variables", 1),
                ("1.14".to_owned(), "guides that need 1.14", 1),
            ]
        );
        assert_eq!(rows[3].stories[0], "since_1_8::moves::from_go");
        assert!(rows[0].is_for("1.6.6"));
        assert!(rows[3].is_for("1.8.4") && rows[3].is_for("1.15.5") && !rows[3].is_for("1.7.5"));
    }

    #[test]
    fn all_option_includes_every_story() {
        let rows = rows(LISTING, true);

        assert_eq!(rows.len(), 7);
        assert_eq!(summary(&rows)[3], (String::new(), "token", 1));
    }
}
