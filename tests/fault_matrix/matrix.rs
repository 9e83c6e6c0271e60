//! Generates the cells and runs them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use motherduck_emulator::{FaultKind, LoggedRequest};
use serde_json::{Value as Json, json};

use crate::check::{Broken, Rule};
use crate::exemptions::EXEMPTIONS;
use crate::host::Session;
use crate::operations::{self, Operation, seed};
use crate::organization::Organization;
use crate::{cell, pool};

/// How many of the failed cells are printed in full.
const SHOWN: usize = 40;

/// README.md states that there are more cells than this.
const DOCUMENTED: usize = 15_000;

/// The kinds of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// One fault at one request, once or from then on.
    Single,
    /// A fault of a write, and a fault of a later request.
    Pair,
    /// One fault at every request.
    Everywhere,
}

/// An operation with fault rules.
struct Cell<'a> {
    part: Part,
    operation: &'a Operation,
    label: String,
    rules: Json,
}

/// A request of an operation: the nth with this method and path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    method: String,
    /// Contains `*` in place of ids, which differ from run to run.
    path: String,
    nth: usize,
}

/// How often a fault occurs.
#[derive(Debug, Clone, Copy)]
enum Often {
    Once,
    ForEver,
}

impl Call {
    fn all(requests: &[LoggedRequest]) -> Vec<Call> {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        let requests = requests.iter();
        requests
            .map(|request| {
                let (method, path) = (request.method.clone(), without_ids(&request.path));
                let nth = counts.entry((method.clone(), path.clone())).or_default();
                *nth += 1;
                Call {
                    method,
                    path,
                    nth: *nth,
                }
            })
            .collect()
    }

    fn is_write(&self) -> bool {
        self.method != "GET"
    }

    /// Whether another call has the same method and path.
    fn is_alike(&self, other: &Call) -> bool {
        (&self.method, &self.path) == (&other.method, &other.path)
    }

    fn rule(&self, fault: &Json, often: Often) -> Json {
        let count = match often {
            Often::Once => 1,
            Often::ForEver => u32::MAX,
        };
        json!({ "method": self.method, "path": self.path, "nth": self.nth, "count": count, "fault": fault })
    }

    fn label(&self, fault: &Json, often: Often) -> String {
        format!("{} {} #{} {often:?} {fault}", self.method, self.path, self.nth)
    }
}

fn without_ids(path: &str) -> String {
    let is_id =
        |segment: &&str| segment.len() == 36 && segment.bytes().filter(|byte| *byte == b'-').count() == 4;
    let segments = path
        .split('/')
        .map(|segment| if is_id(&segment) { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Returns all faults.
fn faults() -> Vec<Json> {
    FaultKind::ALL.iter().flat_map(|kind| kind.examples()).collect()
}

/// Returns the faults of pairs: one of each kind, and more only if they lead to different outcomes. Cells
/// with a single fault cover the other parameters.
fn faults_of_pairs() -> Vec<Json> {
    let of_kind = |kind: &FaultKind| {
        let examples = kind.examples();
        match kind {
            FaultKind::Status => vec![
                json!({ "kind": "status", "status": 404 }),
                json!({ "kind": "status", "status": 503 }),
            ],
            // The slow ones, for which a client does not wait.
            FaultKind::Delay | FaultKind::Trickle => examples.into_iter().skip(1).collect(),
            FaultKind::LateCommit => examples.into_iter().skip(2).collect(),
            _ => examples.into_iter().take(1).collect(),
        }
    };
    FaultKind::ALL.iter().flat_map(of_kind).collect()
}

fn singles<'a>(operation: &'a Operation, calls: &[Call]) -> Vec<Cell<'a>> {
    let mut found = Vec::new();
    for call in calls {
        for fault in faults() {
            for often in [Often::Once, Often::ForEver] {
                found.push(Cell {
                    part: Part::Single,
                    operation,
                    label: format!("{} | {}", operation.label(), call.label(&fault, often)),
                    rules: json!([call.rule(&fault, often)]),
                });
            }
        }
    }
    found
}

fn everywhere(operation: &Operation) -> Vec<Cell<'_>> {
    let faults = faults().into_iter();
    faults
        .map(|fault| Cell {
            part: Part::Everywhere,
            operation,
            label: format!("{} | every call {fault}", operation.label()),
            rules: json!([{ "fault": fault }]),
        })
        .collect()
}

/// Writes with a fault. The requests after them are recorded.
struct FaultyWrite<'a> {
    operation: &'a Operation,
    write: Call,
    fault: Json,
}

impl<'a> FaultyWrite<'a> {
    fn rules(&self) -> Json {
        json!([self.write.rule(&self.fault, Often::Once)])
    }

    /// Returns the first request of each kind that follows the write.
    fn later_calls(&self, requests: &[LoggedRequest]) -> Vec<Call> {
        let calls = Call::all(requests);
        let faulty = calls.iter().position(|call| *call == self.write);
        let after = faulty.map_or(&[][..], |at| &calls[at + 1..]);
        let mut later_calls: Vec<Call> = Vec::new();
        for call in after {
            if !later_calls.iter().any(|known| known.is_alike(call)) {
                later_calls.push(call.clone());
            }
        }
        later_calls
    }

