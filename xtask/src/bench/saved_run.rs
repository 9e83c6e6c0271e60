//! The measurements of a separate run, as a JSON file.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::machine;
use super::scale::Measurement;
use crate::programs::Failure;

/// Where, when and with what a run measured.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Conditions {
    pub(super) provider_version: String,
    /// Terraform's name and version.
    pub(super) cli: String,
    pub(super) machine: String,
    /// The load at the start.
    pub(super) load: String,
    pub(super) load_at_end: String,
    /// The day of the start, in UTC.
    pub(super) date: String,
    pub(super) minutes: u64,
}

impl Conditions {
    /// Returns the conditions of a run that starts now.
    pub(super) fn at_start(cli: String) -> Self {
        let load = machine::load();
        Conditions {
            provider_version: env!("CARGO_PKG_VERSION").to_owned(),
            cli,
            machine: machine::described(),
            load_at_end: load.clone(),
            load,
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            minutes: 0,
        }
    }

    /// Returns machine, load and duration in one line.
    pub(super) fn line(&self) -> String {
        format!(
            "{}, load {}; load at the end {}; {} minutes",
            self.machine, self.load, self.load_at_end, self.minutes
        )
    }
}

/// The content of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SavedRun {
    pub(super) conditions: Conditions,
    pub(super) measurements: Vec<Measurement>,
}

impl SavedRun {
    /// Replaces the file in one step, so that an interruption leaves either the old or the new content.
    pub(super) fn save(&self, path: &Path) -> Result<(), Failure> {
        let failed = || Failure::io(format!("write {}", path.display()));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed())?;
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed()(error.into()))?;
        file.write_all(&text).map_err(failed())?;
        file.persist(path).map_err(|error| failed()(error.error))?;
        Ok(())
    }

    /// Reads a file whose measurements are comparable with those of a run under `conditions` of these providers.
    pub(super) fn read(path: &Path, conditions: &Conditions, providers: &[&str]) -> Result<Self, Failure> {
        let failed = |reason: String| Failure::new(format!("add {}", path.display()), reason);
        let text = fs::read(path).map_err(|error| failed(error.to_string()))?;
        let run: SavedRun = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        let (theirs, ours) = (&run.conditions, conditions);
        for (what, theirs, ours) in [
            ("provider", &theirs.provider_version, &ours.provider_version),
            ("machine", &theirs.machine, &ours.machine),
            ("CLI", &theirs.cli, &ours.cli),
        ] {
            if theirs != ours {
                return Err(failed(format!(
                    "its {what} is {theirs}, and this run's is {ours}; measure it again with `--save`"
                )));
            }
        }
        let names = run
            .measurements
            .iter()
            .map(|measurement| measurement.provider.as_str());
        match names.into_iter().find(|name| !providers.contains(name)) {
            Some(name) => Err(failed(format!(
                "it contains {name}, which this run does not measure; add `--against`"
            ))),
            None => Ok(run),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scale::{Case, Operation};
    use super::*;

    fn conditions() -> Conditions {
        Conditions {
            provider_version: "1.2.3".to_owned(),
            machine: "2 processors".to_owned(),
            cli: "Terraform 1.11.4".to_owned(),
            ..Conditions::default()
        }
    }

    #[test]
    fn saved_run_is_read_only_by_runs_with_equal_conditions_and_providers() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("large.json");
        let measurement = Measurement {
            provider: "other".to_owned(),
            case: Case {
                tokens: 5000,
                latency: 20,
            },
            operation: Operation::PlanWithoutRefresh,
            stats: super::super::report::tests::stats(480.25, 5050),
        };
        for measurements in [vec![], vec![measurement.clone()]] {
            let run = SavedRun {
                conditions: conditions(),
                measurements,
            };
            run.save(&path).unwrap();
        }
        let read = |conditions: &Conditions, providers: &[&str]| SavedRun::read(&path, conditions, providers);
        let run = read(&conditions(), &["this provider", "other"]).unwrap();
        assert_eq!(run.measurements, [measurement]);

        for (change, expected) in [
            (
                (|_| ()) as fn(&mut Conditions),
                "contains other, which this run does not measure",
            ),
            (
                |now| now.provider_version = "1.2.4".to_owned(),
                "its provider is 1.2.3, and this run's is 1.2.4",
            ),
            (
                |now| now.machine = "64 processors".to_owned(),
                "its machine is 2 processors, and this run's is 64",
            ),
            (
                |now| now.cli = "OpenTofu 1.10.0".to_owned(),
                "its CLI is Terraform 1.11.4, and this run's is OpenTofu",
            ),
        ] {
            let mut now = conditions();
            change(&mut now);
            let failure = read(&now, &["this provider"]).unwrap_err().to_string();
            assert!(failure.starts_with("could not add "), "{failure}");
            assert!(failure.contains(expected), "{expected} is not in {failure}");
        }
        fs::write(&path, "{}").unwrap();
        let failure = read(&conditions(), &["other"]).unwrap_err().to_string();
        assert!(failure.contains("missing field `conditions`"), "{failure}");
    }
}
