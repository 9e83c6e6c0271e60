//! Compares the performance targets with the measurements.

use std::fmt::Write as _;

use super::Report;
use crate::bench::figures::{Row, megabytes, mib, number};
use crate::bench::measured_provider::OWN;
use crate::bench::scale::{Case, Operation};
use crate::bench::start::Start;
use crate::bench::target_cases::{REQUESTS_PER_SECOND, TargetCase};

struct Target {
    what: String,
    limit: String,
    measured: String,
    verdict: &'static str,
    /// Why the target is not met or not measured.
    why: &'static str,
}

const NOT_MEASURED: &str = "not measured";
const SEE_FINDINGS: &str = "see the findings";
const LEFT_OUT: &str = "see \"Not measured\"";
const NO_OTHER: &str = "no other provider for the same API was given (`--against`)";
const PAGES: &str = "nearly all of it are pages of the program's file, see the findings";
const TABLES: &str = "unwinding tables and cryptography, see the findings";

/// A maximum ratio to another provider in a target case.
struct CaseRatio {
    case: TargetCase,
    what: &'static str,
    figure: fn(&Row) -> f64,
    target: f64,
}

/// A maximum ratio to another provider at the start of the process.
struct StartRatio {
    what: &'static str,
    figure: fn(&Start) -> f64,
    target: f64,
    /// Why the target is not met.
    why: &'static str,
}

const START_RATIOS: [StartRatio; 3] = [
    StartRatio {
        what: "start: time to the handshake line",
        figure: |start| start.line,
        target: 0.10,
        why: SEE_FINDINGS,
    },
    StartRatio {
        what: "start: resident memory at that line",
        figure: |start| mib(start.resident),
        target: 0.30,
        why: PAGES,
    },
    StartRatio {
        what: "size of the program",
        figure: |start| megabytes(start.size),
        target: 0.30,
        why: TABLES,
    },
];

const CASE_RATIOS: [CaseRatio; 6] = [
    CaseRatio {
        case: TargetCase::ThousandTokens,
        what: "provider's CPU",
        figure: |row| row.provider,
        target: 0.05,
    },
    wall_time_ratio(TargetCase::ThousandTokens, 0.40),
    CaseRatio {
        case: TargetCase::ThousandTokens,
        what: "peak memory",
        figure: |row| row.peak,
        target: 0.06,
    },
    wall_time_ratio(TargetCase::OneAccount, 0.30),
    wall_time_ratio(TargetCase::Parallel, 0.95),
    wall_time_ratio(TargetCase::OneAccountPerToken, 0.95),
];

const fn wall_time_ratio(case: TargetCase, target: f64) -> CaseRatio {
    CaseRatio {
        case,
        what: "wall time",
        figure: |row| row.wall,
        target,
    }
}

/// The maximum number of requests of each case.
const MOST_REQUESTS: [(TargetCase, usize); 3] = [
    (TargetCase::ThousandTokens, 25),
    (TargetCase::OneAccount, 5),
    (TargetCase::Ducklings, 210),
];

/// The maximum ratio of the provider's CPU time to Terraform's.
const SHARE: f64 = 0.05;

/// The number of tokens and the memory, in MiB, of the memory target.
const MOST_TOKENS: usize = 5000;
const MOST_MEMORY: f64 = 24.0;

pub(super) fn table(report: &Report) -> String {
    let mut text =
        String::from("## Targets\n\n| case | target | measured | | |\n| --- | --- | --- | --- | --- |\n");
    for target in targets(report) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            target.what, target.limit, target.measured, target.verdict, target.why
        );
    }
    text.push('\n');
    text
}

