//! The Terraform or OpenTofu program of a story.

use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use xtask::cli::{Cli, Environment, Feature, Minor, Release, target_dir_of};

/// The provider binary.
pub(crate) const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-motherduck");

/// The file in a story's folder that records the arguments of every started provider.
const ARGUMENTS: &str = "arguments.log";

/// The file that records their environments.
pub(super) const ENVIRONMENTS: &str = "environments.log";

/// Writes a program to a story's folder that records its arguments and environment there and then executes
/// the provider.
pub(super) fn write_recording_wrapper(folder: &Path) -> PathBuf {
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$0\" \"$@\" >>'{folder}/{ARGUMENTS}'\nenv >>'{folder}/{ENVIRONMENTS}'\nexec '{PROVIDER}' \"$@\"\n",
        folder = folder.display(),
    );
    let program = folder.join("provider");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    program
}

/// The oldest version, of either product, with everything that stories without a [`Feature`] use.
const OLDEST: Minor = Minor(1, 6);

/// Returns the program for all stories without a feature. If none is found, every story fails with a message
/// that says what to install.
#[track_caller]
pub(crate) fn usual() -> &'static Cli {
    static USUAL: OnceLock<Result<Cli, String>> = OnceLock::new();
    let found = USUAL.get_or_init(|| {
        let cli = Cli::find(&Environment::of_process(), &target_dir()?).map_err(|error| error.to_string())?;
        if cli.minor() < OLDEST {
            return Err(format!(
                "the stories use what {name} has from {OLDEST} on, and {} is {name} {}; put a newer one on PATH or name \
                 one in TF_ACC_TERRAFORM_PATH",
                cli.program().display(),
                cli.version(),
                name = cli.name(),
            ));
        }
        Ok(cli)
    });
    expect(found)
}

/// Returns a program with this feature: the usual one, or else the newest Terraform that can be prepared.
///
/// `cargo matrix` reads from the folder of a story's file which versions can run it.
#[track_caller]
pub(super) fn with(feature: Feature) -> &'static Cli {
    let folder = format!("since_{}", feature.terraform().to_string().replace('.', "_"));
    let file = Path::new(Location::caller().file());
    assert!(
        file.iter().any(|part| part == folder.as_str()),
        "Terraform has {feature:?} from {} on: the stories about it belong in tests/cli/{folder}/, not in {}",
        feature.terraform(),
        file.display(),
    );

    let usual = usual();
    if feature.is_in(usual) {
        usual
    } else {
        newest(usual)
    }
}

/// Returns Terraform in exactly this version.
#[track_caller]
pub(super) fn exactly(version: &str) -> Cli {
    let found = target_dir().and_then(|target| {
        Cli::exactly(&Environment::of_process(), &target, version).map_err(|error| error.to_string())
    });
    found.unwrap_or_else(|why| panic!("{why}"))
}

/// Returns the newest Terraform that can be prepared, because the usual one is too old.
#[track_caller]
fn newest(usual: &Cli) -> &'static Cli {
    static NEWEST: OnceLock<Result<Cli, String>> = OnceLock::new();
    let found = NEWEST.get_or_init(|| {
        Cli::prepare(&Environment::of_process(), &target_dir()?, Release::NEWEST).map_err(|error| {
            format!(
                "{} {} is too old for this story, and {error}\n\
                 Or name a newer Terraform in TF_ACC_TERRAFORM_PATH.",
                usual.name(),
                usual.version()
            )
        })
    });
    expect(found)
}

fn target_dir() -> Result<PathBuf, String> {
    target_dir_of(Path::new(PROVIDER)).ok_or_else(|| "the build has no target folder".to_owned())
}

#[track_caller]
fn expect(found: &'static Result<Cli, String>) -> &'static Cli {
    match found {
        Ok(cli) => cli,
        Err(why) => panic!("{why}"),
    }
}
