//! The output for a user who starts the program by hand. It is part of the program, not of the library.

use std::env;

/// Returns the text for a user who starts the program by hand.
pub(crate) fn how_to_install(source: &str, version: &str) -> String {
    let executable = env::current_exe().ok();
    let directory = executable
        .as_deref()
        .and_then(|path| path.parent())
        .and_then(|path| path.to_str());
    let directory = directory.unwrap_or("/path/to/the/directory/of/this/program");
    // These are Go's names of platforms, under which Terraform and OpenTofu look for a plugin.
    let os = if env::consts::OS == "macos" {
        "darwin"
    } else {
        env::consts::OS
    };
    let arch = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!(
        r#"This is the MotherDuck provider, version {version}: a plugin that Terraform or OpenTofu starts.
It is not meant to be run by hand.

To try this very program, name its directory in ~/.terraformrc (Terraform) or ~/.tofurc (OpenTofu):

  provider_installation {{
    dev_overrides {{
      "{source}" = "{directory}"
    }}
    direct {{}}
  }}

To install it for `init`, copy it into a filesystem mirror, for Terraform and for OpenTofu:

  ~/.terraform.d/plugins/registry.terraform.io/{source}/{version}/{os}_{arch}/
  ~/.terraform.d/plugins/registry.opentofu.org/{source}/{version}/{os}_{arch}/

To serve under a debugger, start it with --debug.
More: https://github.com/motherduck-rs/terraform-provider-motherduck"#
    )
}
