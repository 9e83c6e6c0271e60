//! The whole run: build, start, cases, page. The most important measurements run first.

use std::path::PathBuf;
use std::{env, fs, io, iter};

use super::budget::{Budget, estimate};
use super::figures::number;
use super::measured_provider::{MeasuredProvider, OWN};
use super::options::{Options, Part};
use super::report::{PLOTS, Report, Starts, TargetCaseRun};
use super::sandbox::Context;
use super::saved_run::{Conditions, SavedRun};
use super::scale::{Case, Measurement, Operation};
use super::seeded::Template;
use super::start::{go_provider, starts};
use super::target_cases::TargetCase;
use super::{calls, machine, plot};
use crate::cli::{Cli, Environment, own_target_dir};
use crate::package::{self, Profile};
use crate::programs::{Failure, cargo};
use crate::workspace;

/// Cases with more tokens run once.
const SMALL: usize = 100;

/// Cases with more tokens are applied at the end, if there is time.
const APPLIED: usize = 1000;

/// The approximate seconds for counting the instructions of single calls, including the build.
const CALLS: f64 = 150.0;

/// Measures, and prints progress on standard error. Returns the path of the written page, or of the file of `--save`.
pub fn run(environment: &Environment, options: &Options) -> Result<PathBuf, String> {
    bench(environment, options).map_err(|failure| format!("bench: {failure}"))
}

/// Runs this command again, with its arguments, in a build with optimizations. Returns whether it succeeded.
pub fn run_optimized(environment: &Environment) -> Result<bool, String> {
    let failed = |reason: io::Error| format!("bench: could not start its optimized build: {reason}");
    let folder = env::current_dir().map_err(failed)?;
    let status = cargo(environment, &folder)
        .args(["run", "--quiet", "--release", "--package", "xtask", "--"])
        .args(env::args_os().skip(1))
        .status()
        .map_err(failed)?;
    Ok(status.success())
}

fn bench(environment: &Environment, options: &Options) -> Result<PathBuf, Failure> {
    let budget = Budget::of_minutes(options.minutes);
    let sources = workspace::root();
    let target = own_target_dir().unwrap_or_else(|| sources.join("target"));
    let cli = Cli::find(environment, &target).map_err(|error| Failure::new("find a CLI", error))?;
    let conditions = Conditions::at_start(format!("{} {}", cli.name(), cli.version()));
    let names: Vec<&str> = iter::once(OWN)
        .chain(options.against_address.as_deref())
        .collect();
    if let Some(file) = options.save.as_ref().filter(|file| file.exists()) {
        let reason =
            "it exists, and may contain the measurements of another run; delete it or choose another name";
        return Err(Failure::new(format!("save to {}", file.display()), reason));
    }
    let added = options
        .add
        .iter()
        .map(|file| SavedRun::read(file, &conditions, &names));
    let added = added.collect::<Result<_, _>>()?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => package::provider(environment, &sources, Profile::Release)
            .map_err(|error| Failure::new("build the provider", error))?,
    };
    let providers = providers(binary, options)?;
    let mut run = Run {
        context: Context {
            environment,
            cli: &cli,
        },
        options,
        budget,
        providers: &providers,
        report: Report {
            conditions,
            added,
            ..Report::default()
        },
    };
    run.save()?;
    let conditions = &run.report.conditions;
    eprintln!("{}, load {}", conditions.machine, conditions.load);
    run.start();
    run.targets();
    run.calls();
    run.scale();
    run.save()?;
    match &options.save {
        Some(file) => Ok(file.clone()),
        None => write(options, &run.report),
    }
}

/// Returns this provider, and the other one if there is one.
fn providers(binary: PathBuf, options: &Options) -> Result<Vec<MeasuredProvider>, Failure> {
    let mut providers = vec![MeasuredProvider::own(binary)];
    if let (Some(other), Some(config), Some(address)) = (
        &options.against,
        &options.against_config,
        &options.against_address,
    ) {
        let configuration =
            fs::read_to_string(config).map_err(Failure::io(format!("read {}", config.display())))?;
        providers.push(MeasuredProvider {
            name: address.clone(),
            binary: other.clone(),
            address: address.clone(),
            version: "0.0.1",
            configuration,
        });
    }
    Ok(providers)
}

struct Run<'a> {
    context: Context<'a>,
    options: &'a Options,
    budget: Budget,
    providers: &'a [MeasuredProvider],
    report: Report,
}

