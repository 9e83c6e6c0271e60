//! Runs a guide of the documentation from top to bottom with its own code.
//!
//! - A block of `terraform` begins with a comment such as `# main.tf` and is written to that file unchanged.
//! - A block of `shell` contains commands. The test runs `terraform` (or `tofu`) and the provider, and sends
//!   the requests of `curl`. Prompts are confirmed. `export` sets a variable for the following commands,
//!   unless its value is the placeholder `...`; `unset` sets it to the empty text.
//! - A following block of `text` is the expected output, line by line; `...` in a line matches any text. If
//!   the block begins with `Error:`, the command must fail.
//!
//! Blocks of other languages are skipped: they are for programs that these tests do not run, or for other
//! providers.
//!
//! The story must list every other command with [`Guide::without_commands`] and perform its effect.

use std::collections::BTreeSet;
use std::process::Command;

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;

use super::api::send;
use super::{ADMIN_TOKEN, Outcome, Story, program, source};

/// The emulator's address in guides.
const EMULATOR: &str = "http://127.0.0.1:8080";

/// A part of a guide.
#[derive(Debug)]
enum Part {
    Heading(String),
    File { name: String, text: String },
    Commands(Vec<String>),
    Shown(Vec<String>),
}

/// A guide and the position of the next part.
pub(crate) struct Guide {
    name: &'static str,
    parts: Vec<Part>,
    next: usize,
    /// Beginnings of the commands that the story replaces.
    replaced: BTreeSet<&'static str>,
    /// Those of them that the guide has.
    found: BTreeSet<&'static str>,
    last: Option<Outcome>,
}

impl Guide {
    /// Reads the guide `docs/guides/NAME.md`.
    pub(crate) fn read(name: &'static str) -> Self {
        Self {
            name,
            parts: parts(&source(&format!("docs/guides/{name}.md"))),
            next: 0,
            replaced: BTreeSet::new(),
            found: BTreeSet::new(),
            last: None,
        }
    }