fn targets(report: &Report) -> Vec<Target> {
    let mut targets = Vec::new();
    for (case, most) in MOST_REQUESTS {
        targets.push(at_most(
            format!("{}: requests", case.title()),
            format!("≤ {most}"),
            report
                .target_case(case)
                .map(|row| (number(row.requests), row.requests.to_string())),
            number(most),
            SEE_FINDINGS,
        ));
    }
    targets.push(at_most(
        format!(
            "{}: provider's CPU beside Terraform's",
            TargetCase::ThousandTokens.title()
        ),
        "≤ 5 %".to_owned(),
        report.target_case(TargetCase::ThousandTokens).map(|row| {
            let share = row.provider / row.cli;
            let figures = format!(
                "{:.1} % ({:.2} s of {:.2} s)",
                share * 100.0,
                row.provider,
                row.cli
            );
            (share, figures)
        }),
        SHARE,
        "see the three largest costs in the findings",
    ));
    targets.extend(creations(report));
    targets.push(memory(report));
    let starts = report.starts.as_ref();
    let other = starts.map_or("", |starts| starts.other_name.as_str());
    for StartRatio {
        what,
        figure,
        target,
        why,
    } in START_RATIOS
    {
        targets.push(at_most(
            format!("{what}, beside {other}"),
            format!("≤ {target:.2}"),
            starts.map(|starts| {
                let ratio = figure(&starts.own) / figure(&starts.other);
                (ratio, format!("{ratio:.3}"))
            }),
            target,
            why,
        ));
    }
    let other = report.other().unwrap_or("another provider for the same API");
    for CaseRatio {
        case,
        what,
        figure,
        target,
    } in CASE_RATIOS
    {
        let mut line = at_most(
            format!("{}: {what}, beside {other}", case.title()),
            format!("≤ {target:.2}"),
            report.with_other(case).map(|(own, other)| {
                let (own, other) = (figure(&own), figure(&other));
                let ratio = own / other;
                (ratio, format!("{ratio:.2} ({own:.2} and {other:.2})"))
            }),
            target,
            SEE_FINDINGS,
        );
        if report.other().is_none() {
            line.measured = report
                .target_case(case)
                .map_or_else(String::new, |row| without_comparison(case, &row, figure));
            (line.verdict, line.why) = (NOT_MEASURED, NO_OTHER);
        }
        targets.push(line);
    }
    targets
}

/// Returns a line whose value must be at most the limit.
fn at_most(
    what: String,
    limit: String,
    measured: Option<(f64, String)>,
    most: f64,
    why: &'static str,
) -> Target {
    let (value, measured) = measured.unzip();
    let (verdict, why) = match value {
        Some(value) if value <= most => ("met", ""),
        Some(_) => ("not met", why),
        None => (NOT_MEASURED, LEFT_OUT),
    };
    Target {
        what,
        limit,
        measured: measured.unwrap_or_default(),
        verdict,
        why,
    }
}

/// Returns a figure of this provider alone, with the minimum time of the requests if the API has a latency.
fn without_comparison(case: TargetCase, row: &Row, figure: fn(&Row) -> f64) -> String {
    let latency = case.latency().as_secs_f64();
    let mut text = format!("{:.2}", figure(row));
    if latency > 0.0 {
        let bound = latency * number(row.requests) / number(case.parallelism());
        let _ = write!(text, " s; {} requests take at least {bound:.2} s", row.requests);
    }
    text
}

/// Returns the lines for the refused requests and the duration of the creations.
fn creations(report: &Report) -> [Target; 2] {
    let case = TargetCase::Creations;
    let row = report.target_case(case);
    let ideal = |row: &Row| number(row.requests - row.refused) / f64::from(REQUESTS_PER_SECOND);
    [
        at_most(
            format!("{}: responses 429", case.title()),
            "< 5 %".to_owned(),
            row.map(|row| {
                let share = number(row.refused) / number(row.requests);
                let figures = format!("{:.1} % ({} of {})", share * 100.0, row.refused, row.requests);
                (share, figures)
            }),
            0.05,
            SEE_FINDINGS,
        ),
        at_most(
            format!("{}: time of the whole apply", case.title()),
            "≤ 1.1 × the ideal".to_owned(),
            row.map(|row| {
                let factor = row.wall / ideal(&row);
                let figures = format!("{factor:.2} × ({:.1} s, ideal {:.1} s)", row.wall, ideal(&row));
                (factor, figures)
            }),
            1.1,
            "the time includes the start and the plan of Terraform, and a pace below the limit after each refusal",
        ),
    ]
}

/// Returns the line for the peak memory of a plan with the largest number of tokens.
fn memory(report: &Report) -> Target {
    let case = Case {
        tokens: MOST_TOKENS,
        latency: 0,
    };
    let row = report.rows(OWN, case, Operation::Plan);
    at_most(
        format!("plan of {MOST_TOKENS} tokens: peak memory of the provider"),
        format!("≤ {MOST_MEMORY:.0} MiB"),
        row.map(|row| (row.peak, format!("{:.1} MiB", row.peak))),
        MOST_MEMORY,
        SEE_FINDINGS,
    )
}
