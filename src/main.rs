//! The provider as Terraform and OpenTofu start it.

mod by_hand;

use std::alloc::System;
use std::io::{self, Write as _};
use std::num::NonZero;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fmt, thread};

use clap::Parser;
use motherduck_provider::framework::ProviderService;
use motherduck_provider::panics;
use motherduck_provider::plugin::{self, Host, MESSAGE_LIMIT, Mode, Parent, Served};
use motherduck_provider::proto::tfplugin6::provider_server::ProviderServer;
use motherduck_provider::provider::{ADDRESS, MotherDuck};
use tokio::runtime::Runtime;
use tonic::service::Routes;
use zeroizing_alloc::ZeroAlloc;

/// Overwrites memory before it is freed. A secret passes through buffers of many libraries, which do not do that.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

const TYPE_NAME: &str = "motherduck";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long the end of the process waits for what was begun, and for what the host left open to be closed. A host
/// waits as long for the response to its `Shutdown`; the two seconds after which it kills the process begin with
/// that.
const FAREWELL: Duration = Duration::from_secs(30);
/// Calls must be heard while one thread is busy with a large value.
const MIN_THREADS: usize = 2;
/// The work of a provider is waiting.
const MAX_THREADS: usize = 8;

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
    // First of all, while the parent is surely the one that started the process.
    let parent = Parent::observe();
    match run(&Args::parse(), parent) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

/// Serves to the end, or returns what a reader of standard error has to know.
fn run(args: &Args, parent: Parent) -> Result<(), String> {
    let lookup = |name: &str| env::var_os(name);
    let by_host = plugin::started_by_host(lookup).map_err(|error| error_line(&error))?;
    if !args.debug && !by_host {
        return Err(by_hand::how_to_install(ADDRESS, VERSION));
    }
    panics::install_hook();
    plugin::init_logging(TYPE_NAME, lookup).map_err(|error| error_line(&error))?;
    if !args.debug {
        plugin::keep_memory_private();
    }
    let host = Host::read(lookup).map_err(|error| error_line(&error))?;
    let mode = if args.debug {
        Mode::Debug { provider: ADDRESS }
    } else {
        Mode::Hosted
    };
    let service = ProviderService::new(move || MotherDuck::new(Box::new(lookup)));
    let lifecycle = service.lifecycle();
    let (interrupted, stopped) = (lifecycle.clone(), lifecycle.clone());
    let served = Served {
        calls: lifecycle.calls(),
        services: routes(&service),
        interrupted: Box::new(move || interrupted.interrupted()),
        stop: Box::new(move || stopped.stop()),
        farewell: Box::pin(lifecycle.finish(FAREWELL)),
    };

    let runtime = runtime().map_err(|error| error_line(&format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(plugin::serve(&host, mode, parent, served));
    // The host waits for the process to end: work that is still going on must not hold it up.
    runtime.shutdown_background();
    outcome.map_err(|error| error_line(&error))
}

/// A runtime of our own size: the environment, from which the size is taken by default, belongs to the user, and
/// a value there that makes no sense would be a panic.
fn runtime() -> io::Result<Runtime> {
    let processors = thread::available_parallelism().map_or(MIN_THREADS, NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors.clamp(MIN_THREADS, MAX_THREADS))
        .enable_all()
        .build()
}

/// What is served besides go-plugin's own services.
fn routes(service: &ProviderService) -> Routes {
    let server = ProviderServer::new(service.clone())
        .max_decoding_message_size(MESSAGE_LIMIT)
        .max_encoding_message_size(MESSAGE_LIMIT);
    Routes::new(service.followed(server))
}

/// An error as a host reads it from standard error.
fn error_line(error: &impl fmt::Display) -> String {
    format!("[ERROR] {error}")
}

/// Standard output is the host's; a closed standard error leaves nobody to tell.
fn fail(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::FAILURE
}
