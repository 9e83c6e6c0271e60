//! The platforms of a release, as Terraform and Rust name them.

use std::env::consts;
use std::fmt;

/// An operating system and a processor, as `linux_amd64`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Platform {
    os: &'static str,
    arch: &'static str,
}

impl Platform {
    /// Returns the platform for which this program was built.
    pub fn of_this_build() -> Self {
        Self {
            os: match consts::OS {
                "macos" => "darwin",
                other => other,
            },
            arch: match consts::ARCH {
                "x86_64" => "amd64",
                "aarch64" => "arm64",
                "x86" => "386",
                other => other,
            },
        }
    }

    /// Whether releases have a package for it.
    pub fn is_released(self) -> bool {
        matches!(self.os, "linux" | "darwin") && matches!(self.arch, "amd64" | "arm64")
    }

    /// Whether its programs are linked statically.
    pub fn is_static(self) -> bool {
        self.os == "linux"
    }

    /// Returns Rust's target triple.
    pub(crate) fn triple(self) -> String {
        let arch = match self.arch {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            other => other,
        };
        match self.os {
            "linux" => format!("{arch}-unknown-linux-gnu"),
            "darwin" => format!("{arch}-apple-darwin"),
            other => format!("{arch}-{other}"),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.os, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_has_names_of_terraform_and_rust() {
        let cases = [
            ("linux", "amd64", "linux_amd64", "x86_64-unknown-linux-gnu"),
            ("linux", "arm64", "linux_arm64", "aarch64-unknown-linux-gnu"),
            ("darwin", "arm64", "darwin_arm64", "aarch64-apple-darwin"),
        ];
        for (os, arch, name, triple) in cases {
            let platform = Platform { os, arch };
            assert_eq!(platform.to_string(), name);
            assert_eq!(platform.triple(), triple);
            assert!(platform.is_released());
        }
        let windows = Platform {
            os: "windows",
            arch: "amd64",
        };
        assert!(!windows.is_released());
    }
}
