//! `cargo xtask install` and `cargo xtask uninstall`: install a build where `init` finds it, without a
//! registry and without changing the user's CLI configuration.
//!
//! Terraform and OpenTofu search `~/.terraform.d/plugins` before they query a registry, each under the name
//! of its own registry. A `provider_installation` block of the user may exclude the folder; the report then
//! says what to add.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::cli::Environment;
use crate::file_error::FileError;
use crate::programs::Failure;
use crate::terraform::{PROVIDER_ADDRESS, PROVIDER_VERSION, REGISTRIES, package_file};

/// Copies a provider into the user's plugin folder for both registries, and returns a report for the user.
pub fn install(environment: &Environment, provider: &Path) -> Result<String, Failure> {
    let folders = Folders::new(environment)?;
    let mut report = String::new();
    if let Some(moved) = folders.moves_opentofu(environment) {
        let _ = writeln!(
            report,
            "Note: OpenTofu keeps its settings in {} only while {} does not exist, and that folder is new.",
            moved.display(),
            folders.settings.display()
        );
    }
    for file in folders.files() {
        copy(provider, &file)?;
        let _ = writeln!(report, "installed {}", file.display());
    }
    let mut when = "now";
    for file in folders.configurations(environment) {
        match Configuration::parse(&fs::read_to_string(&file).unwrap_or_default()) {
            Configuration::Usual => {}
            Configuration::Own => {
                when = "after this change";
                let _ = write!(
                    report,
                    "\n{} has a provider_installation block, so the folder is not searched. Add this to the block:\n\n\
                     {}\nand `exclude = [\"{PROVIDER_ADDRESS}\"]` to each of its other methods.\n",
                    file.display(),
                    folders.method(),
                );
            }
            Configuration::Overridden => {
                when = "after this change";
                let _ = writeln!(
                    report,
                    "\n{} has a dev_overrides entry for {PROVIDER_ADDRESS}, which is used instead. Remove it to use \
                     what was installed.",
                    file.display()
                );
            }
        }
    }
    let _ = write!(
        report,
        "\n`terraform init` and `tofu init` find version {PROVIDER_VERSION} {when}. Where .terraform.lock.hcl holds the \
         checksum of an earlier build of this version, delete that file before you run `init` again.\n"
    );
    Ok(report)
}

