//! Guides: texts written by hand, with files of the examples put in.

use std::fs;
use std::path::Path;

use super::{Page, example, files, root};

/// All guides.
pub(crate) fn all() -> Vec<Page> {
    let templates = files(&root().join("templates/guides"));
    let page = |template: &std::path::PathBuf| Page {
        path: Path::new("guides").join(template.file_name().expect("a file has a name")),
        text: filled_in(&fs::read_to_string(template).unwrap()),
    };
    templates.iter().map(page).collect()
}

/// A line such as `{{ moving/main.tf }}` stands for that example.
fn filled_in(template: &str) -> String {
    let line = |line: &str| {
        let path = line.strip_prefix("{{ ").and_then(|rest| rest.strip_suffix(" }}"));
        match path {
            Some(path) => format!("```terraform\n{}```\n", example(path)),
            None => format!("{line}\n"),
        }
    };
    template.lines().map(line).collect()
}
