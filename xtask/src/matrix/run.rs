//! Runs the matrix from the build to the last cell.

use std::path::Path;
use std::time::Instant;

use super::results::{self, build, list};
use super::rows::{Row, rows};
use super::table::{Cell, table};
use crate::cli::{Cli, Environment, RELEASES, target_dir_of};
use crate::programs::Failure;
use crate::workspace;

/// Prepares every Terraform, runs the tests with each and prints the matrix on standard output. Progress and
/// the output of failed tests go to standard error. `all` includes the tests of features that every Terraform
/// has. Returns whether all tests passed.
pub fn run(environment: &Environment, all: bool) -> Result<bool, String> {
    fill(environment, all).map_err(|failure| format!("matrix: {failure}"))
}

/// Returns whether all cells passed.
fn fill(environment: &Environment, all: bool) -> Result<bool, Failure> {
    let workspace = workspace::root();
    let tests = build(environment, &workspace)?;
    let target = target_dir_of(&tests).unwrap_or_else(|| workspace.join("target"));
    // All versions are prepared before the first test, so that a missing one is reported within a minute.
    let clis = RELEASES
        .into_iter()
        .map(|release| Cli::prepare(environment, &target, release))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = rows(&list(environment, &tests, &workspace)?, all);

    let columns = clis
        .iter()
        .map(|cli| column(environment, &tests, &workspace, cli, &rows))
        .collect::<Result<Vec<_>, _>>()?;
    let versions: Vec<&str> = clis.iter().map(Cli::version).collect();
    let lines: Vec<(&str, Vec<Cell>)> = rows
        .iter()
        .enumerate()
        .map(|(line, row)| {
            let cells = columns.iter().map(|column| column[line]).collect();
            (row.feature.as_str(), cells)
        })
        .collect();
    println!("{}", table(&versions, &lines));
    Ok(!columns.into_iter().flatten().any(|cell| cell == Cell::Failed))
}

/// Returns the cells of one Terraform from top to bottom.
fn column(
    environment: &Environment,
    tests: &Path,
    workspace: &Path,
    cli: &Cli,
    rows: &[Row],
) -> Result<Vec<Cell>, Failure> {
    let rows_here: Vec<&Row> = rows.iter().filter(|row| row.is_for(cli.version())).collect();
    let began = Instant::now();
    let results = results::run(environment, tests, workspace, cli, &rows_here)?;
    let cells: Vec<Cell> = rows
        .iter()
        .map(|row| match row {
            row if !row.is_for(cli.version()) => Cell::Absent,
            row if results.is_ok(row) => Cell::Ok,
            _ => Cell::Failed,
        })
        .collect();
    let failed = cells.contains(&Cell::Failed);
    if failed {
        eprintln!("{}", results.output);
    }
    eprintln!(
        "Terraform {}: {} ({} in {} s)",
        cli.version(),
        if failed { "FAILED" } else { "ok" },
        match rows_here.iter().map(|row| row.stories.len()).sum() {
            1 => "one story".to_owned(),
            many => format!("{many} stories"),
        },
        began.elapsed().as_secs(),
    );
    Ok(cells)
}