/// Removes the provider from the user's plugin folder, and folders that are then empty. Returns a report.
pub fn uninstall(environment: &Environment) -> Result<String, Failure> {
    let folders = Folders::new(environment)?;
    let mut report = String::new();
    for file in folders.files() {
        match fs::remove_file(&file) {
            Ok(()) => {
                let _ = writeln!(report, "removed {}", file.display());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let _ = writeln!(report, "not installed: {}", file.display());
            }
            Err(error) => return Err(FileError::io("remove", &file)(error).into()),
        }
        // Removing fails for a folder that is not empty: files of others remain, and so do the folders above
        // them.
        for folder in file
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(&folders.settings))
        {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
    for host in REGISTRIES {
        let place = folders.plugins().join(host).join(PROVIDER_ADDRESS);
        for other in fs::read_dir(&place).into_iter().flatten().flatten() {
            let _ = writeln!(report, "not removed: {}", other.path().display());
        }
    }
    Ok(report)
}

/// The user's folders.
struct Folders {
    home: PathBuf,
    /// `~/.terraform.d`
    settings: PathBuf,
}

impl Folders {
    fn new(environment: &Environment) -> Result<Self, Failure> {
        let Some(home) = environment.get("HOME").map(PathBuf::from) else {
            return Failure::unexpected(
                "HOME is not set; it names the folder that holds .terraform.d/plugins",
            );
        };
        let settings = home.join(".terraform.d");
        Ok(Self { home, settings })
    }

    fn plugins(&self) -> PathBuf {
        self.settings.join("plugins")
    }

    fn files(&self) -> [PathBuf; 2] {
        REGISTRIES.map(|host| package_file(&self.plugins(), host, PROVIDER_ADDRESS, PROVIDER_VERSION))
    }

    /// Returns the settings folder that OpenTofu stops using as soon as `~/.terraform.d` exists.
    fn moves_opentofu(&self, environment: &Environment) -> Option<PathBuf> {
        let folder = Path::new(environment.get("XDG_CONFIG_HOME")?).join("opentofu");
        (folder.is_dir() && !self.settings.exists()).then_some(folder)
    }

    /// Returns the existing CLI configuration files of the two programs.
    fn configurations(&self, environment: &Environment) -> Vec<PathBuf> {
        if let Some(named) = environment.get("TF_CLI_CONFIG_FILE") {
            return vec![named.into()];
        }
        let xdg = environment
            .get("XDG_CONFIG_HOME")
            .map(|folder| Path::new(folder).join("opentofu/tofurc"));
        [".terraformrc", ".tofurc"]
            .map(|name| self.home.join(name))
            .into_iter()
            .chain(xdg)
            .filter(|file| file.is_file())
            .collect()
    }

    /// Returns the installation method to add to a `provider_installation` block.
    fn method(&self) -> String {
        format!(
            "  filesystem_mirror {{\n    path    = \"{}\"\n    include = [\"{PROVIDER_ADDRESS}\"]\n  }}\n",
            self.plugins().display()
        )
    }
}

/// The effect of a CLI configuration on an installed provider.
#[derive(Debug, PartialEq)]
enum Configuration {
    /// The plugin folder is searched.
    Usual,
    /// The block has its own methods, and the plugin folder is not one of them.
    Own,
    /// The provider is loaded from the folder of a development build.
    Overridden,
}

impl Configuration {
    fn parse(text: &str) -> Self {
        // Comments are ignored. A block comment around a whole block is so rare that an unnecessary hint does
        // no harm.
        let code: String = text
            .lines()
            .map(str::trim_start)
            .filter(|line| !line.starts_with('#') && !line.starts_with("//"))
            .flat_map(|line| [line, "\n"])
            .collect();
        if !code.contains("provider_installation") {
            return Self::Usual;
        }
        let overrides = code
            .split_once("dev_overrides")
            .and_then(|(_, rest)| rest.split_once('}'))
            .is_some_and(|(block, _)| block.contains(PROVIDER_ADDRESS));
        if overrides {
            Self::Overridden
        } else if code.contains("filesystem_mirror") && code.contains(".terraform.d/plugins") {
            Self::Usual
        } else {
            Self::Own
        }
    }
}

/// Replaces a program in one step, so that a process that runs the old one is not affected.
fn copy(program: &Path, to: &Path) -> Result<(), FileError> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(FileError::io("create", folder))?;
    let part = folder.join(".installing");
    fs::copy(program, &part).map_err(FileError::io("write", &part))?;
    fs::rename(&part, to).map_err(FileError::io("write", to))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    struct Home {
        folder: TempDir,
        environment: Environment,
    }

    impl Home {
        fn new() -> Self {
            let folder = TempDir::new().unwrap();
            let environment = [("HOME", folder.path())].into_iter().collect();
            Self { folder, environment }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        /// Installs a provider with this content.
        fn install(&self, text: &str) -> String {
            let build = TempDir::new().unwrap();
            let provider = build.path().join("provider");
            fs::write(&provider, text).unwrap();
            install(&self.environment, &provider).unwrap()
        }

        /// Returns the installed files.
        fn installed(&self) -> Vec<PathBuf> {
            let folders = Folders::new(&self.environment).unwrap();
            folders
                .files()
                .into_iter()
                .filter(|file| file.is_file())
                .collect()
        }
    }

    #[test]
    fn second_install_replaces_the_first_and_uninstall_removes_it() {
        let home = Home::new();
        home.install("one");
        let report = home.install("two");
        assert_eq!(home.installed().len(), 2);
        for file in home.installed() {
            assert_eq!(fs::read_to_string(&file).unwrap(), "two");
            assert!(
                report.contains(&format!("installed {}", file.display())),
                "{report}"
            );
        }
        assert!(!report.contains("provider_installation"), "{report}");

        let report = uninstall(&home.environment).unwrap();
        assert_eq!(report.matches("removed ").count(), 2, "{report}");
        assert_eq!(fs::read_dir(home.folder.path()).unwrap().count(), 0);

        let again = uninstall(&home.environment).unwrap();
        assert_eq!(again.matches("not installed: ").count(), 2, "{again}");
    }

    #[test]
    fn uninstall_leaves_other_files() {
        let home = Home::new();
        let other = ".terraform.d/plugins/registry.terraform.io/motherduck-rs/motherduck/0.0.1/plan9_amd64/x";
        home.write(other, "another version");
        home.write(".terraform.d/credentials.tfrc.json", "{}");
        home.install("one");
        let report = uninstall(&home.environment).unwrap();
        assert!(home.path(other).is_file());
        assert!(home.path(".terraform.d/credentials.tfrc.json").is_file());
        assert!(!home.path(".terraform.d/plugins/registry.opentofu.org").exists());
        assert!(
            report.contains("not removed: ") && report.contains("0.0.1"),
            "{report}"
        );
    }

    #[test]
    fn install_prints_lines_to_add_to_a_provider_installation_block() {
        let own = "provider_installation {\n  direct {}\n}\n";
        for (name, variables) in [
            (".terraformrc", None),
            (".tofurc", None),
            ("xdg/opentofu/tofurc", Some("XDG_CONFIG_HOME")),
            ("named.tfrc", Some("TF_CLI_CONFIG_FILE")),
        ] {
            let mut home = Home::new();
            home.write(name, own);
            match variables {
                Some("XDG_CONFIG_HOME") => home.environment.set("XDG_CONFIG_HOME", home.path("xdg")),
                Some(variable) => home.environment.set(variable, home.path(name)),
                None => {}
            }
            let report = home.install("one");
            for expected in [
                home.path(name).display().to_string(),
                format!("path    = \"{}\"", home.path(".terraform.d/plugins").display()),
                "include = [\"motherduck-rs/motherduck\"]".to_owned(),
            ] {
                assert!(
                    report.contains(&expected),
                    "{name}: {expected} is not in {report}"
                );
            }
            assert_eq!(home.installed().len(), 2, "{name}");
        }
    }

    #[test]
    fn install_reports_a_settings_folder_that_opentofu_no_longer_uses() {
        let mut home = Home::new();
        home.write("xdg/opentofu/credentials.tfrc.json", "{}");
        home.environment.set("XDG_CONFIG_HOME", home.path("xdg"));
        let folder = home.path("xdg/opentofu").display().to_string();
        assert!(home.install("one").contains(&folder));
        assert!(!home.install("two").contains(&folder), "it was left already");
    }

    #[test]
    fn cli_configuration_is_classified_by_its_blocks() {
        let cases = [
            ("", Configuration::Usual),
            ("plugin_cache_dir = \"/cache\"", Configuration::Usual),
            ("# provider_installation {", Configuration::Usual),
            ("  // provider_installation {", Configuration::Usual),
            ("provider_installation {\n  direct {}\n}", Configuration::Own),
            (
                "provider_installation {\n  filesystem_mirror {\n    path = \"/mirror\"\n  }\n}",
                Configuration::Own,
            ),
            (
                "provider_installation {\n  filesystem_mirror {\n    path = \"/home/me/.terraform.d/plugins\"\n  }\n}",
                Configuration::Usual,
            ),
            (
                "provider_installation {\n  dev_overrides {\n    \"motherduck-rs/motherduck\" = \"/t\"\n  }\n  direct {}\n}",
                Configuration::Overridden,
            ),
            (
                "provider_installation {\n  dev_overrides {\n    \"other/other\" = \"/t\"\n  }\n  direct {}\n}",
                Configuration::Own,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(Configuration::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn missing_home_variable_is_an_error() {
        let error = uninstall(&Environment::of_path([])).unwrap_err().to_string();
        assert!(error.contains("HOME"), "{error}");
    }
}
