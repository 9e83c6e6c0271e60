//! Checks the dependencies of the lock file against the policy of `deny.toml`.
//!
//! `cargo deny` checks the same file and also advisories. Its build takes minutes and needs the network, so
//! it runs once a week and not here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use cargo_metadata::semver::{Version, VersionReq};
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand, Package};
use serde::Deserialize;
use spdx::{Expression, LicenseReq};

#[derive(Deserialize)]
struct Policy {
    graph: Targets,
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Targets {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Bans {
    deny: Vec<Banned>,
    skip: Vec<Skipped>,
    multiple_versions: String,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    wrappers: Vec<String>,
}

#[derive(Deserialize)]
struct Skipped {
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    unknown_registry: String,
    unknown_git: String,
}

fn policy() -> Policy {
    let file = Path::new(crate::SOURCES).join("deny.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The packages of a build for one platform.
struct Graph {
    metadata: Metadata,
    /// Names and versions. Cargo's metadata also contains packages of unused optional features.
    used: BTreeSet<(String, String)>,
}

impl Graph {
    fn uses(&self, package: &Package) -> bool {
        let key = (package.name.to_string(), package.version.to_string());
        self.used.contains(&key)
    }
}

/// Returns the packages that Cargo selects from the lock file for each platform of a release. Fails if the
/// lock file is incomplete.
fn graphs() -> &'static [Graph] {
    static GRAPHS: LazyLock<Vec<Graph>> = LazyLock::new(|| {
        let targets = policy().graph.targets;
        targets
            .iter()
            .map(|target| Graph {
                metadata: metadata(target),
                used: used(target),
            })
            .collect()
    });
    &GRAPHS
}

fn metadata(target: &str) -> Metadata {
    MetadataCommand::new()
        .current_dir(crate::SOURCES)
        .features(CargoOpt::AllFeatures)
        .other_options(
            ["--locked", "--filter-platform", target]
                .map(str::to_owned)
                .to_vec(),
        )
        .exec()
        .unwrap_or_else(|error| panic!("{target}: {error}"))
}

fn used(target: &str) -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--workspace",
            "--all-features",
            "--target",
            target,
        ])
        .args([
            "--edges",
            "normal,build,dev",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(crate::SOURCES)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let name = words.next()?.to_owned();
            let version = words.next()?.strip_prefix('v')?.to_owned();
            Some((name, version))
        })
        .collect()
}

/// Returns the packages of all graphs, each once, by name and version.
fn packages() -> BTreeMap<(String, String), Package> {
    graphs()
        .iter()
        .flat_map(|graph| {
            graph
                .metadata
                .packages
                .iter()
                .filter(|package| graph.uses(package))
                .cloned()
                .collect::<Vec<_>>()
        })
        .map(|package| ((package.name.to_string(), package.version.to_string()), package))
        .collect()
}

#[track_caller]
fn expect_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn every_licence_is_allowed() {
    let allowed: Vec<LicenseReq> = policy()
        .licenses
        .allow
        .iter()
        .map(|name| LicenseReq::from(spdx::license_id(name).unwrap_or_else(|| panic!("{name}"))))
        .collect();
    let satisfied = |text: &str| {
        Expression::parse_mode(text, spdx::ParseMode::LAX)
            .is_ok_and(|expression| expression.evaluate(|needed| allowed.contains(needed)))
    };
    // The check itself: a license that requires more than a notice fails, alone or in an expression.
    assert!(satisfied("MIT OR GPL-3.0-only") && satisfied("Apache-2.0/MIT"));
    assert!(!satisfied("GPL-3.0-only") && !satisfied("MIT AND GPL-3.0-only") && !satisfied(""));

    let refused: Vec<String> = packages()
        .values()
        .filter(|package| !satisfied(package.license.as_deref().unwrap_or_default()))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.license))
        .collect();
    expect_none("licences that deny.toml does not allow", &refused);
}

#[test]
fn every_package_is_from_the_workspace_or_the_registry() {
    let sources = policy().sources;
    assert_eq!(
        (sources.unknown_registry.as_str(), sources.unknown_git.as_str()),
        ("deny", "deny")
    );
    let own = Path::new(crate::SOURCES);
    let refused: Vec<String> = packages()
        .values()
        .filter(|package| match &package.source {
            Some(source) => !source.is_crates_io(),
            None => !package.manifest_path.starts_with(own),
        })
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.source))
        .collect();
    expect_none("packages from elsewhere", &refused);
}

#[test]
fn no_banned_crate_is_used() {
    let banned = policy().bans.deny;
    let mut refused = BTreeSet::new();
    for graph in graphs() {
        let metadata = &graph.metadata;
        for node in &metadata.resolve.as_ref().unwrap().nodes {
            let user = &metadata[&node.id];
            for dependency in &node.deps {
                let needed = &metadata[&dependency.pkg];
                if !graph.uses(user) || !graph.uses(needed) {
                    continue;
                }
                let ban = banned.iter().find(|banned| banned.name == needed.name.as_str());
                if ban.is_some_and(|ban| !ban.wrappers.iter().any(|name| name == user.name.as_str())) {
                    refused.insert(format!("{}, by {}", needed.name, user.name));
                }
            }
        }
    }
    let refused: Vec<String> = refused.into_iter().collect();
    expect_none("banned crates", &refused);
}

#[test]
fn crate_in_several_versions_is_an_exception_of_the_policy() {
    let bans = policy().bans;
    assert_eq!(bans.multiple_versions, "deny");
    let skipped: Vec<(String, VersionReq)> = bans
        .skip
        .iter()
        .map(|skip| {
            let (name, version) = skip.name.split_once('@').expect("a version, as in `name@1`");
            (name.to_owned(), VersionReq::parse(version).unwrap())
        })
        .collect();
    let mut versions: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for package in packages().into_values() {
        versions
            .entry(package.name.to_string())
            .or_default()
            .push(package.version);
    }
    versions.retain(|_, list| list.len() > 1);
    let accepts = |skip: &(String, VersionReq), name: &str, version: &Version| {
        skip.0 == name && skip.1.matches(version)
    };

    let refused: Vec<String> = versions
        .iter()
        .filter(|(name, list)| {
            let counted = list
                .iter()
                .filter(|version| !skipped.iter().any(|skip| accepts(skip, name, version)));
            counted.count() > 1
        })
        .map(|(name, list)| format!("{name}: {list:?}"))
        .collect();
    expect_none("crates in several versions", &refused);

    let outdated: Vec<String> = skipped
        .iter()
        .filter(|skip| {
            !versions
                .iter()
                .any(|(name, list)| list.iter().any(|version| accepts(skip, name, version)))
        })
        .map(|(name, version)| format!("{name}@{version}"))
        .collect();
    expect_none("exceptions in deny.toml that nothing needs any more", &outdated);
}
