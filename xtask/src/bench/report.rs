//! `performance.md`: the figures as tables, and the targets beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::plot::Line;
use super::scale::{Case, Measurement, Operation};
use super::start::Start;
use super::statistics::median;

/// What profiles have shown, written by hand.
const NOTES: &str = include_str!("notes.md");

/// How many operations Terraform runs at the same time.
const PARALLELISM: f64 = 10.0;

/// A figure of the start of a process.
type StartFigure = (&'static str, fn(&Start) -> f64, f64);

/// Everything that is reported.
pub(super) struct Report {
    /// The machine, and its load at the start.
    pub(super) machine: String,
    /// The load at the end.
    pub(super) load: String,
    /// Terraform's name and version.
    pub(super) cli: String,
    /// This provider and the one written in Go.
    pub(super) starts: Option<(Start, Start)>,
    pub(super) measurements: Vec<Measurement>,
    /// Cases that did not run, with the reason.
    pub(super) left_out: Vec<String>,
}

/// The medians of one operation in one case.
struct Row {
    runs: usize,
    wall: f64,
    provider: f64,
    cli: f64,
    peak: f64,
    requests: usize,
}

/// What a plot shows of a row.
pub(super) type Quantity = (&'static str, &'static str, &'static str);

/// The plots: the name of the file, the title, the unit.
pub(super) const PLOTS: [Quantity; 4] = [
    ("requests", "Requests", "requests"),
    ("wall", "Wall time", "seconds"),
    ("cpu", "CPU time of the provider", "seconds"),
    ("memory", "Peak memory of the provider", "MiB"),
];

impl Report {
    fn rows(&self, subject: &str, case: Case, operation: Operation) -> Option<Row> {
        let of = || {
            self.measurements.iter().filter(move |measurement| {
                measurement.subject == subject
                    && measurement.case == case
                    && measurement.operation == operation
            })
        };
        Some(Row {
            runs: of().count(),
            wall: median(of().map(|m| m.used.wall))?,
            provider: median(of().map(|m| m.used.provider))?,
            cli: median(of().map(|m| m.used.cli))?,
            peak: median(of().map(|m| mib(m.used.peak)))?,
            requests: median(of().map(|m| m.requests))?,
        })
    }

    fn subjects(&self) -> Vec<&str> {
        let mut subjects: Vec<&str> = Vec::new();
        for measurement in &self.measurements {
            if !subjects.contains(&measurement.subject.as_str()) {
                subjects.push(&measurement.subject);
            }
        }
        subjects
    }

    fn cases(&self) -> Vec<Case> {
        let cases = self.measurements.iter().map(|measurement| measurement.case);
        let cases: BTreeMap<(u64, usize), Case> =
            cases.map(|case| ((case.latency, case.tokens), case)).collect();
        cases.into_values().collect()
    }

    /// The lines of a plot: one for each provider, operation and latency.
    pub(super) fn lines(&self, plot: &str) -> Vec<Line> {
        let mut lines = BTreeMap::<String, Vec<(f64, f64)>>::new();
        for subject in self.subjects() {
            for case in self.cases() {
                for operation in Operation::ALL {
                    let Some(row) = self.rows(subject, case, operation) else {
                        continue;
                    };
                    let value = match plot {
                        "requests" => number(row.requests),
                        "wall" => row.wall,
                        "cpu" => row.provider,
                        _ => row.peak,
                    };
                    let name = format!("{subject}: {}, {} ms", operation.name(), case.latency);
                    lines.entry(name).or_default().push((number(case.tokens), value));
                }
            }
        }
        lines
            .into_iter()
            .map(|(name, points)| Line { name, points })
            .collect()
    }

    /// The whole page.
    pub(super) fn markdown(&self) -> String {
        let mut text = String::from(
            "# Performance\n\n\
             `cargo xtask bench` writes this page. All figures are medians. CPU time and counts of requests are \
             comparable between machines of a kind; wall time is not where other work runs on the machine, which \
             the load shows.\n\n",
        );
        let _ = writeln!(text, "- Machine: {}; load at the end {}", self.machine, self.load);
        let _ = writeln!(text, "- {}, against the emulator on loopback", self.cli);
        let _ = writeln!(
            text,
            "- Provider: version {}, release build",
            env!("CARGO_PKG_VERSION")
        );
        text.push_str(
            "- Configuration: tokens of accounts with up to 100 tokens each, and these accounts\n\n",
        );
        self.write_starts(&mut text);
        self.write_cases(&mut text);
        self.write_ratios(&mut text);
        for (file, title, _) in PLOTS {
            let _ = writeln!(
                text,
                "![{title} over the number of tokens](performance/{file}.svg)\n"
            );
        }
        if !self.left_out.is_empty() {
            text.push_str("## Not measured\n\n");
            for line in &self.left_out {
                let _ = writeln!(text, "- {line}");
            }
        }
        text.push('\n');
        text.push_str(NOTES);
        text
    }

    fn write_starts(&self, text: &mut String) {
        let Some((own, go)) = &self.starts else {
            return;
        };
        text.push_str(
            "## Start\n\nFrom the start of the process to its handshake line, with mutual TLS, beside a provider \
             written in Go (`workato-terraform-provider` of the Python package index). The targets are ratios.\n\n\
             | | this provider | Go provider | ratio | target | |\n| --- | --- | --- | --- | --- | --- |\n",
        );
        let figures: [StartFigure; 4] = [
            ("time to the line (ms)", |start| start.line, 0.10),
            (
                "resident memory at the line (MiB)",
                |start| mib(start.resident),
                0.30,
            ),
            ("of it not of files (MiB)", |start| mib(start.anonymous), 0.30),
            ("size of the program (MB)", |start| megabytes(start.size), 0.30),
        ];
        for (name, of, target) in figures {
            let (a, b) = (of(own), of(go));
            let ratio = a / b;
            let verdict = if ratio <= target { "met" } else { "not met" };
            let _ = writeln!(
                text,
                "| {name} | {a:.2} | {b:.2} | {ratio:.3} | {target:.2} | {verdict} |"
            );
        }
        text.push('\n');
    }

    fn write_cases(&self, text: &mut String) {
        for subject in self.subjects() {
            let _ = writeln!(
                text,
                "## Scale: {subject}\n\nThe bound is the time that the requests take at least: latency × requests ÷ \
                 {PARALLELISM}, the number of operations that Terraform runs at the same time.\n\n\
                 | latency | tokens | operation | requests | bound | wall | CPU of the provider | CPU of Terraform \
                 | peak memory | runs |\n| --: | --: | --- | --: | --: | --: | --: | --: | --: | --: |"
            );
            for case in self.cases() {
                for operation in Operation::ALL {
                    let Some(row) = self.rows(subject, case, operation) else {
                        continue;
                    };
                    let latency = std::time::Duration::from_millis(case.latency).as_secs_f64();
                    let bound = latency * number(row.requests) / PARALLELISM;
                    let _ = writeln!(
                        text,
                        "| {} ms | {} | {} | {} | {bound:.2} s | {:.2} s | {:.2} s | {:.2} s | {:.1} MiB | {} |",
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
            }
            text.push('\n');
        }
    }

    /// This provider's figures divided by the other's.
    fn write_ratios(&self, text: &mut String) {
        let subjects = self.subjects();
        let [own, other] = subjects[..] else {
            return;
        };
        let _ = writeln!(
            text,
            "## Ratios\n\nThis provider's figures divided by those of {other}, which ran alternately.\n\n\
             | latency | tokens | operation | requests | wall | CPU | peak memory |\n\
             | --: | --: | --- | --: | --: | --: | --: |"
        );
        for case in self.cases() {
            for operation in Operation::ALL {
                let rows = (self.rows(own, case, operation), self.rows(other, case, operation));
                if let (Some(a), Some(b)) = rows {
                    let _ = writeln!(
                        text,
                        "| {} ms | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} |",
                        case.latency,
                        case.tokens,
                        operation.name(),
                        number(a.requests) / number(b.requests),
                        a.wall / b.wall,
                        a.provider / b.provider,
                        a.peak / b.peak,
                    );
                }
            }
        }
        text.push('\n');
    }
}

fn mib(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::process::Used;
    use super::*;

    fn measurement(subject: &str, wall: f64, requests: usize) -> Measurement {
        Measurement {
            subject: subject.to_owned(),
            case: Case {
                tokens: 100,
                latency: 20,
            },
            operation: Operation::Plan,
            used: Used {
                wall,
                provider: 0.5,
                cli: 1.0,
                peak: 10 * 1024,
            },
            requests,
        }
    }

    #[test]
    fn the_page_has_medians_the_bound_ratios_and_whether_a_target_is_met() {
        let start = |line, size| Start {
            line,
            resident: 5 * 1024,
            anonymous: 1024,
            size,
        };
        let report = Report {
            machine: "a machine".to_owned(),
            load: "0.1".to_owned(),
            cli: "Terraform 1.11.4".to_owned(),
            starts: Some((start(1.0, 9_000_000), start(20.0, 10_000_000))),
            measurements: vec![
                measurement("this provider", 3.0, 50),
                measurement("this provider", 1.0, 50),
                measurement("this provider", 2.0, 50),
                measurement("other", 4.0, 100),
            ],
            left_out: vec!["5000 tokens: out of time".to_owned()],
        };
        let text = report.markdown();
        for expected in [
            "| time to the line (ms) | 1.00 | 20.00 | 0.050 | 0.10 | met |",
            "| size of the program (MB) | 9.00 | 10.00 | 0.900 | 0.30 | not met |",
            "| 20 ms | 100 | plan | 50 | 0.10 s | 2.00 s | 0.50 s | 1.00 s | 10.0 MiB | 3 |",
            "| 20 ms | 100 | plan | 0.50 | 0.50 | 1.00 | 1.00 |",
            "- 5000 tokens: out of time",
        ] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
        assert_eq!(report.lines("requests").len(), 2);
    }
}
