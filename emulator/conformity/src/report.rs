//! The results as a table.

use std::fmt::Write as _;

use crate::outcome::Outcome;

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What was checked.
    pub name: String,
    /// The number of the open question that the check is about, in the list of `emulator/README.md`.
    pub question: Option<u8>,
    /// How it ended.
    pub outcome: Outcome,
}

/// The number of rows with each kind of outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The checks that passed.
    pub passed: usize,
    /// The checks that failed.
    pub failed: usize,
    /// The checks that observed one of several allowed behaviours.
    pub found: usize,
    /// The checks that did not run.
    pub skipped: usize,
}

impl Summary {
    /// Counts the rows.
    pub fn count(rows: &[Row]) -> Self {
        let mut summary = Self::default();
        for row in rows {
            let count = match row.outcome {
                Outcome::Pass => &mut summary.passed,
                Outcome::Fail(_) => &mut summary.failed,
                Outcome::Found(_) => &mut summary.found,
                Outcome::Skipped(_) => &mut summary.skipped,
            };
            *count += 1;
        }
        summary
    }
}

/// Formats the rows as an aligned Markdown table.
pub fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 3]> = rows
        .iter()
        .map(|row| {
            let question = row.question.map_or_else(String::new, |number| number.to_string());
            [cell(&row.name), question, cell(&row.outcome.to_string())]
        })
        .collect();
    let headings = ["check", "question", "result"].map(str::to_owned);
    let width = |column: usize| {
        let widths = cells
            .iter()
            .chain([&headings])
            .map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let (first, second) = (width(0), width(1));
    let mut text = String::new();
    let mut line = |row: &[String; 3]| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {:first$} | {:>second$} | {} |", row[0], row[1], row[2]);
    };
    line(&headings);
    line(&["-".repeat(first), "-".repeat(second), "-".repeat(3)]);
    cells.iter().for_each(line);
    text
}

/// Escapes characters that would end the cell or the line.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_has_a_line_for_each_row() {
        let row = |name: &str, question, outcome| Row {
            name: name.to_owned(),
            question,
            outcome,
        };
        let rows = [
            row("users are listed", None, Outcome::Pass),
            row("names repeat", Some(2), Outcome::Found("a|b\nc".to_owned())),
            row(
                "members",
                Some(8),
                Outcome::Skipped("no member was named".to_owned()),
            ),
            row("errors", None, Outcome::Fail("200 instead of 404".to_owned())),
        ];
        let expected = "\
| check            | question | result |
| ---------------- | -------- | --- |
| users are listed |          | pass |
| names repeat     |        2 | found: a\\|b c |
| members          |        8 | skipped: no member was named |
| errors           |          | FAIL: 200 instead of 404 |
";
        assert_eq!(table(&rows), expected);
        let summary = Summary {
            passed: 1,
            failed: 1,
            found: 1,
            skipped: 1,
        };
        assert_eq!(Summary::count(&rows), summary);
    }
}