    /// Lists commands, or beginnings of commands, that are not run because the story performs their effect.
    pub(crate) fn without_commands<const N: usize>(mut self, commands: [&'static str; N]) -> Self {
        self.replaced.extend(commands);
        self
    }

    /// Runs the remaining parts.
    #[track_caller]
    pub(crate) fn run(mut self, story: &mut Story) {
        self.run_while(story, |_| true);
        let missing: Vec<_> = self.replaced.difference(&self.found).collect();
        assert!(missing.is_empty(), "{} has no commands {missing:?}", self.name);
    }

    /// Runs the remaining parts of a guide of which some were skipped.
    #[track_caller]
    pub(crate) fn run_to_end(&mut self, story: &mut Story) {
        self.run_while(story, |_| true);
    }

    /// Runs all parts before this section's heading.
    #[track_caller]
    pub(crate) fn run_until(&mut self, story: &mut Story, section: &str) {
        self.run_while(
            story,
            |part| !matches!(part, Part::Heading(heading) if heading == section),
        );
        assert!(
            self.next < self.parts.len(),
            "{} has no section {section:?}",
            self.name
        );
    }

    /// Skips all parts before this section's heading.
    #[track_caller]
    pub(crate) fn skip_until(&mut self, section: &str) {
        let at = self
            .parts
            .iter()
            .position(|part| matches!(part, Part::Heading(heading) if heading == section));
        self.next = at.unwrap_or_else(|| panic!("{} has no section {section:?}", self.name));
    }

    /// Returns the outcome of the last command.
    #[track_caller]
    pub(crate) fn last(&self) -> &Outcome {
        self.last.as_ref().expect("a command has run")
    }

    #[track_caller]
    fn run_while(&mut self, story: &mut Story, wanted: impl Fn(&Part) -> bool) {
        while let Some(part) = self.parts.get(self.next).filter(|part| wanted(part)) {
            let shown = match self.parts.get(self.next + 1) {
                Some(Part::Shown(lines)) => lines.as_slice(),
                _ => &[],
            };
            match part {
                Part::Heading(_) | Part::Shown(_) => {}
                Part::File { name, text } => {
                    story.write(name, &text.replace(EMULATOR, &story.emulator().url()));
                }
                Part::Commands(commands) => {
                    for (number, command) in commands.iter().enumerate() {
                        let must_fail = number + 1 == commands.len()
                            && shown.first().is_some_and(|line| line.starts_with("Error:"));
                        if let Some(start) = self.replaced.iter().find(|start| command.starts_with(**start)) {
                            self.found.insert(start);
                            continue;
                        }
                        if let Some(outcome) = run(story, command, must_fail) {
                            self.last = Some(outcome);
                        }
                    }
                    if !shown.is_empty() {
                        let outcome = self.last.as_ref().expect("a command precedes its output");
                        for line in shown {
                            let pieces = line.split("...").map(str::trim);
                            for piece in pieces.filter(|piece| !piece.is_empty()) {
                                let words: Vec<&str> = piece.split_whitespace().collect();
                                outcome.assert_shows(&words.join(" "));
                            }
                        }
                    }
                }
            }
            self.next += 1;
        }
    }
}

/// Runs a command of a guide. Returns `None` if it only sets a variable.
#[track_caller]
fn run(story: &mut Story, command: &str, must_fail: bool) -> Option<Outcome> {
    let words = words(command);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.remove(0) {
        "export" => {
            for assignment in words {
                let (name, value) = assignment.split_once('=').expect("export sets a variable");
                if value != "..." {
                    let value = value
                        .replace(EMULATOR, &story.emulator().url())
                        .replace(DEFAULT_ADMIN_TOKEN, ADMIN_TOKEN);
                    story.set(name, value);
                }
            }
            None
        }
        "unset" => {
            for name in words {
                story.set(name, "");
            }
            None
        }
        "./terraform-provider-motherduck" => {
            let output = Command::new(program::PROVIDER)
                .args(words)
                .env_clear()
                .env("MOTHERDUCK_API_BASE_URL", story.emulator().url())
                .env("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN)
                .current_dir(story.path(""))
                .output()
                .unwrap();
            story.record(&output);
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            None
        }
        "curl" => {
            call(story, &words);
            None
        }
        "terraform" | "tofu" => {
            let confirmed = match words.first() {
                Some(&("apply" | "destroy")) => !words.iter().any(|word| word.ends_with(".tfplan")),
                Some(&"state") => words.get(1) == Some(&"replace-provider"),
                _ => false,
            };
            if confirmed && !words.contains(&"-auto-approve") {
                words.insert(if words[0] == "state" { 2 } else { 1 }, "-auto-approve");
            }
            Some(if must_fail {
                story.run_fails(words)
            } else {
                story.run(words)
            })
        }
        other => panic!("{other} is no command that a guide can run: {command}"),
    }
}

/// Sends the request of a `curl` command: a method, an address of the emulator and an optional body.
#[track_caller]
fn call(story: &Story, words: &[&str]) {
    let after = |option: &str| {
        let at = words.iter().position(|word| *word == option);
        at.and_then(|at| words.get(at + 1)).copied()
    };
    let url = words.iter().find(|word| word.starts_with(EMULATOR));
    let url = url
        .expect("the call goes to the emulator")
        .replace(EMULATOR, &story.emulator().url());
    let method = after("--request")
        .expect("the call names its method")
        .parse()
        .unwrap();
    let body = after("--data").unwrap_or_default().to_owned();
    send(|client| client.request(method, &url).body(body)).unwrap_or_else(|error| panic!("{url}: {error}"));
}

/// Splits a command as a shell does; quotes group words and are removed.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in command.chars() {
        match quote {
            Some(end) if character == end => quote = None,
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character == ' ' => words.push(String::new()),
            _ => words
                .last_mut()
                .expect("the text has a first word")
                .push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns the parts of a page that are run.
fn parts(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            parts.push(Part::Heading(heading.to_owned()));
        }
        let indent = line.len() - line.trim_start().len();
        let Some(language) = line.trim().strip_prefix("```") else {
            continue;
        };
        let block: Vec<&str> = lines
            .by_ref()
            .take_while(|line| line.trim() != "```")
            .map(|line| line.get(indent..).unwrap_or_default())
            .collect();
        parts.push(match language {
            "shell" => Part::Commands(commands(&block)),
            "text" => Part::Shown(block.into_iter().map(str::to_owned).collect()),
            "terraform" => {
                let name = block[0].strip_prefix("# ").unwrap_or_default();
                assert!(
                    name.contains('.') && !name.contains(' '),
                    "a block of code does not begin with the name of its file: {block:?}"
                );
                Part::File {
                    name: name.to_owned(),
                    text: block.join("\n") + "\n",
                }
            }
            _ => continue,
        });
    }
    parts
}

/// Returns the commands of a block without comments, each in one line.
fn commands(block: &[&str]) -> Vec<String> {
    let joined = block.join("\n").replace("\\\n", " ");
    joined
        .lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}
