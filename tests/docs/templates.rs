//! Templates: the index page and the guides, with files of the examples put in.

use std::fs;
use std::path::PathBuf;

use super::plain::plain;
use super::{Page, files, root};

/// The pages that `templates/` has: `.md.tmpl` filled in, `.md` as it is. `field` gives the value of a field such as
/// `.Description` on a page.
pub(crate) fn all(field: impl Fn(&str, &str) -> Option<String>) -> Vec<Page> {
    let folder = root().join("templates");
    let page = |path: PathBuf| {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        match name.strip_suffix(".tmpl") {
            Some(page) => Page {
                path: page.into(),
                text: filled_in(&text, &name, &|wanted| field(page, wanted)),
            },
            None => Page {
                path: name.into(),
                text,
            },
        }
    };
    files(&folder).into_iter().map(page).collect()
}

/// A template with its actions carried out.
fn filled_in(template: &str, name: &str, field: &dyn Fn(&str) -> Option<String>) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (action, rest) = part
            .split_once("}}")
            .unwrap_or_else(|| panic!("{name}: an action without an end"));
        text.push_str(
            &value(action, field).unwrap_or_else(|| panic!("{name}: {{{{{action}}}}} means nothing here")),
        );
        text.push_str(rest);
    }
    text
}

/// The value of an action: a field or a file, and the functions that it is piped through.
fn value(action: &str, field: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut steps = action.split('|').map(str::trim);
    let first = steps.next()?;
    let mut value = match first.split_once(' ') {
        None => field(first.strip_prefix('.')?)?,
        Some(("tffile", path)) => code_file("terraform", quoted(path)?),
        Some(("codefile", arguments)) => {
            let (language, path) = arguments.split_once(' ')?;
            code_file(quoted(language)?, quoted(path)?)
        }
        Some(_) => return None,
    };
    for step in steps {
        value = match step {
            "trimspace" => value.trim().to_owned(),
            "plainmarkdown" => plain(&value),
            r#"prefixlines "  ""# => indented(&value),
            _ => return None,
        };
    }
    Some(value)
}

fn quoted(text: &str) -> Option<&str> {
    text.trim().strip_prefix('"')?.strip_suffix('"')
}

/// A text in a block of YAML: every line is indented.
pub(crate) fn indented(text: &str) -> String {
    format!("  {}", text.replace('\n', "\n  "))
}

/// A file of the repository in a block of code.
pub(crate) fn code_file(language: &str, path: &str) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    format!("```{language}\n{}\n```", text.trim())
}