    fn pairs(&self, requests: &[LoggedRequest]) -> Vec<Cell<'a>> {
        let mut cells = Vec::new();
        for later in self.later_calls(requests) {
            for fault in faults_of_pairs() {
                // A read is repeated until it succeeds. Cells with a single fault cover a write that fails
                // once.
                let often = if later.is_write() {
                    &[Often::ForEver][..]
                } else {
                    &[Often::Once, Often::ForEver]
                };
                for &often in often {
                    cells.push(Cell {
                        part: Part::Pair,
                        operation: self.operation,
                        label: format!(
                            "{} | {} | then {}",
                            self.operation.label(),
                            self.write.label(&self.fault, Often::Once),
                            later.label(&fault, often)
                        ),
                        rules: json!([
                            self.write.rule(&self.fault, Often::Once),
                            later.rule(&fault, often),
                        ]),
                    });
                }
            }
        }
        cells
    }
}

/// Generates all cells from runs that record the requests of each operation.
fn cells<'a>(operations: &'a [Operation], schemas: &'a Session) -> Vec<Cell<'a>> {
    let calls: Vec<Vec<Call>> = pool::each(operations, |operation| async move {
        Call::all(&cell::record(operation, &json!([]), schemas).await)
    })
    .into_iter()
    .zip(operations)
    .map(|(calls, operation)| calls.unwrap_or_else(|panic| panic!("{}: {panic}", operation.label())))
    .collect();
    let recorded = || operations.iter().zip(&calls);

    let mut faulty = Vec::new();
    // A replacement is a deletion and a creation, which are operations of their own.
    for (operation, calls) in recorded().filter(|(operation, _)| !operation.is_replacement()) {
        for write in calls.iter().filter(|call| call.is_write()) {
            let write = write.clone();
            faulty.extend(faults_of_pairs().into_iter().map(|fault| FaultyWrite {
                operation,
                write: write.clone(),
                fault,
            }));
        }
    }
    let followed = pool::each(&faulty, |faulty: &FaultyWrite<'_>| {
        let (operation, rules) = (faulty.operation, faulty.rules());
        async move { cell::record(operation, &rules, schemas).await }
    });
    let pairs = faulty.iter().zip(followed).flat_map(|(faulty, requests)| {
        let requests = requests.unwrap_or_else(|panic| panic!("{}: {panic}", faulty.operation.label()));
        faulty.pairs(&requests)
    });
    let singles = recorded().flat_map(|(operation, calls)| singles(operation, calls));
    let with_calls = recorded().filter(|(_, calls)| !calls.is_empty());
    let everywhere = with_calls.flat_map(|(operation, _)| everywhere(operation));
    singles.chain(pairs).chain(everywhere).collect()
}

#[test]
fn operations_satisfy_all_rules_with_every_fault() {
    let started = Instant::now();
    let (schemas, missing) = pool::run_alone(async {
        let process = Organization::new(&seed()).await.first_provider().await;
        let missing = operations::missing(&process.session).await;
        (process.session, missing)
    })
    .unwrap();
    assert!(missing.is_empty(), "no operation for {missing:#?}");

    let operations = operations::all();
    let mut cells = cells(&operations, &schemas);
    let recorded = started.elapsed();
    let (wanted, every) = (variable("MATRIX"), variable("MATRIX_EVERY"));
    let is_whole = wanted.is_empty() && every.is_empty();
    let mut number = 0;
    cells.retain(|cell| {
        number += 1;
        let is_wanted = format!("{:?} {}", cell.part, cell.label).contains(&wanted);
        is_wanted && number % every.parse().unwrap_or(1) == 0
    });
    let mut counts: BTreeMap<Part, usize> = BTreeMap::new();
    for cell in &cells {
        *counts.entry(cell.part).or_default() += 1;
    }
    let outcomes = pool::each(&cells, |cell: &Cell<'_>| {
        let (operation, rules, schemas) = (cell.operation, cell.rules.clone(), &schemas);
        async move { cell::run(operation, &rules, schemas).await }
    });

    let mut report = String::new();
    let mut broken_by: BTreeMap<(Part, Rule), usize> = BTreeMap::new();
    let mut used = BTreeSet::new();
    let mut shown = 0;
    for (cell, outcome) in cells.iter().zip(outcomes) {
        let broken = outcome.unwrap_or_else(|panic| vec![Broken::new(Rule::Protocol, panic)]);
        let mut left = Vec::new();
        for broken in broken {
            let exempt = EXEMPTIONS
                .iter()
                .position(|exemption| exemption.allows(broken.rule, &cell.label));
            match exempt {
                Some(index) => {
                    used.insert(index);
                }
                None => left.push(broken),
            }
        }
        for broken in &left {
            *broken_by.entry((cell.part, broken.rule)).or_default() += 1;
        }
        if !left.is_empty() {
            shown += 1;
            if shown <= SHOWN || !is_whole {
                let _ = writeln!(report, "{}", cell.label);
                for broken in &left {
                    let _ = writeln!(report, "    {broken}");
                }
            }
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "fault matrix: {counts:?}, {} cells of {} operations in {:.0?} ({:.0?} of it to record)",
        cells.len(),
        operations.len(),
        started.elapsed(),
        recorded,
    );
    assert!(broken_by.is_empty(), "{broken_by:#?} in {shown} cells\n{report}");
    if is_whole {
        let unused = EXEMPTIONS.len() - used.len();
        assert_eq!(unused, 0, "exemptions that no cell needs; needed are {used:?}");
        assert!(cells.len() > DOCUMENTED, "README.md states more cells");
    }
}

/// Reads an environment variable that a developer may set.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
