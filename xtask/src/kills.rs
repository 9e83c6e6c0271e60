//! `cargo xtask kills`: kills or interrupts Terraform, the provider and the emulator at random moments of a
//! run, and counts the objects that remain.
//!
//! Each interruption has its own organization, folder and emulator, so several can run in parallel. The emulator
//! carries out a write at once and responds 0.3 to 1.5 seconds later, so that responses are pending at most
//! interruptions.

mod configuration;
mod emulator;
mod kinds;
mod outcome;
mod processes;
mod sandbox;
mod tally;
mod token;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{slice, thread};

use clap::{Args, ValueEnum as _};

pub use self::kinds::Kind;
use self::kinds::Phase;
use self::sandbox::Sandbox;
use self::tally::Tally;
use crate::cli::{Cli, Environment, Feature, target_dir_of};
use crate::programs::{Failure, Interrupts, Programs, build};
use crate::signals::reset_ignored_for_children;
use crate::workspace;

/// The latest moment of an interruption after the first write. By then the last response is being sent, or was sent.
const LATEST_MS: u64 = 1800;

/// The flags of `cargo xtask kills`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// The number of interruptions: each kills processes or sends them a signal to end
    #[arg(long, default_value_t = 300)]
    pub interruptions: usize,

    /// The number of interruptions in parallel; most of the time they wait
    #[arg(long, default_value_t = 4)]
    pub parallel: usize,

    /// The seed of the random moments
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Only interruptions of this kind, as the table names it
    #[arg(long, value_name = "KIND")]
    pub only: Option<Kind>,

    /// Use this provider instead of building one
    #[arg(long, value_name = "FILE", requires = "emulator")]
    pub provider: Option<PathBuf>,

    /// Use this emulator instead of building one
    #[arg(long, value_name = "FILE", requires = "provider")]
    pub emulator: Option<PathBuf>,
}

/// Runs the interruptions and prints the table. The exit code is 0 only if every remaining token was named and no
/// object was lost.
pub fn run(environment: &Environment, options: &Options) -> ExitCode {
    let interrupts = Interrupts::install().map_err(Failure::io("listen for signals"));
    match interrupts.and_then(|interrupts| interrupt_all(environment, options, &interrupts)) {
        Ok(tally) => {
            println!("{tally}");
            if tally.is_met() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(why.exit_code())
        }
    }
}

/// Runs the interruptions as a part of a test. Returns the table if they met their targets.
///
/// # Errors
/// The table if they did not, or why there is none.
pub fn check(environment: &Environment, options: &Options) -> Result<String, String> {
    match interrupt_all(environment, options, &Interrupts::default()) {
        Ok(tally) if tally.is_met() => Ok(tally.to_string()),
        Ok(tally) => Err(tally.to_string()),
        Err(why) => Err(why.to_string()),
    }
}

fn interrupt_all(
    environment: &Environment,
    options: &Options,
    interrupts: &Interrupts,
) -> Result<Tally, Failure> {
    reset_ignored_for_children().map_err(Failure::io("reset ignored signals"))?;
    let kinds = options
        .only
        .as_ref()
        .map_or(Kind::value_variants(), slice::from_ref);
    let programs = match (&options.provider, &options.emulator) {
        (Some(provider), Some(emulator)) => Programs {
            provider: provider.clone(),
            emulator: emulator.clone(),
        },
        _ => build(environment, &workspace::root(), interrupts)?,
    };
    let target = target_dir_of(&programs.provider).unwrap_or_else(|| "target".into());
    let cli = Cli::find(environment, &target)?;
    let phases: Vec<Phase> = Phase::value_variants()
        .iter()
        .copied()
        .filter(|phase| *phase != Phase::Ephemeral || Feature::Ephemeral.is_in(&cli))
        .collect();

    let began = Instant::now();
    let next = AtomicUsize::new(0);
    let tally = Mutex::new(Tally::default());
    let failure = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..options.parallel.clamp(1, options.interruptions.max(1)) {
            scope.spawn(|| {
                let interruptions = || {
                    let mut sandbox = Sandbox::new(&cli, environment, &programs)?;
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        let is_over = interrupts.check().is_err() || lock(&failure).is_some();
                        if number >= options.interruptions || is_over {
                            return Ok(());
                        }
                        let kind = kinds[number % kinds.len()];
                        let phase = phases[(number / kinds.len() + number) % phases.len()];
                        let outcome = sandbox.interrupt(kind, phase, moment(options.seed, number))?;
                        println!("{:>4}  {outcome}", number + 1);
                        lock(&tally).add(number + 1, outcome);
                    }
                };
                if let Err(why) = interruptions() {
                    lock(&failure).get_or_insert(why);
                }
            });
        }
    });
    interrupts.check()?;
    if let Some(why) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(why);
    }
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.took = began.elapsed();
    Ok(tally)
}

/// The time from the first write to the interruption: random, and the same for the same seed.
fn moment(seed: u64, interruption: usize) -> Duration {
    let mut hasher = DefaultHasher::new();
    (seed, interruption).hash(&mut hasher);
    Duration::from_millis(hasher.finish() % LATEST_MS)
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
