//! Runs the checks and the life cycle, and cleans up in every case.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use motherduck_conformity::{Outcome, Row, Suite, Summary, Target, Time, table};
use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator};

use super::life_cycle::{self, life_cycle};
use super::options::{Options, SERVICE};
use crate::cli::{Cli, Environment, target_dir_of};
use crate::programs::{Failure, Interrupts, Programs, build};
use crate::workspace;

/// The interval at which the command checks for a signal.
const POLLING_INTERVAL: Duration = Duration::from_millis(20);

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
    // The emulator runs until the end of the checks.
    let (name, _emulator, target) = match organization {
        // An address may identify an organization, so it is not printed.
        Some(target) if target.base_url == SERVICE => ("api.motherduck.com", None, target),
        Some(target) => ("another address", None, target),
        None => {
            let emulator = Emulator::builder().start_blocking();
            let emulator = emulator.map_err(|error| error.to_string())?;
            let target = Target {
                base_url: emulator.url(),
                token: DEFAULT_ADMIN_TOKEN.into(),
                time: Time::Emulator,
                person: None,
            };
            ("the emulator", Some(emulator), target)
        }
    };
    let suite = Suite::new(target.clone()).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;

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
        let panicked = || life_cycle::row(Outcome::Fail("the check itself is wrong: it panicked".to_owned()));
        rows.borrow_mut().push(row.unwrap_or_else(|_| panicked()));
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
    let summary = Summary::count(&rows);
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

async fn interruption(interrupts: &Interrupts) {
    while interrupts.check().is_ok() {
        tokio::time::sleep(POLLING_INTERVAL).await;
    }
}

fn provider(
    suite: &Suite,
    target: &Target,
    environment: &Environment,
    programs: &Programs,
    interrupts: &Interrupts,
) -> Row {
    let folder = target_dir_of(&programs.provider).unwrap_or_else(|| workspace::root().join("target"));
    let Ok(cli) = Cli::find(environment, &folder) else {
        return life_cycle::row(Outcome::Skipped("no Terraform or OpenTofu was found".to_owned()));
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
        Err(error) => life_cycle::row(Outcome::Fail(format!("there is no scratch folder: {error}"))),
    }
}
