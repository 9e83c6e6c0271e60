//! The environment as a value, so that tests pass their own and never change the process's.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::{env, fmt};

/// A set of environment variables.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Returns the variables of this process.
    pub fn of_process() -> Self {
        env::vars_os().collect()
    }

    /// Returns a variable's value. An empty one counts as unset.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// Returns all variables, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Returns the first executable file of that name in the folders of `PATH`.
    ///
    /// Relative folders are skipped, so that the result does not depend on the working directory.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        env::split_paths(self.get("PATH")?)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(name))
            .find(|program| is_executable(program))
    }

    /// Returns the environment for running Terraform on a module of this project, without variables that
    /// change the behaviour of Terraform, OpenTofu or the provider.
    ///
    /// `TF_*`, `MOTHERDUCK_*` in any letter case, and the folders of the user's configuration are removed.
    #[must_use]
    pub fn cleaned(&self) -> Self {
        let mut kept: Self = self
            .iter()
            .filter(|(name, _)| {
                let name = name.to_string_lossy().to_ascii_uppercase();
                !["TF_", "MOTHERDUCK_", "XDG_"]
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
                    && name != "TERRAFORM_CONFIG"
            })
            .collect();
        kept.set("CHECKPOINT_DISABLE", "1");
        kept
    }

    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// An environment for tests, with only a `PATH` of these folders.
    #[cfg(test)]
    pub(crate) fn of_path<const N: usize>(folders: [&Path; N]) -> Self {
        [(
            "PATH",
            env::join_paths(folders).expect("folders of a test have no colon"),
        )]
        .into_iter()
        .collect()
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }
}

/// Prints only names, because values may be tokens.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

/// Whether the path is an executable file.
pub(crate) fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaned_removes_variables_of_terraform_and_the_provider() {
        let environment: Environment = [
            ("PATH", "/bin"),
            ("TF_CLI_ARGS_plan", "-destroy"),
            ("TF_CLI_CONFIG_FILE", "/home/someone/.terraformrc"),
            ("TERRAFORM_CONFIG", "/home/someone/.terraformrc"),
            ("MOTHERDUCK_TOKEN", "a real one"),
            ("motherduck_token", "another"),
            ("XDG_CONFIG_HOME", "/home/someone/.config"),
            ("HTTPS_PROXY", "http://proxy:3128"),
        ]
        .into_iter()
        .collect();

        let names: Vec<_> = environment
            .cleaned()
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect();

        assert_eq!(names, ["CHECKPOINT_DISABLE", "HTTPS_PROXY", "PATH"]);
    }

    #[test]
    fn debug_prints_names_without_values() {
        let environment: Environment = [("MOTHERDUCK_TOKEN", "s3cret")].into_iter().collect();

        assert_eq!(format!("{environment:?}"), r#"{"MOTHERDUCK_TOKEN"}"#);
    }

    #[test]
    fn empty_variable_is_unset() {
        let environment: Environment = [("PATH", "")].into_iter().collect();

        assert_eq!(environment.get("PATH"), None);
        assert_eq!(environment.find_program("sh"), None);
    }
}
