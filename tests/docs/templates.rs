//! Templates: the index page and the guides, which include files of the examples.

use std::fs;
use std::path::PathBuf;

use super::plain::plain;
use super::{Page, files, root};

/// Returns the pages of `templates/`: `.md.tmpl` files with their actions replaced, `.md` files unchanged.
/// `field` returns the value of a field such as `.Description` for a page.
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

/// Replaces the actions of a template by their values.
fn filled_in(template: &str, name: &str, field: &dyn Fn(&str) -> Option<String>) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (action, rest) = part
            .split_once("}}")
            .unwrap_or_else(|| panic!("{name}: an action without closing braces"));
        text.push_str(
            &value(action, field)
                .unwrap_or_else(|| panic!("{name}: {{{{{action}}}}} is no supported action")),
        );
        text.push_str(rest);
    }
    text
}

/// Returns the value of an action: a field or a file, passed through its functions.
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

/// Indents every line of a text for a block of YAML.
pub(crate) fn indented(text: &str) -> String {
    format!("  {}", text.replace('\n', "\n  "))
}

/// Returns a file of the repository as a code block.
pub(crate) fn code_file(language: &str, path: &str) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    format!("```{language}\n{}\n```", text.trim())
}
