//! The provider as Terraform and OpenTofu start it.

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use motherduck_provider::framework::ProviderService;
use motherduck_provider::panics;
use motherduck_provider::plugin::{self, Host, MESSAGE_LIMIT, Mode};
use motherduck_provider::proto::tfplugin6::provider_server::ProviderServer;
use motherduck_provider::provider::MotherDuck;
use tonic::service::Routes;

const TYPE_NAME: &str = "motherduck";
const SOURCE: &str = "motherduck-rs/motherduck";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// MotherDuck provider for Terraform and OpenTofu.
///
/// A plugin: Terraform or OpenTofu starts it.
#[derive(Parser)]
#[command(name = "terraform-provider-motherduck", version)]
struct Args {
    #[arg(
        long,
        help = "Serve without a host, and print the TF_REATTACH_PROVIDERS line that lets one attach"
    )]
    debug: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let var = |name: &str| env::var(name).ok();
    if !args.debug && !plugin::started_by_host(var) {
        return fail(&how_to_install());
    }
    panics::install_hook();
    plugin::init_logging(TYPE_NAME, var);

    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("[ERROR] cannot start: {error}")),
    };
    let mode = if args.debug {
        Mode::Debug { provider: SOURCE }
    } else {
        Mode::Hosted
    };
    let served = runtime.block_on(plugin::serve(&Host::read(var), mode, services()));
    // The host waits for the process to end: work that is still going on must not hold it up.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("[ERROR] {error}")),
    }
}

/// What is served besides go-plugin's own services.
fn services() -> Routes {
    let provider = MotherDuck::new(Box::new(|name| env::var(name).ok()));
    let service = ProviderServer::new(ProviderService::new(provider))
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT);
    Routes::new(service)
}

/// Standard output is the host's; a closed standard error leaves nobody to tell.
fn fail(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::FAILURE
}

/// What a person sees who starts the program by hand.
fn how_to_install() -> String {
    let executable = env::current_exe().ok();
    let directory = executable
        .as_deref()
        .and_then(|path| path.parent())
        .and_then(|path| path.to_str());
    let directory = directory.unwrap_or("/path/to/the/directory/of/this/program");
    // The names of Go, in which Terraform and OpenTofu look for a plugin of their platform.
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
        r#"This is the MotherDuck provider, version {VERSION}: a plugin that Terraform or OpenTofu starts.
It is not meant to be run by hand.

To try this very program, name its directory in ~/.terraformrc (Terraform) or ~/.tofurc (OpenTofu):

  provider_installation {{
    dev_overrides {{
      "{SOURCE}" = "{directory}"
    }}
    direct {{}}
  }}

To install it for `init`, copy it into a filesystem mirror, for Terraform and for OpenTofu:

  ~/.terraform.d/plugins/registry.terraform.io/{SOURCE}/{VERSION}/{os}_{arch}/
  ~/.terraform.d/plugins/registry.opentofu.org/{SOURCE}/{VERSION}/{os}_{arch}/

To serve under a debugger, start it with --debug.
More: https://github.com/motherduck-rs/terraform-provider-motherduck"#
    )
}
