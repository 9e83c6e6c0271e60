//! The registry's pages in `docs/` are made from the schemas and the examples, so they cannot drift.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes them anew; without it a difference fails.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use motherduck_provider::framework::{Attribute, Kind, Nesting, Presence, Provider as _, Schema, Type};
use motherduck_provider::provider::MotherDuck;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn example(path: &str) -> String {
    let path = root().join("examples").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The name of a type as the registry writes it.
fn type_name(attribute: &Attribute) -> String {
    fn plain(of: &Type) -> String {
        match of {
            Type::Bool => "Boolean".into(),
            Type::Number => "Number".into(),
            Type::String => "String".into(),
            Type::Dynamic => "Dynamic".into(),
            Type::List(of) => format!("List of {}", plain(of)),
            Type::Set(of) => format!("Set of {}", plain(of)),
            Type::Map(of) => format!("Map of {}", plain(of)),
            Type::Tuple(_) => "Tuple".into(),
            Type::Object(_) => "Object".into(),
        }
    }
    match &attribute.kind {
        Kind::Plain(of) => plain(of),
        Kind::Nested(Nesting::Single, _) => "Attributes".into(),
        Kind::Nested(Nesting::List, _) => "Attributes List".into(),
        Kind::Nested(Nesting::Set, _) => "Attributes Set".into(),
        Kind::Nested(Nesting::Map, _) => "Attributes Map".into(),
    }
}

/// The attributes by who sets them, each group in the order of the alphabet.
fn attributes(page: &mut String, attributes: &[Attribute], heading: fn(&str) -> String, prefix: &str) {
    let groups: [(&str, &[Presence]); 3] = [
        ("Required", &[Presence::Required]),
        ("Optional", &[Presence::Optional, Presence::OptionalComputed]),
        ("Read-Only", &[Presence::Computed]),
    ];
    for (group, presences) in groups {
        let mut members: Vec<&Attribute> = attributes
            .iter()
            .filter(|attribute| presences.contains(&attribute.presence))
            .collect();
        members.sort_by_key(|attribute| attribute.name);
        if members.is_empty() {
            continue;
        }
        write!(page, "\n{}\n\n", heading(group)).unwrap();
        for attribute in members {
            assert!(
                !attribute.description.is_empty(),
                "{prefix}{} has no description",
                attribute.name
            );
            let sensitive = if attribute.sensitive { ", Sensitive" } else { "" };
            write!(
                page,
                "- `{}` ({}{sensitive}) {}",
                attribute.name,
                type_name(attribute),
                attribute.description
            )
            .unwrap();
            if matches!(attribute.kind, Kind::Nested(..)) {
                let anchor = format!("{prefix}{}", attribute.name).replace('.', "--");
                write!(page, " (see [below for nested schema](#nestedatt--{anchor}))").unwrap();
            }
            page.push('\n');
        }
    }
    for attribute in attributes {
        if let Kind::Nested(_, nested) = &attribute.kind {
            let path = format!("{prefix}{}", attribute.name);
            let anchor = path.replace('.', "--");
            write!(
                page,
                "\n<a id=\"nestedatt--{anchor}\"></a>\n### Nested Schema for `{path}`\n"
            )
            .unwrap();
            self::attributes(page, nested, |group| format!("{group}:"), &format!("{path}."));
        }
    }
}

fn page(title: &str, heading: &str, schema: &Schema, usage: &str, import: Option<&str>) -> String {
    let mut page = format!(
        "---\npage_title: \"{title}\"\nsubcategory: \"\"\ndescription: |-\n  {0}\n---\n\n# {heading}\n\n{0}\n\n\
         ## Example Usage\n\n```terraform\n{usage}```\n\n## Schema\n",
        schema.description
    );
    attributes(&mut page, &schema.attributes, |group| format!("### {group}"), "");
    if let Some(import) = import {
        write!(page, "\n## Import\n\n```shell\n{import}```\n").unwrap();
    }
    page
}

fn pages() -> Vec<(PathBuf, String)> {
    let provider = MotherDuck::new(Box::new(|_| None));
    let mut pages = vec![(
        PathBuf::from("index.md"),
        page(
            "Provider: MotherDuck",
            "MotherDuck Provider",
            &provider.schema(),
            &example("provider/provider.tf"),
            None,
        ),
    )];
    for resource in provider.resources() {
        let name = resource.type_name();
        let short = name
            .strip_prefix("motherduck_")
            .expect("every type name starts with the provider's");
        let folder = format!("resources/{name}");
        pages.push((
            Path::new("resources").join(format!("{short}.md")),
            page(
                &format!("{name} Resource - motherduck"),
                &format!("{name} (Resource)"),
                &resource.schema(),
                &example(&format!("{folder}/resource.tf")),
                Some(&example(&format!("{folder}/import.sh"))),
            ),
        ));
    }
    pages
}

#[test]
fn the_pages_say_what_the_schemas_and_examples_say() {
    let docs = root().join("docs");
    for (path, expected) in pages() {
        let path = docs.join(path);
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(path.parent().expect("a page has a folder")).unwrap();
            fs::write(&path, &expected).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == expected,
            "{} is not what the schemas and examples say; run `UPDATE_DOCS=1 cargo test --test docs` and look at the difference",
            path.display()
        );
    }
}
