//! `performance.md`: the results as tables, and the targets beside them.

mod targets;
#[cfg(test)]
pub(super) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::iter;

use super::calls::Counts;
use super::figures::{Row, megabytes, mib, number};
use super::measured_provider::OWN;
use super::plot::Line;
use super::sandbox::RunStats;
use super::saved_run::{Conditions, SavedRun};
use super::scale::{Case, Measurement, Operation};
use super::start::Start;
use super::target_cases::TargetCase;

/// Notes on profiles, written by hand.
const NOTES: &str = include_str!("notes.md");

/// The number of operations that Terraform runs in parallel.
const PARALLELISM: f64 = 10.0;

/// Growth up to this factor above linear counts as linear, because CPU time is measured in hundredths of a
/// second.
const TOLERANCE: f64 = 1.1;

/// The name of a figure, and the function that computes it.
type Figure<T> = (&'static str, fn(&T) -> f64);

/// The mark of rows from a separate run.
const SEPARATE: &str = " (separate)";

#[derive(Default)]
pub(super) struct Report {
    pub(super) conditions: Conditions,
    /// `None` if the starts were not measured.
    pub(super) starts: Option<Starts>,
    pub(super) target_case_runs: Vec<TargetCaseRun>,
    pub(super) measurements: Vec<Measurement>,
    /// Separate runs, whose measurements count where this run has none.
    pub(super) added: Vec<SavedRun>,
    /// Numbers of instructions of single calls.
    pub(super) calls: Counts,
    /// Cases that did not run, with the reason.
    pub(super) skipped: Vec<String>,
}

/// The starts of this provider and of another one.
#[derive(Debug, Clone)]
pub(super) struct Starts {
    pub(super) own: Start,
    pub(super) other: Start,
    pub(super) other_name: String,
}

/// One run of a target case.
#[derive(Debug, Clone)]
pub(super) struct TargetCaseRun {
    pub(super) case: TargetCase,
    pub(super) provider: String,
    pub(super) stats: RunStats,
}

/// A figure over the number of tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plot {
    /// The name of the file, without its extension.
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    figure: fn(&Row) -> f64,
}

pub(super) const PLOTS: [Plot; 4] = [
    Plot {
        file: "requests",
        title: "Requests",
        unit: "requests",
        figure: |row| number(row.requests),
    },
    Plot {
        file: "wall",
        title: "Wall time",
        unit: "seconds",
        figure: |row| row.wall,
    },
    Plot {
        file: "cpu",
        title: "CPU time of the provider",
        unit: "seconds",
        figure: |row| row.provider,
    },
    Plot {
        file: "memory",
        title: "Peak memory of the provider",
        unit: "MiB",
        figure: |row| row.peak,
    },
];

impl Report {
    pub(super) fn rows(&self, provider: &str, case: Case, operation: Operation) -> Option<Row> {
        let added = self.added.iter().map(|run| &run.measurements);
        iter::once(&self.measurements)
            .chain(added)
            .find_map(|measurements| row_of(measurements, provider, case, operation))
    }

    /// Whether a row of [`Report::rows`] is from a separate run.
    fn is_added(&self, provider: &str, case: Case, operation: Operation) -> bool {
        row_of(&self.measurements, provider, case, operation).is_none()
            && self.rows(provider, case, operation).is_some()
    }

    /// Whether separate runs measured all operations of a case that this run did not measure.
    pub(super) fn is_complete_with_added(&self, provider: &str, case: Case) -> bool {
        let is_added = |operation| self.is_added(provider, case, operation);
        Operation::ALL.into_iter().any(is_added) && self.missing(provider, case).is_empty()
    }

