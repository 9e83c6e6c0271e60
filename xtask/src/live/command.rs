//! Runs the checks and the life cycle, and cleans up in every case.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use motherduck_conformity::{Outcome, Row, Suite, Summary, Target, Time, table};
use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator};

use super::life_cycle::life_cycle;
use super::options::{Options, SERVICE};
use crate::cli::{Cli, Environment, target_dir_of};
use crate::programs::{Failure, Interrupts, Programs, build};
use crate::workspace;

/// The interval at which the command checks for a signal.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Runs the suite and prints its table. The exit code is 0 only if nothing failed and no object remained.
pub fn run(environment: &Environment, options: &Options) -> ExitCode {
    match check(environment, options) {
        Ok(code) => code,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn check(environment: &Environment, options: &Options) -> Result<ExitCode, String> {
    let organization = options.organization(environment)?;
    let interrupts = Interrupts::install().map_err(|error| error.to_string())?;
    let sources = workspace::root();
    let programs = match build(environment, &sources, &interrupts) {
        Err(interrupted @ Failure::Interrupted { .. }) => return Ok(ExitCode::from(interrupted.exit_code())),
        programs => programs.map_err(|error| error.to_string())?,
    };
    let (emulator, target) = match organization {
        Some(target) => (None, target),
        None => emulator().map(|(emulator, target)| (Some(emulator), target))?,
    };
    let suite = Suite::new(target.clone()).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;

    let name = name_of(&target, emulator.as_ref());
    eprintln!("Checking {name}. Only accounts named tfprobe_<random> are created and removed.");
    let began = Instant::now();
    let rows = RefCell::new(Vec::new());
    runtime.block_on(async {
        let run = suite.run(|row| eprintln!("{}: {}", row.name, row.outcome));
        tokio::select! {
            all = run => *rows.borrow_mut() = all,
            () = interruption(&interrupts) => {}
        }
    });
    if interrupts.check().is_ok() {
        // The accounts are deleted even after a panic here.
        let row = catch_unwind(AssertUnwindSafe(|| {
            provider(&suite, &target, environment, &programs, &interrupts)
        }));
        rows.borrow_mut().push(row.unwrap_or_else(|_| Row {
            name: "the provider's life cycle".to_owned(),
            question: None,
            outcome: Outcome::Fail("the check itself is wrong: it panicked".to_owned()),
        }));
    }
    let left = runtime.block_on(suite.clean_up());
    for account in &left {
        eprintln!("The account {account} could not be removed. Remove it by hand.");
    }
    if let Err(interrupted) = interrupts.check() {
        eprintln!("Interrupted. Accounts that were left: {}", left.len());
        return Ok(ExitCode::from(interrupted.exit_code()));
    }
    let rows = rows.into_inner();
    let summary = Summary::of(&rows);
    println!(
        "{name}: {} requests in {} s; {} passed, {} failed, {} found, {} skipped; {} accounts left\n\n{}",
        suite.requests(),
        began.elapsed().as_secs(),
        summary.passed,
        summary.failed,
        summary.found,
        summary.skipped,
        left.len(),
        table(&rows)
    );
    let is_good = summary.failed == 0 && left.is_empty();
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn emulator() -> Result<(Emulator, Target), String> {
    let emulator = Emulator::builder()
        .start_blocking()
        .map_err(|error| error.to_string())?;
    let target = Target {
        base_url: emulator.url(),
        token: DEFAULT_ADMIN_TOKEN.into(),
        time: Time::Emulator,
        person: None,
    };
    Ok((emulator, target))
}

/// Returns the name of the target in a report. An address may identify an organization, so it is not printed.
fn name_of(target: &Target, emulator: Option<&Emulator>) -> &'static str {
    match emulator {
        Some(_) => "the emulator",
        None if target.base_url == SERVICE => "api.motherduck.com",
        None => "another address",
    }
}

async fn interruption(interrupts: &Interrupts) {
    while interrupts.check().is_ok() {
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

fn provider(
    suite: &Suite,
    target: &Target,
    environment: &Environment,
    programs: &Programs,
    interrupts: &Interrupts,
) -> Row {
    let not_made = |outcome| Row {
        name: "the provider creates, reads, rotates and destroys".to_owned(),
        question: None,
        outcome,
    };
    let folder = target_dir_of(&programs.provider).unwrap_or_else(|| workspace::root().join("target"));
    let Ok(cli) = Cli::find(environment, &folder) else {
        return not_made(Outcome::Skipped("no Terraform or OpenTofu was found".to_owned()));
    };
    match tempfile::Builder::new().prefix("motherduck-live-").tempdir() {
        Ok(folder) => life_cycle(
            suite,
            target,
            &cli,
            environment,
            &programs.provider,
            folder.path(),
            interrupts,
        ),
        Err(error) => not_made(Outcome::Fail(format!("there is no scratch folder: {error}"))),
    }
}
