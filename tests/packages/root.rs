//! A root folder with only the files of a test, and programs that run in it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use nix::unistd::geteuid;
use tempfile::TempDir;
use xtask::cli::Environment;
use xtask::package::{Platform, Profile, static_provider};
use xtask::terraform::{PROVIDER_ADDRESS, PROVIDER_VERSION, REQUIRED_PROVIDERS, words};

/// The path of the provider in every root.
pub(crate) const PROVIDER_IN_ROOT: &str = "/provider";

/// Returns the provider as a static binary, which is built once for all tests.
fn provider() -> &'static Path {
    static PROVIDER: OnceLock<PathBuf> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let environment = Environment::of_process();
        static_provider(&environment, Path::new(crate::SOURCES), Profile::Debug)
            .unwrap_or_else(|error| panic!("{error}"))
    })
}

/// A folder that is the root of the file system for the programs in it.
pub(crate) struct Root {
    folder: TempDir,
}

impl Root {
    /// Creates a root with the provider and a folder for temporary files.
    pub(crate) fn new() -> Self {
        let folder = crate::folder("root-");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let root = Self { folder };
        root.place(provider(), PROVIDER_IN_ROOT);
        fs::create_dir(root.path("/tmp")).unwrap();
        root
    }

    /// Creates a root that also has a configuration and the system's Terraform. Returns `None` if that is not
    /// a static binary.
    pub(crate) fn with_terraform(main: &str) -> Option<Self> {
        let root = Self::new();
        let terraform = Environment::of_process().find_program("terraform")?;
        root.place(&terraform, "/terraform");
        let started = root.command("/terraform").arg("version").output().unwrap();
        if !started.status.success() {
            eprintln!("{} is no static binary", terraform.display());
            return None;
        }
        let mirrored = format!(
            "/mirror/registry.terraform.io/{PROVIDER_ADDRESS}/{PROVIDER_VERSION}/{}/\
             terraform-provider-motherduck_v{PROVIDER_VERSION}",
            Platform::of_this_build()
        );
        root.place(provider(), &mirrored);
        root.write(
            "/cli.tfrc",
            "provider_installation {\n  filesystem_mirror {\n    path = \"/mirror\"\n  }\n}\n",
        );
        root.write("/module/versions.tf", REQUIRED_PROVIDERS);
        root.write("/module/main.tf", main);
        Some(root)
    }

    /// Returns a path of this root as seen from outside.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside.trim_start_matches('/'))
    }

    pub(crate) fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn place(&self, file: &Path, inside: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if fs::hard_link(file, &path).is_err() {
            fs::copy(file, &path).unwrap();
        }
    }

    /// Returns a command that runs a program of this root without access to other files. Users other than
    /// root need a user namespace for it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command;
        if geteuid().is_root() {
            command = Command::new("chroot");
            command.arg(self.folder.path());
        } else {
            command = Command::new("unshare");
            command.arg("--map-root-user");
            command.arg(format!("--root={}", self.folder.path().display()));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .arg(program)
            .env_clear()
            // `chroot` and `unshare` are found with this; inside the root it has no meaning.
            .env("PATH", path)
            .stdin(Stdio::null());
        command
    }

    /// Runs Terraform with the configuration.
    pub(crate) fn terraform(&self, url: &str, arguments: &[&str]) -> Output {
        self.command("/terraform")
            .arg("-chdir=/module")
            .args(arguments)
            .arg("-no-color")
            .env("HOME", "/")
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_INPUT", "0")
            .env("TF_CLI_CONFIG_FILE", "/cli.tfrc")
            .env("MOTHERDUCK_API_BASE_URL", url)
            .env("MOTHERDUCK_ADMIN_TOKEN", DEFAULT_ADMIN_TOKEN)
            .output()
            .unwrap()
    }

    /// Returns the minor version of Terraform.
    pub(crate) fn terraform_minor(&self) -> u32 {
        let output = self.command("/terraform").arg("version").output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let minor = printed.split('.').nth(1).and_then(|minor| minor.parse().ok());
        minor.unwrap_or_else(|| panic!("{printed}"))
    }

    /// Runs Terraform, which must exit with a code, and returns its output.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, url: &str, arguments: &[&str]) -> String {
        let output = self.terraform(url, arguments);
        let printed = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{printed}");
        words(&printed)
    }
}