    /// Returns the names of the operations of a case without a row.
    pub(super) fn missing(&self, provider: &str, case: Case) -> Vec<&'static str> {
        let operations = Operation::ALL.into_iter();
        let missing = operations.filter(|operation| self.rows(provider, case, *operation).is_none());
        missing.map(Operation::name).collect()
    }

    fn all_measurements(&self) -> impl Iterator<Item = &Measurement> {
        let added = self.added.iter().flat_map(|run| &run.measurements);
        self.measurements.iter().chain(added)
    }

    /// Returns this provider's results in a target case.
    pub(super) fn target_case(&self, case: TargetCase) -> Option<Row> {
        self.target_case_of(case, OWN)
    }

    fn target_case_of(&self, case: TargetCase, provider: &str) -> Option<Row> {
        let runs = self.target_case_runs.iter();
        let runs = runs.filter(|run| run.case == case && run.provider == provider);
        Row::medians(runs.map(|run| &run.stats))
    }

    /// Returns this provider's results in a target case, and those of the other provider.
    pub(super) fn with_other(&self, case: TargetCase) -> Option<(Row, Row)> {
        Some((self.target_case(case)?, self.target_case_of(case, self.other()?)?))
    }

    /// Returns the name of the other measured provider.
    pub(super) fn other(&self) -> Option<&str> {
        self.providers().into_iter().find(|name| *name != OWN)
    }

    fn providers(&self) -> Vec<&str> {
        let target_cases = self.target_case_runs.iter().map(|run| &run.provider);
        let measurements = self.all_measurements().map(|measurement| &measurement.provider);
        let mut providers: Vec<&str> = Vec::new();
        for name in target_cases.chain(measurements) {
            if !providers.contains(&name.as_str()) {
                providers.push(name);
            }
        }
        providers
    }

    fn cases(&self) -> Vec<Case> {
        let cases = self.all_measurements().map(|measurement| measurement.case);
        let cases: BTreeSet<Case> = cases.collect();
        cases.into_iter().collect()
    }

    /// Returns the rows of a provider's table.
    fn rows_of(&self, provider: &str) -> impl Iterator<Item = (Case, Operation, Row)> {
        let cases = self.cases().into_iter();
        let operations = cases.flat_map(|case| Operation::ALL.map(|operation| (case, operation)));
        operations.filter_map(move |(case, operation)| {
            Some((case, operation, self.rows(provider, case, operation)?))
        })
    }

    /// Returns the lines of a plot: one for each provider, operation and latency.
    pub(super) fn lines(&self, plot: Plot) -> Vec<Line> {
        let mut lines = BTreeMap::<String, Vec<(f64, f64)>>::new();
        for provider in self.providers() {
            for (case, operation, row) in self.rows_of(provider) {
                let name = format!("{provider}: {}, {} ms", operation.name(), case.latency);
                let point = (number(case.tokens), (plot.figure)(&row));
                lines.entry(name).or_default().push(point);
            }
        }
        let lines = lines.into_iter();
        lines.map(|(name, points)| Line { name, points }).collect()
    }

    pub(super) fn markdown(&self) -> String {
        let mut text = String::from(
            "# Performance\n\n\
             `cargo xtask bench` writes this page. All figures are medians. CPU time and counts of requests are \
             comparable between machines of a kind; wall time is not where other work runs on the machine, which \
             the load shows.\n\n",
        );
        let Conditions {
            cli,
            provider_version,
            ..
        } = &self.conditions;
        let _ = writeln!(
            text,
            "- Machine: {}\n- {cli}, against the emulator on loopback, built with optimizations\n- Provider: version {provider_version}, release build",
            self.conditions.line()
        );
        text.push_str(
            "- Configuration: tokens of accounts with up to 100 tokens each, and these accounts\n\
             - A plan finds no changes. Where it has more tokens than are applied, and in the first table, its state was not \
             applied: the emulator is seeded with accounts and tokens, and the state that the provider wrote for one of \
             each is repeated with their names and ids\n",
        );
        for run in &self.added {
            let _ = writeln!(
                text,
                "- Rows marked `{}` are from a separate, longer run on {}: {}. Growth, ratios and plots \
                 contain them too",
                SEPARATE.trim(),
                run.conditions.date,
                run.conditions.line()
            );
        }
        text.push('\n');
        text.push_str(&targets::table(self));
        self.write_starts(&mut text);
        self.write_cases(&mut text);
        self.write_growth(&mut text);
        self.write_ratios(&mut text);
        for plot in PLOTS {
            if !self.lines(plot).is_empty() {
                let Plot { file, title, .. } = plot;
                let _ = writeln!(
                    text,
                    "![{title} over the number of tokens](performance/{file}.svg)\n"
                );
            }
        }
        self.write_calls(&mut text);
        if !self.skipped.is_empty() {
            text.push_str("## Not measured\n\n");
            for line in &self.skipped {
                let _ = writeln!(text, "- {line}");
            }
            text.push('\n');
        }
        text.push_str(NOTES);
        text
    }

    fn write_starts(&self, text: &mut String) {
        let Some(starts) = &self.starts else {
            return;
        };
        let _ = writeln!(
            text,
            "## Start\n\nFrom the start of the process to its handshake line, with mutual TLS, beside {}.\n\n\
             | | this provider | the other | ratio |\n| --- | --- | --- | --- |",
            starts.other_name
        );
        let figures: [Figure<Start>; 4] = [
            ("time to the line (ms)", |start| start.line),
            ("resident memory at the line (MiB)", |start| mib(start.resident)),
            ("of it not of files (MiB)", |start| mib(start.anonymous)),
            ("size of the program (MB)", |start| megabytes(start.size)),
        ];
        for (name, of) in figures {
            let (own, other) = (of(&starts.own), of(&starts.other));
            let _ = writeln!(text, "| {name} | {own:.2} | {other:.2} | {:.3} |", own / other);
        }
        text.push('\n');
    }

    fn write_cases(&self, text: &mut String) {
        for provider in self.providers() {
            let mut rows = self.rows_of(provider).peekable();
            if rows.peek().is_none() {
                continue;
            }
            let _ = writeln!(
                text,
                "## Scale: {provider}\n\nThe bound is the time that the requests take at least: latency × requests ÷ \
                 {PARALLELISM}, the number of operations that Terraform runs at the same time.\n\n\
                 | latency | tokens | operation | requests | bound | wall | CPU of the provider | CPU of Terraform \
                 | peak memory | runs |\n| --: | --: | --- | --: | --: | --: | --: | --: | --: | --: |"
            );
            for (case, operation, row) in rows {
                let latency = std::time::Duration::from_millis(case.latency).as_secs_f64();
                let bound = latency * number(row.requests) / PARALLELISM;
                let mark = if self.is_added(provider, case, operation) {
                    SEPARATE
                } else {
                    ""
                };
                let _ = writeln!(
                    text,
                    "| {} ms | {} | {} | {} | {bound:.2} s | {:.2} s | {:.2} s | {:.2} s | {:.1} MiB | {}{mark} |",
                    case.latency,
                    case.tokens,
                    operation.name(),
                    row.requests,
                    row.wall,
                    row.provider,
                    row.cli,
                    row.peak,
                    row.runs,
                );
            }
            text.push('\n');
        }
    }

    /// Writes the factors by which this provider's figures grow from one number of tokens to the next.
    fn write_growth(&self, text: &mut String) {
        const FIGURES: [Figure<Row>; 5] = [
            ("requests", |row| number(row.requests)),
            ("CPU of the provider", |row| row.provider),
            ("peak memory", |row| row.peak),
            ("wall", |row| row.wall),
            ("CPU of Terraform", |row| row.cli),
        ];
        let mut lines = String::new();
        for pair in self.cases().windows(2) {
            let [from, to] = pair else { continue };
            if from.latency != to.latency {
                continue;
            }
            let linear = number(to.tokens) / number(from.tokens);
            for operation in Operation::ALL {
                let rows = (self.rows(OWN, *from, operation), self.rows(OWN, *to, operation));
                let (Some(a), Some(b)) = rows else { continue };
                let factors = FIGURES.map(|(_, of)| of(&b) / of(&a));
                let shown = factors.map(|factor| {
                    // The value for the smaller number is zero or too small to be measured.
                    if !factor.is_finite() {
                        return "–".to_owned();
                    }
                    let mark = if factor > linear * TOLERANCE {
                        " (more)"
                    } else {
                        ""
                    };
                    format!("{factor:.1}{mark}")
                });
                let _ = writeln!(
                    lines,
                    "| {} ms | {} → {} | {linear:.0} | {} | {} |",
                    from.latency,
                    from.tokens,
                    to.tokens,
                    operation.name(),
                    shown.join(" | ")
                );
            }
        }
        if lines.is_empty() {
            return;
        }
        let names = FIGURES.map(|(name, _)| name).join(" | ");
        let _ = writeln!(
            text,
            "## Growth\n\nHow many times as much, from one number of tokens to the next. What grows more than the tokens is marked. \
             Terraform's own time is part of the wall time.\n\n\
             | latency | tokens | tokens × | operation | {names} |\n\
             | --: | --: | --: | --- | --: | --: | --: | --: | --: |\n{lines}"
        );
    }

    /// Writes this provider's figures divided by the other's.
    fn write_ratios(&self, text: &mut String) {
        let Some(other) = self.other() else {
            return;
        };
        let mut lines = Vec::new();
        for case in TargetCase::ALL {
            lines.extend(self.with_other(case).map(|rows| (case.title().to_owned(), rows)));
        }
        for (case, operation, own) in self.rows_of(OWN) {
            let Case { latency, tokens } = case;
            let what = format!("{} of {tokens} tokens at {latency} ms", operation.name());
            let other = self.rows(other, case, operation);
            lines.extend(other.map(|other| (what, (own, other))));
        }
        let _ = writeln!(
            text,
            "## Ratios\n\nThis provider's figures divided by those of {other}, which ran alternately.\n\n\
             | case | requests | wall | CPU | peak memory |\n| --- | --: | --: | --: | --: |"
        );
        for (what, (a, b)) in lines {
            let ratios = [
                number(a.requests) / number(b.requests),
                a.wall / b.wall,
                a.provider / b.provider,
                a.peak / b.peak,
            ];
            // Without refresh neither provider sends a request.
            let ratios = ratios.map(|ratio| {
                if ratio.is_finite() {
                    format!("{ratio:.2}")
                } else {
                    "–".to_owned()
                }
            });
            let _ = writeln!(text, "| {what} | {} |", ratios.join(" | "));
        }
        text.push('\n');
    }

    fn write_calls(&self, text: &mut String) {
        if self.calls.is_empty() {
            return;
        }
        text.push_str(
            "## Work of a call\n\nInstructions of a single call in the provider, without its connections: counted by \
             callgrind in a release build, stable from run to run. `cargo bench` measures the time of the same \
             calls.\n\n| call | instructions |\n| --- | --: |\n",
        );
        for (name, count) in &self.calls {
            let _ = writeln!(text, "| {name} | {} |", grouped(*count));
        }
        text.push('\n');
    }
}

/// Returns the medians of one operation; `None` if it was not measured.
fn row_of(measurements: &[Measurement], provider: &str, case: Case, operation: Operation) -> Option<Row> {
    let of = measurements.iter().filter(|measurement| {
        measurement.provider == provider && measurement.case == case && measurement.operation == operation
    });
    Row::medians(of.map(|measurement| &measurement.stats))
}

/// Formats a number with commas between groups of three digits.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
