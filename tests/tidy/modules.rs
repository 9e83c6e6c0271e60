//! The modules of a crate and the references in their code. Paths are resolved as the compiler does: `super`,
//! `crate`, nested `use` groups, globs and re-exports all lead to the module that defines the item.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The path of a module, or of an item, from the root of its crate.
pub(crate) type Names = Vec<String>;

/// A module, without items that are compiled for tests only.
#[derive(Default)]
struct Module {
    file: PathBuf,
    children: BTreeSet<String>,
    /// The names of the items that it defines.
    items: BTreeSet<String>,
    /// The paths of the names that `use` imports.
    imports: BTreeMap<String, Names>,
    /// The paths before `::*`.
    globs: Vec<Names>,
    /// All paths as they are written.
    paths: BTreeSet<Names>,
}

/// The target of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A module of the same crate, or an item in it.
    Module(Names),
    /// Another crate by its name. The keyword `async` counts as one.
    Crate(String),
}

/// One reference in the code.
pub(crate) struct Reference {
    pub(crate) from: Names,
    pub(crate) file: PathBuf,
    pub(crate) to: Target,
}

/// The modules of a crate by their paths.
#[derive(Default)]
pub(crate) struct Crate(BTreeMap<Names, Module>);

impl Crate {
    /// Reads a crate from its root file.
    pub(crate) fn read(root: &Path) -> Self {
        let mut read = Self::default();
        read.file(Vec::new(), root, root.parent().unwrap());
        read
    }

    /// Reads a crate that is one file.
    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Self {
        let mut read = Self::default();
        read.source(Vec::new(), text, Path::new("lib.rs"), Path::new(""));
        read
    }

    /// Whether the crate has a module of this path.
    pub(crate) fn has(&self, path: &[String]) -> bool {
        self.0.contains_key(path)
    }

    /// Returns every reference of every module, each once.
    pub(crate) fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        for (from, module) in &self.0 {
            let targets: BTreeSet<Target> = module
                .paths
                .iter()
                .filter_map(|path| self.target(from, path))
                .collect();
            found.extend(targets.into_iter().map(|to| Reference {
                from: from.clone(),
                file: module.file.clone(),
                to,
            }));
        }
        found
    }

    /// Reads a file. Its modules without a body are in files of `folder`.
    fn file(&mut self, path: Names, file: &Path, folder: &Path) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.source(path, &text, file, folder);
    }

    fn source(&mut self, path: Names, text: &str, file: &Path, folder: &Path) {
        let tokens: TokenStream = text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.module(path, tokens, file, folder);
    }

    fn module(&mut self, path: Names, tokens: TokenStream, file: &Path, folder: &Path) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        let mut children = Vec::new();
        module.read(tokens, true, &mut children);
        for (name, body) in children {
            let below = folder.join(&name);
            let child = [path.as_slice(), std::slice::from_ref(&name)].concat();
            module.children.insert(name.clone());
            if let Some(body) = body {
                self.module(child, body.stream(), file, &below);
                continue;
            }
            self.file(child, &folder.join(format!("{name}.rs")), &below);
        }
        self.0.insert(path, module);
    }

    /// Resolves a path that is written in this module. Returns `None` for a name of the module itself.
    fn target(&self, from: &[String], path: &[String]) -> Option<Target> {
        if path == ["async"] {
            return Some(Target::Crate("async".to_owned()));
        }
        self.resolve(from, path, 0)
    }

    /// `depth` ends circular globs.
    fn resolve(&self, from: &[String], path: &[String], depth: u32) -> Option<Target> {
        let mut at = from.to_vec();
        let mut rest = path;
        let mut is_first = true;
        while let Some((name, after)) = rest.split_first() {
            match name.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                name => {
                    let module = &self.0[&at];
                    if module.children.contains(name) {
                        at.push(name.to_owned());
                    } else if let Some(import) = module.imports.get(name)
                        && depth < 16
                        && import != path
                    {
                        let followed = [import.as_slice(), after].concat();
                        return self.resolve(&at, &followed, depth + 1);
                    } else if module.items.contains(name) {
                        return Some(Target::Module(at));
                    } else if let Some(target) = self.of_globs(&at, rest, depth) {
                        return Some(target);
                    } else if is_first {
                        let is_crate = name.starts_with(|letter: char| letter.is_ascii_lowercase());
                        return is_crate.then(|| Target::Crate(name.to_owned()));
                    } else {
                        return Some(Target::Module(at));
                    }
                }
            }
            is_first = false;
            rest = after;
        }
        Some(Target::Module(at))
    }

    /// Resolves a path whose first name is imported by a glob of this module.
    fn of_globs(&self, at: &[String], path: &[String], depth: u32) -> Option<Target> {
        if depth >= 16 {
            return None;
        }
        self.0[at].globs.iter().find_map(|glob| {
            let Some(Target::Module(target)) = self.resolve(at, glob, depth + 1) else {
                return None;
            };
            let module = self.0.get(&target)?;
            let name = &path[0];
            let has = module.items.contains(name)
                || module.children.contains(name)
                || module.imports.contains_key(name);
            has.then(|| self.resolve(&target, path, depth + 1)).flatten()
        })
    }
}

