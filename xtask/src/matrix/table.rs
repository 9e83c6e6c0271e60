//! The matrix as a Markdown table with aligned columns.

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Cell {
    /// All tests passed.
    Ok,
    /// A test failed.
    Failed,
    /// This Terraform does not have the feature.
    Absent,
}

impl Cell {
    fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "FAILED",
            Self::Absent => "–",
        }
    }
}

/// Returns the table: a heading of versions, and for each feature its name and its cells.
pub(super) fn table(versions: &[&str], rows: &[(&str, Vec<Cell>)]) -> String {
    let mut lines = vec![
        std::iter::once("Terraform")
            .chain(versions.iter().copied())
            .collect(),
    ];
    lines.push(vec!["---"; versions.len() + 1]);
    for (feature, cells) in rows {
        let cells = cells.iter().map(|cell| cell.text());
        lines.push(std::iter::once(*feature).chain(cells).collect());
    }
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..=versions.len()).filter_map(width).collect();
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .map(|(cell, &width)| format!("{cell:width$}"))
                .collect();
            format!("| {} |", cells.join(" | "))
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let table = table(
            &["1.6.6", "1.15.5"],
            &[
                ("life cycle: resources", vec![Cell::Ok, Cell::Failed]),
                ("moves", vec![Cell::Absent, Cell::Ok]),
            ],
        );

        assert_eq!(
            table,
            "\
| Terraform             | 1.6.6 | 1.15.5 |
| ---                   | ---   | ---    |
| life cycle: resources | ok    | FAILED |
| moves                 | –     | ok     |"
        );
    }
}
