//! The page from results.

use super::super::process::Used;
use super::*;

pub(in crate::bench) fn stats(wall: f64, requests: usize) -> RunStats {
    RunStats {
        used: Used {
            wall,
            provider: 0.5,
            cli: 20.0,
            peak: 10 * 1024,
        },
        requests,
        refused: 0,
    }
}

fn measurement(provider: &str, tokens: usize, wall: f64, requests: usize) -> Measurement {
    Measurement {
        provider: provider.to_owned(),
        case: Case { tokens, latency: 20 },
        operation: Operation::Plan,
        stats: stats(wall, requests),
    }
}

#[test]
fn report_contains_medians_bound_growth_and_ratios() {
    let report = Report {
        measurements: vec![
            measurement(OWN, 100, 3.0, 50),
            measurement(OWN, 100, 1.0, 50),
            measurement(OWN, 100, 2.0, 50),
            measurement(OWN, 1000, 30.0, 500),
            measurement("other", 100, 4.0, 100),
        ],
        skipped: vec!["5000 tokens: out of time".to_owned()],
        calls: vec![("a plan".to_owned(), 1_234_567)],
        ..Report::default()
    };
    let text = report.markdown();
    for expected in [
        "| 20 ms | 100 | plan | 50 | 0.10 s | 2.00 s | 0.50 s | 20.00 s | 10.0 MiB | 3 |",
        "| 20 ms | 100 → 1000 | 10 | plan | 10.0 | 1.0 | 1.0 | 15.0 (more) | 1.0 |",
        "| plan of 100 tokens at 20 ms | 0.50 | 0.50 | 1.00 | 1.00 |",
        "| a plan | 1,234,567 |",
        "- 5000 tokens: out of time",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert_eq!(report.lines(PLOTS[0]).len(), 2);
}

#[test]
fn report_contains_rows_of_a_separate_run_where_its_own_are_missing() {
    let case = Case {
        tokens: 5000,
        latency: 20,
    };
    let added = |operation, wall| Measurement {
        operation,
        ..measurement(OWN, 5000, wall, 5050)
    };
    let separate = Conditions {
        machine: "2 processors".to_owned(),
        load: "0.10".to_owned(),
        load_at_end: "0.20".to_owned(),
        date: "2026-01-31".to_owned(),
        minutes: 42,
        ..Conditions::default()
    };
    let mut report = Report {
        measurements: vec![
            measurement(OWN, 1000, 4.0, 1010),
            measurement(OWN, 5000, 20.0, 101),
        ],
        added: vec![SavedRun {
            conditions: separate,
            measurements: vec![added(Operation::Plan, 90.0), added(Operation::Apply, 480.0)],
        }],
        ..Report::default()
    };
    let text = report.markdown();
    for expected in [
        "- Rows marked `(separate)` are from a separate, longer run on 2026-01-31: \
         2 processors, load 0.10; load at the end 0.20; 42 minutes. ",
        "| 20 ms | 5000 | apply | 5050 | 10.10 s | 480.00 s | 0.50 s | 20.00 s | 10.0 MiB | 1 (separate) |",
        "| 20 ms | 5000 | plan | 101 | 0.20 s | 20.00 s | 0.50 s | 20.00 s | 10.0 MiB | 1 |",
        "| 20 ms | 1000 → 5000 | 5 | plan | 0.1 |",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert!(!text.contains("90.00 s"), "{text}");
    assert!(!report.is_complete_with_added(OWN, case), "destroy is missing");
    let rest = [
        added(Operation::PlanWithoutRefresh, 30.0),
        added(Operation::Destroy, 500.0),
    ];
    report.added[0].measurements.extend(rest);
    assert!(report.is_complete_with_added(OWN, case));
    report.measurements.append(&mut report.added[0].measurements);
    assert!(!report.is_complete_with_added(OWN, case), "nothing is added");
}

#[test]
fn report_states_whether_each_target_is_met() {
    let start = |line, size| Start {
        line,
        resident: 5 * 1024,
        anonymous: 1024,
        size,
    };
    let run = |case, provider: &str, stats| TargetCaseRun {
        case,
        provider: provider.to_owned(),
        stats,
    };
    let refused = RunStats {
        refused: 15,
        ..stats(15.0, 300)
    };
    let report = Report {
        starts: Some(Starts {
            own: start(1.0, 9_000_000),
            other: start(20.0, 10_000_000),
            other_name: "another".to_owned(),
        }),
        target_case_runs: vec![
            run(TargetCase::ThousandTokens, OWN, stats(3.0, 20)),
            run(TargetCase::ThousandTokens, "other", stats(4.0, 1010)),
            run(TargetCase::OneAccount, OWN, stats(1.0, 6)),
            run(TargetCase::Creations, OWN, refused),
        ],
        ..Report::default()
    };
    let text = report.markdown();
    for expected in [
        "| plan of 1,000 tokens of 10 accounts: requests | ≤ 25 | 20 | met |  |",
        "| plan of 500 tokens of one account: requests | ≤ 5 | 6 | not met | see the findings |",
        "| plan of 200 accounts with Ducklings: requests | ≤ 210 |  | not measured |",
        "Terraform's | ≤ 5 % | 2.5 % (0.50 s of 20.00 s) | met |",
        "responses 429 | < 5 % | 5.0 % (15 of 300) | met |",
        "the whole apply | ≤ 1.1 × the ideal | 1.05 × (15.0 s, ideal 14.2 s) | met |",
        "| start: time to the handshake line, beside another | ≤ 0.10 | 0.050 | met |",
        "| size of the program, beside another | ≤ 0.30 | 0.900 | not met | unwinding",
        "wall time, beside other | ≤ 0.40 | 0.75 (3.00 and 4.00) | not met |",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}
