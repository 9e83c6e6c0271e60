//! The options of the command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A part of the run.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The start of the process
    Start,
    /// The cases of the performance targets
    Targets,
    /// Numbers of tokens and latencies
    Scale,
    /// Instructions of single calls
    Calls,
}

/// The flags of `cargo xtask bench`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Measure this program instead of building one
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,

    /// Compare with this program, another provider
    #[arg(long, value_name = "FILE", requires_all = ["against_config", "against_address"])]
    pub against: Option<PathBuf>,

    /// The configuration of the other provider. It declares the variables `api_base_url`, `admin_token`, `accounts` and
    /// `tokens` (for each account), and creates that many: token I belongs to account I % accounts, and the names of
    /// both end with the index, from 0
    #[arg(long, value_name = "FILE", requires = "against")]
    pub against_config: Option<PathBuf>,

    /// The source address of the other provider, such as `namespace/motherduck`
    #[arg(long, value_name = "ADDRESS", requires = "against")]
    pub against_address: Option<String>,

    /// Numbers of tokens, 100 for each account at most. Numbers above 1000 are planned, and applied if there is time
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 1000, 5000])]
    pub sizes: Vec<usize>,

    /// Latencies of the API, in milliseconds
    #[arg(long, value_delimiter = ',', default_values_t = [0, 20])]
    pub latencies: Vec<u64>,

    /// The number of runs of each number of up to 100 tokens. Larger ones run once
    #[arg(long, default_value_t = 3)]
    pub repeats: usize,

    /// Start no step that would end after this many minutes; the page lists what was left out
    #[arg(long, default_value_t = 13)]
    pub minutes: u64,

    /// Only these parts
    #[arg(long, value_delimiter = ',', value_enum)]
    pub only: Vec<Part>,

    /// Measure only the part `scale`, and write it to this JSON file after each operation instead of the page. Numbers
    /// above 1000 are applied, which takes minutes each: allow them with `--minutes`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["add", "out"])]
    pub save: Option<PathBuf>,

    /// Add the measurements of these files, written by `--save` with the same provider version, machine and Terraform,
    /// to the page. Where this run measures the same, its own figures count
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub add: Vec<PathBuf>,

    /// The folder for `performance.md` and the plots
    #[arg(long, value_name = "DIR", default_value = "docs")]
    pub out: PathBuf,
}

impl Options {
    /// Whether a part runs.
    pub(super) fn has(&self, part: Part) -> bool {
        match self.save {
            Some(_) => part == Part::Scale,
            None => self.only.is_empty() || self.only.contains(&part),
        }
    }
}
