//! Features of Terraform and OpenTofu that are newer than the oldest supported versions.

use super::{Cli, Minor};

/// A feature that requires a certain version of Terraform or OpenTofu.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Feature {
    /// `removed` blocks.
    Removed,
    /// Functions of providers.
    Functions,
    /// `moved` blocks between resource types.
    Moves,
    /// Ephemeral resources, variables and outputs.
    Ephemeral,
    /// Write-only arguments.
    WriteOnly,
    /// Import by identity.
    Identity,
    /// List resources, `query` and generated configuration.
    Query,
    /// Actions.
    Actions,
}

impl Feature {
    /// Returns Terraform's first version with it.
    pub fn terraform(self) -> Minor {
        match self {
            Self::Removed => Minor(1, 7),
            Self::Functions | Self::Moves => Minor(1, 8),
            Self::Ephemeral => Minor(1, 10),
            Self::WriteOnly => Minor(1, 11),
            Self::Identity => Minor(1, 12),
            Self::Query | Self::Actions => Minor(1, 14),
        }
    }

    /// Returns OpenTofu's first version with it, if there is one.
    pub fn opentofu(self) -> Option<Minor> {
        match self {
            Self::Removed | Self::Functions => Some(Minor(1, 7)),
            Self::Moves => Some(Minor(1, 10)),
            Self::Ephemeral | Self::WriteOnly => Some(Minor(1, 11)),
            Self::Identity => Some(Minor(1, 12)),
            Self::Query | Self::Actions => None,
        }
    }

    /// Whether a program has the feature, by its name and version.
    pub fn is_in(self, cli: &Cli) -> bool {
        let since = match cli.name() {
            "OpenTofu" => self.opentofu(),
            _ => Some(self.terraform()),
        };
        since.is_some_and(|since| cli.minor() >= since)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::cli::Environment;
    use crate::testing::fake;

    #[test]
    fn features_have_different_versions_in_terraform_and_opentofu() {
        let cli = |version: &str| {
            let root = TempDir::new().unwrap();
            fake(root.path(), "terraform", &format!("echo '{version}'"));
            Cli::find(&Environment::of_path([root.path()]), root.path()).unwrap()
        };

        assert!(Feature::Moves.is_in(&cli("Terraform v1.8.4")));
        assert!(!Feature::Moves.is_in(&cli("Terraform v1.7.5")));
        assert!(!Feature::Moves.is_in(&cli("OpenTofu v1.9.1")));
        assert!(Feature::Moves.is_in(&cli("OpenTofu v1.10.0")));
        assert!(Feature::Functions.is_in(&cli("OpenTofu v1.7.0")));
        assert!(Feature::Actions.is_in(&cli("Terraform v1.15.5")));
        assert!(!Feature::Actions.is_in(&cli("OpenTofu v1.99.0")));
    }
}
