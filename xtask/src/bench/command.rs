//! The whole run: build, start, cases, page. The most important measurements run first.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use super::budget::{Budget, estimate};
use super::failure::Failure;
use super::measured_provider::MeasuredProvider;
use super::options::{Options, Part};
use super::report::{PLOTS, Report};
use super::sandbox::Context;
use super::scale::{self, Case, Measurement};
use super::seeded::Template;
use super::start::{go_provider, starts};
use super::target_cases::TargetCase;
use super::{calls, machine, plot};
use crate::cli::{Cli, Environment, own_target_dir};
use crate::package::{self, Profile};
use crate::workspace;

/// Cases with more tokens run once.
const SMALL: usize = 100;

/// Cases with more tokens are applied at the end, if there is time.
const APPLIED: usize = 1000;

/// The approximate seconds for counting the instructions of single calls, including the build.
const CALLS: f64 = 150.0;

/// Measures, writes the page and the plots, and prints progress on standard error.
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
    let budget = Budget::of_minutes(options.minutes);
    let sources = workspace::root();
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => package::provider(environment, &sources, Profile::Release)
            .map_err(|error| Failure::new("build the provider", error))?,
    };
    let target = own_target_dir().unwrap_or_else(|| sources.join("target"));
    let cli = Cli::find(environment, &target).map_err(|error| Failure::new("find a CLI", error))?;
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
            machine: machine::described(),
            cli: format!("{} {}", cli.name(), cli.version()),
            ..Report::default()
        },
    };
    eprintln!("{}", run.report.machine);
    run.start();
    run.targets();
    run.calls();
    let rest = run.scale();
    run.large(rest);
    run.report.load = machine::load();
    run.report.minutes = budget.seconds().div_ceil(60);
    write(options, &run.report)
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
        providers.push(MeasuredProvider::other(
            other.clone(),
            address.clone(),
            configuration,
        ));
    }
    Ok(providers)
}

/// A run in progress.
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
        if !self.options.has(Part::Start) {
            self.skip("the start of the process", "it was not asked for (`--only`)");
            return;
        }
        self.progress("the start of the process");
        let other = match self.providers.get(1) {
            Some(other) => Ok((other.name.clone(), other.binary.clone())),
            None => go_provider(self.context.environment),
        };
        let own = &self.providers[0].binary;
        let measured = other.and_then(|(name, program)| Ok((name, starts(&[own, &program])?)));
        match measured {
            Ok((name, starts)) => {
                self.report.started_beside = name;
                self.report.starts = starts.first().copied().zip(starts.get(1).copied());
            }
            Err(failure) => self.failed("the start of the process", &failure),
        }
    }

    fn targets(&mut self) {
        if !self.options.has(Part::Targets) {
            self.skip("the cases of the targets", "they were not asked for (`--only`)");
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
            let repeats = case.repeats(self.options.repeats);
            for repeat in 1..=repeats {
                for (provider, template) in &templates {
                    let what = format!("{title}, {} ({repeat} of {repeats})", provider.name);
                    self.progress(&what);
                    match case.run(self.context, provider, template) {
                        Ok(stats) => self
                            .report
                            .target_cases
                            .push((case, provider.name.clone(), stats)),
                        Err(failure) => self.failed(&what, &failure),
                    }
                }
            }
        }
    }

    /// Runs the cases, and returns the large ones that were only planned.
    fn scale(&mut self) -> Vec<Case> {
        if !self.options.has(Part::Scale) {
            self.skip("numbers of tokens", "they were not asked for (`--only`)");
            return Vec::new();
        }
        let mut sizes = self.options.sizes.clone();
        sizes.retain(|tokens| *tokens > 0);
        sizes.sort_unstable();
        let cases = |of: &dyn Fn(usize) -> bool| -> Vec<Case> {
            let sizes = sizes.iter().copied().filter(|tokens| of(*tokens));
            let of_size = |tokens| {
                let latencies = self.options.latencies.iter();
                latencies.map(move |latency| Case {
                    tokens,
                    latency: *latency,
                })
            };
            sizes.flat_map(of_size).collect()
        };
        let large = cases(&|tokens| tokens > APPLIED);
        let small = cases(&|tokens| tokens <= SMALL);
        let middle = cases(&|tokens| (SMALL + 1..=APPLIED).contains(&tokens));
        for case in large.iter().take(1) {
            self.planned(*case);
        }
        for case in small {
            self.applied(case, self.options.repeats.max(1));
        }
        for case in middle {
            self.applied(case, 1);
        }
        for case in large.iter().skip(1) {
            self.planned(*case);
        }
        large
    }

    /// Measures apply, plans and destroy.
    fn applied(&mut self, case: Case, repeats: usize) {
        for repeat in 1..=repeats {
            for provider in self.providers {
                let what = format!("{} ({repeat} of {repeats})", label(case, provider));
                let seconds = self.expected(case, provider);
                if self.has_time_for(&what, seconds) {
                    self.measure(&what, case, provider, None);
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
            match TargetCase::ThousandTokens.template(self.context, provider) {
                Ok(template) => self.measure(&what, case, provider, Some(&template)),
                Err(failure) => self.failed(&what, &failure),
            }
        }
    }

    fn measure(&mut self, what: &str, case: Case, provider: &MeasuredProvider, seeded: Option<&Template>) {
        let budget = self.budget;
        let progress = |operation: &str| eprintln!("[{:>4} s] {what}: {operation}", budget.seconds());
        match scale::run(self.context, provider, case, seeded, &progress) {
            Ok(measurements) => self.report.measurements.extend(measurements),
            Err(failure) => self.failed(what, &failure),
        }
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
        let runs = if size <= SMALL {
            self.options.repeats.max(1)
        } else {
            1
        };
        let seconds: f64 = of_size.map(|measurement| measurement.stats.used.wall).sum();
        let (more, fewer) = (super::figures::number(case.tokens), super::figures::number(size));
        estimate(seconds / super::figures::number(runs), more / fewer)
    }

    fn calls(&mut self) {
        if !self.options.has(Part::Calls) {
            self.skip(
                "instructions of single calls",
                "they were not asked for (`--only`)",
            );
            return;
        }
        if !self.has_time_for("instructions of single calls", CALLS) {
            return;
        }
        self.progress("instructions of single calls");
        match calls::counted(self.context.environment) {
            Ok(counts) => self.report.calls = counts,
            Err(failure) => self.failed("instructions of single calls", &failure),
        }
    }

    /// Measures apply and destroy of the cases that were only planned.
    fn large(&mut self, cases: Vec<Case>) {
        for case in cases {
            for provider in self.providers {
                let what = format!("{}: apply and destroy", label(case, provider));
                let seconds = self.expected(case, provider);
                if self.has_time_for(&what, seconds) {
                    self.measure(&what, case, provider, None);
                }
            }
        }
    }
}

fn label(case: Case, provider: &MeasuredProvider) -> String {
    format!("{} tokens at {} ms, {}", case.tokens, case.latency, provider.name)
}

fn write(options: &Options, report: &Report) -> Result<PathBuf, Failure> {
    let plots = options.out.join("performance");
    fs::create_dir_all(&plots).map_err(Failure::io(format!("create {}", plots.display())))?;
    for (file, title, unit) in PLOTS {
        let lines = report.lines(file);
        if !lines.is_empty() {
            plot::draw(&plots.join(format!("{file}.svg")), title, unit, &lines)?;
        }
    }
    let page = options.out.join("performance.md");
    fs::write(&page, report.markdown()).map_err(Failure::io(format!("write {}", page.display())))?;
    Ok(page)
}