impl Module {
    /// Reads tokens of the module itself or of a group in it, and collects its child modules.
    fn read(&mut self, tokens: TokenStream, is_top: bool, children: &mut Vec<(String, Option<Group>)>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if let Some(after) = after_tests(&tokens[at..]) {
                at += after;
                continue;
            }
            match &tokens[at] {
                TokenTree::Group(group) => {
                    self.read(group.stream(), false, children);
                    at += 1;
                }
                TokenTree::Ident(word) if word == "use" => {
                    let end = tokens[at..].iter().position(|token| is_punct(token, ';'));
                    let end = at + end.unwrap_or(tokens.len() - at);
                    self.uses(&tokens[at + 1..end], &mut Vec::new());
                    at = end;
                }
                TokenTree::Ident(word) if word == "mod" && is_top => {
                    let body = tokens.get(at + 2).and_then(|token| match token {
                        TokenTree::Group(group) => Some(group.clone()),
                        _ => None,
                    });
                    children.push((tokens[at + 1].to_string(), body));
                    at += 3;
                }
                TokenTree::Ident(word) => {
                    if is_top && is_item(&word.to_string()) {
                        self.items.insert(tokens[at + 1].to_string());
                    }
                    let (path, length) = path(&tokens[at..]);
                    let is_part =
                        at > 0 && (is_punct(&tokens[at - 1], '.') || is_punct(&tokens[at - 1], '\''));
                    let is_root = matches!(path[0].as_str(), "crate" | "super" | "async");
                    if !is_part && (is_root || path.len() > 1) {
                        self.paths.insert(path);
                    }
                    at += length;
                }
                _ => at += 1,
            }
        }
    }

    /// Reads the tree of a `use` after this prefix.
    fn uses(&mut self, tokens: &[TokenTree], prefix: &mut Names) {
        let depth = prefix.len();
        let mut renamed = None;
        let mut is_glob = false;
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for part in inner.split(|token| is_punct(token, ',')) {
                        self.uses(part, prefix);
                    }
                    prefix.truncate(depth);
                    return;
                }
                TokenTree::Ident(word) if word == "as" => {
                    renamed = Some(tokens[at + 1].to_string());
                    at += 1;
                }
                TokenTree::Ident(word) => prefix.push(word.to_string()),
                token => is_glob |= is_punct(token, '*'),
            }
            at += 1;
        }
        if prefix.len() > depth || is_glob {
            let mut path = prefix.clone();
            if path.len() > 1 && path.last().is_some_and(|name| name == "self") {
                path.pop();
            }
            self.paths.insert(path.clone());
            if is_glob {
                self.globs.push(path);
            } else {
                let name = renamed.unwrap_or_else(|| path[path.len() - 1].clone());
                self.imports.insert(name, path);
            }
        }
        prefix.truncate(depth);
    }
}

