//! Rules for every configuration that the documentation shows, in `examples/` and in the guides.

use std::fs;
use std::path::Path;
use std::process::Command;

use xtask::cli::{Cli, Environment, target_dir_of};

use super::{files, root};

/// A configuration in the documentation.
struct Example {
    place: String,
    text: String,
}

/// Returns all configurations: files of examples, and code blocks of the guides and the index page.
fn all() -> Vec<Example> {
    let mut shown = Vec::new();
    for path in files(&root().join("examples")) {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("tf" | "hcl")) {
            let text = fs::read_to_string(&path).unwrap();
            shown.push(Example { place: name, text });
        }
    }
    for path in files(&root().join("docs/guides")) {
        let page = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        for (number, text) in blocks(&page).into_iter().enumerate() {
            let place = format!("docs/guides/{name}-{number}.tf");
            shown.push(Example { place, text });
        }
    }
    shown
}

/// Returns the Terraform code blocks of a page, without the indentation of blocks in lists.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if line.trim() == "```terraform" {
            let text: Vec<&str> = lines
                .by_ref()
                .take_while(|line| line.trim() != "```")
                .map(|line| line.get(indent..).unwrap_or_default())
                .collect();
            blocks.push(text.join("\n") + "\n");
        }
    }
    blocks
}

/// Returns the top-level blocks of a configuration that begin with this text, each up to its closing brace.
fn of_kind<'a>(text: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
    text.split("\n\n").filter_map(move |part| {
        let at = part
            .find(beginning)
            .filter(|at| *at == 0 || part[..*at].ends_with('\n'));
        let within = at.and_then(|_| text.find(part));
        within.map(|start| {
            let end = text[start..]
                .find("\n}")
                .map_or(text.len(), |length| start + length);
            &text[start..end]
        })
    })
}

#[test]
fn required_provider_has_a_version_in_every_example() {
    let mut found = 0;
    for Example { place, text } in all() {
        for (at, _) in text.match_indices("\"motherduck-rs/motherduck\"") {
            found += 1;
            let rest = text[at..].split('}').next().unwrap();
            assert!(
                rest.contains("version"),
                "{place}: the provider is named without a `version`"
            );
        }
    }
    assert!(found > 3, "the search has found {found} places only");
}

#[test]
fn example_tokens_have_a_ttl_or_a_stated_reason() {
    let mut found = 0;
    for Example { place, text } in all() {
        for block in of_kind(&text, "resource \"motherduck_token\"") {
            found += 1;
            assert!(
                block.contains("ttl ") || block.contains("Never expires"),
                "{place}: a token without a `ttl`, and no comment `Never expires, because …`:\n{block}"
            );
        }
    }
    assert!(found > 5, "the search has found {found} tokens only");
}

#[test]
fn examples_and_guides_are_formatted() {
    let target = target_dir_of(Path::new(env!("CARGO_BIN_EXE_terraform-provider-motherduck"))).unwrap();
    let cli = Cli::find(&Environment::of_process(), &target).unwrap_or_else(|error| panic!("{error}"));
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for Example { place, text } in all() {
        let path = folder.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let run = Command::new(cli.program())
        .args(["fmt", "-check", "-diff", "-recursive", "-no-color"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        run.status.success(),
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn link_targets_exist_and_the_index_links_every_guide() {
    let docs = root().join("docs");
    for path in files(&docs) {
        let page = fs::read_to_string(&path).unwrap();
        let prose: String = page.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            let path_of_target = path.parent().unwrap().join(target);
            assert!(path_of_target.is_file(), "{} links to {target}", path.display());
        }
    }
    let index = fs::read_to_string(docs.join("index.md")).unwrap();
    for guide in files(&docs.join("guides")) {
        let name = guide.file_name().unwrap().to_str().unwrap();
        assert!(
            index.contains(&format!("(guides/{name})")),
            "the index page does not name {name}"
        );
    }
}
