//! Collects the summaries of diagnostics from the source code.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A source file of the provider, without its tests.
struct Source {
    name: String,
    code: String,
}

/// Returns every summary in the code: literal texts, and format strings. A summary from another kind of
/// expression is an error, because no case could be required for it.
pub(super) fn summaries() -> BTreeSet<String> {
    let mut sources = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let mut constructors: Vec<String> =
        vec!["Diagnostic::error".to_owned(), "Diagnostic::warning".to_owned()];
    for source in &sources {
        constructors.extend(functions_with_a_summary(&source.code));
    }
    let mut found = BTreeSet::new();
    for source in &sources {
        for constructor in &constructors {
            let is_in_scope = constructor.contains("::") || source.has_in_scope(constructor);
            for at in calls(&source.code, constructor, is_in_scope) {
                if let Err(expression) = source.summaries_at(at, &mut found) {
                    panic!(
                        "{}: the summary {expression:?} of a diagnostic is not understood",
                        source.name
                    );
                }
            }
        }
    }
    found
}

fn read(folder: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // `--export` prints its errors itself; they are no diagnostics of a plugin call.
        if path
            .file_stem()
            .is_some_and(|name| name == "tests" || name == "export" || name == "export_command")
        {
            continue;
        }
        if path.is_dir() {
            read(&path, sources);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        sources.push(Source {
            name: path.display().to_string(),
            code: code.to_owned(),
        });
    }
}

/// Returns the names of the functions whose first parameter is the summary of the diagnostic that they
/// create.
fn functions_with_a_summary(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for declared in code.split("fn ").skip(1) {
        if let Some((name, parameters)) = declared.split_once('(')
            && parameters.trim_start().starts_with("summary: ")
            && name.chars().all(is_of_name)
        {
            found.push(name.to_owned());
        }
    }
    found.retain(|name| !matches!(name.as_str(), "error" | "warning"));
    found
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns the positions of the first arguments of all calls of a function. Unless `is_known_here`, only
/// calls with a module path count.
fn calls(code: &str, function: &str, is_in_scope: bool) -> Vec<usize> {
    let call = format!("{function}(");
    let positions = code.match_indices(&call);
    positions
        .filter(|(at, _)| {
            let before = &code[..*at];
            !before.ends_with(is_of_name)
                && !before.ends_with('.')
                && !before.ends_with("fn ")
                && (is_in_scope || before.ends_with("::"))
        })
        .map(|(at, _)| at + call.len())
        .collect()
}

impl Source {
    /// Whether the name stands for a function with a summary in this file: declared here or imported.
    fn has_in_scope(&self, function: &str) -> bool {
        if self.code.contains(&format!("fn {function}(")) {
            return functions_with_a_summary(&self.code)
                .iter()
                .any(|name| name == function);
        }
        let imports = self.code.split("use ").skip(1).map(|import| until(import, ";"));
        imports
            .flat_map(|import| import.split(|letter| !is_of_name(letter)))
            .any(|name| name == function)
    }

    /// Adds the possible summaries of the argument at this position. The error is the argument's text.
    fn summaries_at(&self, at: usize, found: &mut BTreeSet<String>) -> Result<(), String> {
        let argument = self.code[at..].trim_start().trim_start_matches('&').trim_start();
        let formatted = argument.strip_prefix("format!(").map(str::trim_start);
        if let Some(literal) = formatted.unwrap_or(argument).strip_prefix('"') {
            found.insert(unescaped(literal));
            return Ok(());
        }
        let path: &str = argument
            .split(|letter: char| !(is_of_name(letter) || letter == '.' || letter == ':'))
            .next()
            .unwrap_or_default();
        let name = path.rsplit(['.', ':']).next().unwrap_or_default();
        // The argument is a variable of the function, or a function or constant of the file.
        let start = self.code[..at].rfind("fn ").unwrap_or_default();
        let declared = &self.code[start..at];
        let is_call = argument[path.len()..].starts_with('(');
        if !is_call && let Some(assigned) = declared.rfind(&format!("let {name} = ")) {
            let value = start + assigned + format!("let {name} = ").len();
            let literal_texts = literals(until(&self.code[value..], ";\n"));
            if literal_texts.is_empty() {
                return self.summaries_at(value, found);
            }
            found.extend(literal_texts);
            return Ok(());
        }
        if until(declared, "{\n").contains(&format!("{name}: ")) {
            // The summary is a parameter; the calls of this function are searched too.
            return Ok(());
        }
        if let Some((_, value)) = declared.rsplit_once(&format!("let ({name}, ")) {
            found.extend(first_members(until(value, ";\n")));
            return Ok(());
        }
        if is_call && let Some((_, body)) = self.code.split_once(&format!("fn {name}(")) {
            let end = if path.contains("self.") { "\n    }" } else { "\n}" };
            let literal_texts = literals(until(body, end));
            if !literal_texts.is_empty() {
                found.extend(literal_texts);
                return Ok(());
            }
        }
        Err(argument.chars().take(60).collect())
    }
}

fn until<'a>(text: &'a str, end: &str) -> &'a str {
    text.split(end).next().unwrap_or_default()
}

/// Returns the string literals in a piece of code.
fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some((_, literal)) = rest.split_once('"') {
        found.push(unescaped(literal));
        let mut letters = literal.char_indices();
        let mut end = literal.len();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '"' => {
                    end = at + 1;
                    break;
                }
                _ => {}
            }
        }
        rest = &literal[end..];
    }
    found
}

/// Returns the string literals that are first members of tuples.
fn first_members(code: &str) -> Vec<String> {
    let openings = code.match_indices('(');
    openings
        .filter(|(at, _)| !code[..*at].ends_with('!'))
        .filter_map(|(at, _)| code[at + 1..].trim_start().strip_prefix('"').map(unescaped))
        .collect()
}

/// Returns the text of a literal, from behind its opening quote to its closing quote.
fn unescaped(literal: &str) -> String {
    let mut text = String::new();
    let mut letters = literal.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => break,
            '\\' => match letters.next() {
                Some('\n') => while letters.next_if(|letter| letter.is_whitespace()).is_some() {},
                Some('n') => text.push('\n'),
                Some(letter) => text.push(letter),
                None => break,
            },
            letter => text.push(letter),
        }
    }
    text
}

/// Whether the format string can produce the summary.
pub(super) fn fits(format: &str, summary: &str) -> bool {
    let mut parts = format.split('{').enumerate().map(|(index, part)| {
        if index == 0 {
            part
        } else {
            part.split_once('}').map_or(part, |(_, after)| after)
        }
    });
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = summary.strip_prefix(first) else {
        return false;
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || format.ends_with('}')
}
