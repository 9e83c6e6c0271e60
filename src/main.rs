//! The provider as Terraform and OpenTofu start it.

mod by_hand;

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use motherduck_provider::framework::ProviderService;
use motherduck_provider::panics;
use motherduck_provider::plugin::{self, Host, MESSAGE_LIMIT, Mode};
use motherduck_provider::proto::tfplugin6::provider_server::ProviderServer;
use motherduck_provider::provider::{ADDRESS, MotherDuck};
use tonic::service::Routes;

const TYPE_NAME: &str = "motherduck";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long the end of the process waits for what the host left open to be closed. A host waits as long for
/// the answer to its `Shutdown`; the two seconds after which it kills the process begin with that.
const FAREWELL: Duration = Duration::from_secs(30);

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
        return fail(&by_hand::how_to_install(ADDRESS, VERSION));
    }
    panics::install_hook();
    plugin::init_logging(TYPE_NAME, var);

    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("[ERROR] cannot start: {error}")),
    };
    let mode = if args.debug {
        Mode::Debug { provider: ADDRESS }
    } else {
        Mode::Hosted
    };
    let provider = MotherDuck::new(Box::new(|name| env::var_os(name)));
    let service = ProviderService::new(provider);
    let farewell = service.leftovers().close(FAREWELL);
    let served = runtime.block_on(plugin::serve(&Host::read(var), mode, routes(service), farewell));
    // The host waits for the process to end: work that is still going on must not hold it up.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("[ERROR] {error}")),
    }
}

/// What is served besides go-plugin's own services.
fn routes(service: ProviderService) -> Routes {
    let service = ProviderServer::new(service)
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT);
    Routes::new(service)
}

/// Standard output is the host's; a closed standard error leaves nobody to tell.
fn fail(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::FAILURE
}