/// Returns the names of a path at the beginning of these tokens, and the number of its tokens.
fn path(tokens: &[TokenTree]) -> (Names, usize) {
    let mut names = vec![tokens[0].to_string()];
    let mut at = 1;
    while let [first, second, TokenTree::Ident(name), ..] = &tokens[at..]
        && is_punct(first, ':')
        && is_punct(second, ':')
    {
        names.push(name.to_string());
        at += 3;
    }
    (names, at)
}

/// If the tokens begin with an item that is compiled for tests only, returns the number of its tokens
/// including attributes.
fn after_tests(tokens: &[TokenTree]) -> Option<usize> {
    let [hash, TokenTree::Group(attribute), ..] = tokens else {
        return None;
    };
    let condition = attribute.stream().to_string();
    let words: Vec<&str> = condition
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .collect();
    let is_test = words[0] == "cfg"
        && words.contains(&"test")
        && !words.contains(&"feature")
        && !words.contains(&"not");
    if !is_punct(hash, '#') || !is_test {
        return None;
    }
    let mut is_of_item = false;
    let end = tokens.iter().skip(2).position(|token| {
        is_of_item |= matches!(token, TokenTree::Ident(word) if is_item(&word.to_string()) || *word == "use" || *word == "mod" || *word == "impl");
        is_punct(token, ';')
            || (is_punct(token, ',') && !is_of_item)
            || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    });
    Some(end.map_or(tokens.len(), |end| end + 3))
}

/// Whether this keyword precedes the name of an item.
fn is_item(word: &str) -> bool {
    [
        "const", "enum", "fn", "static", "struct", "trait", "type", "union",
    ]
    .contains(&word)
}

fn is_punct(token: &TokenTree, letter: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> Names {
        path.split("::")
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Returns the references of the module `a::b` in a crate of one file.
    fn targets(code: &str) -> Vec<Target> {
        let text = format!(
            "pub mod a {{ pub mod b {{ {code} }} pub mod c {{ pub struct Deep; pub mod d {{ pub fn f() {{}} }} }} pub use c::Deep; pub use self::c::d; pub struct Own; }}
             pub mod x {{ pub use crate::a::c::d as renamed; pub struct Other; }}
             pub use x::Other;"
        );
        let read = Crate::of_text(&text);
        let from = names("a::b");
        let references = read.references().into_iter();
        references
            .filter(|reference| reference.from == from)
            .map(|reference| reference.to)
            .collect()
    }

    #[test]
    fn paths_resolve_to_the_module_that_defines_the_item() {
        for (code, target) in [
            ("use super::c::Deep;", "a::c"),
            ("use super::Deep;", "a::c"),
            ("use super::super::a::c;", "a::c"),
            ("use crate::{a::{self, c::{d::f}}};", "a a::c::d"),
            ("use crate::Other as Alias;", "x"),
            ("use crate::x::renamed::f;", "a::c::d"),
            ("use super::*; fn g() { d::f(); }", "a a::c::d"),
            ("use super::*; fn g() { Deep::new(); }", "a a::c"),
            ("fn g() { json!({ \"k\": crate::x::Other }); }", "x"),
            ("fn g() -> super::Own {}", "a"),
            ("fn g() { let s = \"crate::x\"; /* crate::x */ }", ""),
            (
                "#[cfg(test)] mod tests { use crate::x; } #[cfg(all(unix, any(test, fuzzing)))] use crate::x::Other;",
                "",
            ),
            ("#[cfg(any(feature = \"f\", test))] use crate::x::Other;", "x"),
        ] {
            let expected: Vec<Target> = target
                .split(' ')
                .filter(|name| !name.is_empty())
                .map(|name| Target::Module(names(name)))
                .collect();
            assert_eq!(targets(code), expected, "{code}");
        }
    }

    #[test]
    fn paths_to_other_crates_resolve_to_the_crate_name() {
        let of = |name: &str| Target::Crate(name.to_owned());
        assert_eq!(
            targets("use tonic::{Code, Status}; async fn g() {}"),
            [of("async"), of("tonic")]
        );
        assert_eq!(
            targets("fn g() { reqwest::get(); Self::new(); x.y::<u8>(); }"),
            [of("reqwest")]
        );
    }
}