impl Run<'_> {
    fn progress(&self, what: &str) {
        eprintln!("[{:>4} s] {what}", self.budget.seconds());
    }

    /// Whether a part runs. The page lists the parts that do not run.
    fn has(&mut self, part: Part, what: &str) -> bool {
        let has = self.options.has(part);
        if !has {
            self.skip(what, "not asked for (`--only`)");
        }
        has
    }

    /// Whether there is time for a step. The page lists the steps that were left out.
    fn has_time_for(&mut self, what: &str, seconds: f64) -> bool {
        match self.budget.refuses(seconds) {
            Some(reason) => {
                self.skip(what, &reason);
                false
            }
            None => true,
        }
    }

    fn skip(&mut self, what: &str, reason: &str) {
        self.progress(&format!("{what} is left out: {reason}"));
        let first = reason.lines().next().unwrap_or_default();
        self.report.skipped.push(format!("{what}: {first}"));
    }

    /// Records a failed case. The other cases are still measured.
    fn failed(&mut self, what: &str, failure: &Failure) {
        eprintln!("{failure}");
        self.skip(what, &failure.to_string());
    }

    /// Measures the start of the process, and that of the other provider or of one written in Go.
    fn start(&mut self) {
        if !self.has(Part::Start, "the start of the process") {
            return;
        }
        self.progress("the start of the process");
        let other = match self.providers.get(1) {
            Some(other) => Ok((other.name.clone(), other.binary.clone())),
            None => go_provider(self.context.environment),
        };
        let own = &self.providers[0].binary;
        let measured = other.and_then(|(other_name, program)| {
            let [own, other] = starts([own.as_path(), &program])?;
            Ok(Starts {
                own,
                other,
                other_name,
            })
        });
        match measured {
            Ok(starts) => self.report.starts = Some(starts),
            Err(failure) => self.failed("the start of the process", &failure),
        }
    }

    fn targets(&mut self) {
        if !self.has(Part::Targets, "the cases of the targets") {
            return;
        }
        for case in TargetCase::ALL {
            let title = case.title();
            if !self.has_time_for(title, 0.0) {
                continue;
            }
            let mut templates = Vec::new();
            for provider in self.providers {
                if provider.is_own() || case.runs_other_providers() {
                    match case.template(self.context, provider) {
                        Ok(template) => templates.push((provider, template)),
                        Err(failure) => self.failed(&format!("{title}, {}", provider.name), &failure),
                    }
                }
            }
            let repeats = case.repeats();
            for repeat in 1..=repeats {
                for (provider, template) in &templates {
                    let what = format!("{title}, {} ({repeat} of {repeats})", provider.name);
                    self.progress(&what);
                    match case.run(self.context, provider, template) {
                        Ok(stats) => self.report.target_case_runs.push(TargetCaseRun {
                            case,
                            provider: provider.name.clone(),
                            stats,
                        }),
                        Err(failure) => self.failed(&what, &failure),
                    }
                }
            }
        }
    }

    /// Plans the first large case, applies the others, plans the rest of the large ones, and applies all of these if there
    /// is time. A saved run plans no large case before its apply.
    fn scale(&mut self) {
        if !self.has(Part::Scale, "numbers of tokens") {
            return;
        }
        let mut sizes = self.options.sizes.clone();
        sizes.retain(|tokens| *tokens > 0);
        sizes.sort_unstable();
        let latencies = &self.options.latencies;
        let cases = sizes.iter().flat_map(|&tokens| {
            let latencies = latencies.iter();
            latencies.map(move |&latency| Case { latency, tokens })
        });
        let (large, applied): (Vec<Case>, Vec<Case>) = cases.partition(|case| case.tokens > APPLIED);
        let planned = if self.options.save.is_some() {
            &[]
        } else {
            &large[..]
        };
        for case in planned.iter().take(1) {
            self.planned(*case);
        }
        for case in applied {
            self.applied(case);
        }
        for case in planned.iter().skip(1) {
            self.planned(*case);
        }
        for case in large {
            self.applied(case);
        }
    }

    fn repeats(&self, tokens: usize) -> usize {
        if tokens <= SMALL {
            self.options.repeats.max(1)
        } else {
            1
        }
    }

    /// Measures apply, plans and destroy. The page does not list a case whose other operations a separate run measured.
    fn applied(&mut self, case: Case) {
        let repeats = self.repeats(case.tokens);
        for repeat in 1..=repeats {
            for provider in self.providers {
                let label = label(case, provider);
                let missing = self.report.missing(&provider.name, case);
                let what = if case.tokens <= APPLIED {
                    format!("{label} ({repeat} of {repeats})")
                } else if missing.is_empty() {
                    label.clone()
                } else {
                    format!("{label}: {}", missing.join(", "))
                };
                let refusal = self.budget.refuses(self.expected(case, provider));
                match refusal {
                    None => {
                        if let Err(failure) = self.measure(&what, case, provider, None) {
                            self.failed(&what, &failure);
                        }
                    }
                    Some(_) if self.report.is_complete_with_added(&provider.name, case) => {
                        self.progress(&format!("{label}: the results are those of `--add`"));
                    }
                    Some(reason) => self.skip(&what, &reason),
                }
            }
        }
    }

    /// Measures plans with a generated state.
    fn planned(&mut self, case: Case) {
        for provider in self.providers {
            let what = format!("{} (plans)", label(case, provider));
            if !self.has_time_for(&what, 0.0) {
                continue;
            }
            let template = TargetCase::ThousandTokens.template(self.context, provider);
            let measured = template.and_then(|template| self.measure(&what, case, provider, Some(&template)));
            if let Err(failure) = measured {
                self.failed(&what, &failure);
            }
        }
    }

    /// Runs the operations of a case once: all of them, or only plans with a generated state.
    fn measure(
        &mut self,
        what: &str,
        case: Case,
        provider: &MeasuredProvider,
        seeded: Option<&Template>,
    ) -> Result<(), Failure> {
        let sandbox = case.sandbox(self.context, provider)?;
        let operations = match seeded {
            Some(template) => {
                template.write_to(&sandbox, case.size())?;
                &Operation::PLANS[..]
            }
            None => &Operation::ALL[..],
        };
        for &operation in operations {
            self.progress(&format!("{what}: {}", operation.name()));
            self.report.measurements.push(Measurement {
                provider: provider.name.clone(),
                case,
                operation,
                stats: sandbox.run(operation.arguments())?,
            });
            self.save()?;
        }
        Ok(())
    }

    /// Updates the load and duration of the run, and writes the file of `--save`.
    fn save(&mut self) -> Result<(), Failure> {
        self.report.conditions.load_at_end = machine::load();
        self.report.conditions.minutes = self.budget.seconds().div_ceil(60);
        let Some(file) = &self.options.save else {
            return Ok(());
        };
        let run = SavedRun {
            conditions: self.report.conditions.clone(),
            measurements: self.report.measurements.clone(),
        };
        run.save(file)
    }

    /// Estimates the seconds of a case from the next smaller one; 0 if there is none.
    fn expected(&self, case: Case, provider: &MeasuredProvider) -> f64 {
        let like = |measurement: &&Measurement| {
            measurement.provider == provider.name && measurement.case.latency == case.latency
        };
        let measured = || self.report.measurements.iter().filter(like);
        // Larger cases are only planned.
        let sizes = measured().map(|measurement| measurement.case.tokens);
        let Some(size) = sizes
            .filter(|tokens| *tokens < case.tokens && *tokens <= APPLIED)
            .max()
        else {
            return 0.0;
        };
        let of_size = measured().filter(|measurement| measurement.case.tokens == size);
        let runs = self.repeats(size);
        let seconds: f64 = of_size.map(|measurement| measurement.stats.used.wall).sum();
        let (more, fewer) = (number(case.tokens), number(size));
        estimate(seconds / number(runs), more / fewer)
    }

    fn calls(&mut self) {
        let what = "instructions of single calls";
        if !self.has(Part::Calls, what) || !self.has_time_for(what, CALLS) {
            return;
        }
        self.progress(what);
        match calls::counted(self.context.environment) {
            Ok(counts) => self.report.calls = counts,
            Err(failure) => self.failed(what, &failure),
        }
    }
}

fn label(case: Case, provider: &MeasuredProvider) -> String {
    format!("{} tokens at {} ms, {}", case.tokens, case.latency, provider.name)
}

fn write(options: &Options, report: &Report) -> Result<PathBuf, Failure> {
    let plots = options.out.join("performance");
    fs::create_dir_all(&plots).map_err(Failure::io(format!("create {}", plots.display())))?;
    for plot in PLOTS {
        let lines = report.lines(plot);
        if !lines.is_empty() {
            let file = plots.join(format!("{}.svg", plot.file));
            plot::draw(&file, plot.title, plot.unit, &lines)?;
        }
    }
    let page = options.out.join("performance.md");
    fs::write(&page, report.markdown()).map_err(Failure::io(format!("write {}", page.display())))?;
    Ok(page)
}
