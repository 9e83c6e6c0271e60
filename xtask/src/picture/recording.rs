//! Selects the lines of the demo's output and their times.

use std::path::Path;
use std::time::Duration;

/// The number of columns of the drawn terminal.
pub(super) const COLUMNS: usize = 88;
/// The maximum number of lines of other programs in a step, and how many of them are the first ones.
const QUOTED: usize = 10;
const FIRST: usize = 5;

/// The pause before a line appears.
const BETWEEN_LINES: Duration = Duration::from_millis(110);
/// The pause before a step, so that the result of the previous one can be read.
const BEFORE_STEP: Duration = Duration::from_millis(1100);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) text: String,
    /// The pause before it appears.
    pub(super) wait: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Command,
    Title,
    Quote,
    Added,
    Outcome,
    Blank,
}

/// Returns the lines of an output. The prefixes `roots` are removed from paths.
pub(super) fn select(output: &str, roots: &[&Path]) -> Vec<Line> {
    let mut lines = vec![Line {
        kind: Kind::Command,
        text: "$ cargo demo".to_owned(),
        wait: Duration::ZERO,
    }];
    let mut quotes = Vec::new();
    for text in output.lines() {
        let text = without(text, roots);
        if let Some(quote) = text.strip_prefix("  │") {
            if !quote.trim().is_empty() {
                quotes.push(text);
            }
            continue;
        }
        add_quotes(&mut quotes, &mut lines);
        let kind = if text.is_empty() {
            Kind::Blank
        } else if text.starts_with('✓') {
            Kind::Outcome
        } else {
            Kind::Title
        };
        let wait = if kind == Kind::Blank {
            BEFORE_STEP
        } else {
            BETWEEN_LINES
        };
        let [first, more @ ..] = &wrapped(&text)[..] else {
            continue;
        };
        lines.push(line(kind, first, wait));
        lines.extend(more.iter().map(|text| line(kind, text, BETWEEN_LINES)));
    }
    add_quotes(&mut quotes, &mut lines);
    lines
}

/// Breaks a text of the demo itself into lines.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 2 && last + word.trim_end().chars().count() > COLUMNS {
            lines.push("  ".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Adds the quoted lines of a step; of many, only the first and the last ones.
fn add_quotes(quotes: &mut Vec<String>, lines: &mut Vec<Line>) {
    let quotes = std::mem::take(quotes);
    let left_out = if quotes.len() > QUOTED {
        FIRST..quotes.len() - (QUOTED - FIRST - 1)
    } else {
        0..0
    };
    for (number, text) in quotes.iter().enumerate() {
        if left_out.contains(&number) {
            if number == left_out.start {
                let more = format!("  │ … {} more lines", left_out.len());
                lines.push(line(Kind::Quote, &more, BETWEEN_LINES));
            }
            continue;
        }
        let content = text.trim_start_matches(['│', ' ']);
        let kind = if content.starts_with("+ ") {
            Kind::Added
        } else {
            Kind::Quote
        };
        lines.push(line(kind, text, BETWEEN_LINES));
    }
}

/// Returns a line, cut to the width.
fn line(kind: Kind, text: &str, wait: Duration) -> Line {
    let text = if text.chars().count() > COLUMNS {
        let kept: String = text.chars().take(COLUMNS - 1).collect();
        format!("{kept}…")
    } else {
        text.to_owned()
    };
    Line { kind, text, wait }
}

fn without(text: &str, roots: &[&Path]) -> String {
    let mut text = text.to_owned();
    for root in roots {
        let root = format!("{}/", root.display());
        if root.len() > 1 {
            text = text.replace(&root, "");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_output_is_shortened_to_its_first_and_last_lines() {
        let quoted: Vec<String> = (1..=30)
            .map(|number| format!("  │ line {number}\n  │\n"))
            .collect();
        let quoted = quoted.concat();
        let output = format!("\n1. Build\n{quoted}✓ built /src/target/x (0.1 s)\n");
        let lines = select(&output, &[Path::new("/src")]);
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "$ cargo demo",
                "",
                "1. Build",
                "  │ line 1",
                "  │ line 2",
                "  │ line 3",
                "  │ line 4",
                "  │ line 5",
                "  │ … 21 more lines",
                "  │ line 27",
                "  │ line 28",
                "  │ line 29",
                "  │ line 30",
                "✓ built target/x (0.1 s)",
            ]
        );
        assert_eq!((lines[2].kind, lines[13].kind), (Kind::Title, Kind::Outcome));
        assert!(lines[1].wait > lines[2].wait);
    }

    #[test]
    fn long_line_of_another_program_is_truncated() {
        let lines = select(&format!("  │ {}\n", "x".repeat(COLUMNS)), &[]);
        assert_eq!(lines[1].text.chars().count(), COLUMNS);
        assert!(lines[1].text.ends_with('…'));
    }

    #[test]
    fn long_line_of_the_demo_is_wrapped() {
        let words = "word ".repeat(30);
        let lines = select(&format!("✓ {words}\n"), &[]);
        let texts: Vec<&str> = lines[1..].iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts.len(), 2);
        assert!(texts[1].starts_with("  word"));
        assert_eq!(texts.join(" ").matches("word").count(), 30);
        assert!(texts.iter().all(|text| text.chars().count() <= COLUMNS));
    }
}
