//! The whole run: build, start, cases, page.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::machine;
use super::options::Options;
use super::plot;
use super::report::{PLOTS, Report};
use super::scale::{self, Case};
use super::start::{go_provider, starts};
use super::subject::Subject;
use crate::cli::{Cli, Environment, target_dir_of};
use crate::package::{self, Profile};
use crate::workspace;

/// Cases of more tokens run once.
const SMALL: usize = 100;

/// Measures, writes the page and the plots, and shows progress on standard error.
pub fn run(environment: &Environment, options: &Options) -> ExitCode {
    match bench(environment, options) {
        Ok(page) => {
            println!("{}", page.display());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn bench(environment: &Environment, options: &Options) -> Result<PathBuf, Failure> {
    let sources = workspace::root();
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => package::provider(environment, &sources, Profile::Release)
            .map_err(|error| Failure::new("build the provider", error))?,
    };
    let target = std::env::current_exe()
        .ok()
        .and_then(|program| target_dir_of(&program));
    let target = target.unwrap_or_else(|| sources.join("target"));
    let cli = Cli::find(environment, &target).map_err(|error| Failure::new("find a CLI", error))?;
    let machine = machine::described();
    eprintln!("{machine}");

    let began = Instant::now();
    let mut left_out = Vec::new();
    eprintln!("start of the process");
    let starts = match go_provider(environment) {
        Ok(go) => {
            let starts = starts(&[&binary, &go])?;
            starts.first().copied().zip(starts.get(1).copied())
        }
        Err(failure) => {
            left_out.push(format!("the start: {failure}"));
            None
        }
    };
    let subjects = subjects(binary, options)?;
    let limit = Duration::from_secs(options.minutes * 60);
    let mut measurements = Vec::new();
    let cases = cases(options);
    for (number, (case, repeats)) in cases.iter().enumerate() {
        for repeat in 1..=*repeats {
            for subject in &subjects {
                let what = format!(
                    "{} tokens at {} ms, {} ({repeat} of {repeats})",
                    case.tokens, case.latency, subject.name
                );
                if began.elapsed() > limit {
                    left_out.push(format!("{what}: {} minutes were over", options.minutes));
                    continue;
                }
                let progress = |operation: &str| {
                    let seconds = began.elapsed().as_secs();
                    eprintln!(
                        "[{seconds:>4} s, case {} of {}] {what}: {operation}",
                        number + 1,
                        cases.len()
                    );
                };
                match scale::run(environment, &cli, subject, *case, &progress) {
                    Ok(taken) => measurements.extend(taken),
                    // The other cases are measured all the same.
                    Err(failure) => {
                        eprintln!("{failure}");
                        left_out.push(format!("{what}: an operation failed"));
                    }
                }
            }
        }
    }
    let report = Report {
        machine,
        load: machine::load(),
        cli: format!("{} {}", cli.name(), cli.version()),
        starts,
        measurements,
        left_out,
    };
    write(options, &report)
}

/// This provider, and the other one if there is one.
fn subjects(binary: PathBuf, options: &Options) -> Result<Vec<Subject>, Failure> {
    let mut subjects = vec![Subject::own(binary)];
    if let (Some(other), Some(config), Some(address)) = (
        &options.against,
        &options.against_config,
        &options.against_address,
    ) {
        let configuration =
            fs::read_to_string(config).map_err(Failure::io(format!("read {}", config.display())))?;
        subjects.push(Subject::other(other.clone(), address.clone(), configuration));
    }
    Ok(subjects)
}

/// The cases, small ones first, with the number of their runs.
fn cases(options: &Options) -> Vec<(Case, usize)> {
    let mut sizes = options.sizes.clone();
    sizes.sort_unstable();
    let mut cases = Vec::new();
    for tokens in sizes.into_iter().filter(|tokens| *tokens > 0) {
        for latency in &options.latencies {
            let repeats = if tokens <= SMALL {
                options.repeats.max(1)
            } else {
                1
            };
            cases.push((
                Case {
                    tokens,
                    latency: *latency,
                },
                repeats,
            ));
        }
    }
    cases
}

fn write(options: &Options, report: &Report) -> Result<PathBuf, Failure> {
    let plots = options.out.join("performance");
    fs::create_dir_all(&plots).map_err(Failure::io(format!("create {}", plots.display())))?;
    for (file, title, unit) in PLOTS {
        plot::draw(
            &plots.join(format!("{file}.svg")),
            title,
            unit,
            &report.lines(file),
        )?;
    }
    let page = options.out.join("performance.md");
    fs::write(&page, report.markdown()).map_err(Failure::io(format!("write {}", page.display())))?;
    Ok(page)
}
