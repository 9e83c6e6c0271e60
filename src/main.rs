//! The program that Terraform and OpenTofu start.

mod arguments;
mod export_command;
mod manual_start;

use std::alloc::System;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fmt};

use arguments::Command;
use motherduck_provider::export::Export;
use motherduck_provider::framework::ProviderService;
use motherduck_provider::panics;
use motherduck_provider::plugin::{
    self, GrpcService, HostSettings, MESSAGE_LIMIT, Mode, Parent, PluginService,
};
use motherduck_provider::provider::{ADDRESS, MotherDuck};
use tokio::runtime::Runtime;
use zeroizing_alloc::ZeroAlloc;

/// Overwrites memory before it is freed, because secrets pass through buffers of libraries that do not
/// overwrite them.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// The exit code after wrong arguments.
const WRONG_ARGUMENTS: u8 = 2;
const TYPE_NAME: &str = "motherduck";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long the end of the process waits for calls in flight and for closing open ephemeral resources. The
/// host waits for the response to its `Shutdown` without a limit; it kills the process two seconds after that
/// response.
const FINISH_LIMIT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    // The parent is read first, because at this moment it is certainly the process that started this one.
    let parent = Parent::current();
    let result = match arguments::parse(env::args_os().skip(1)) {
        Ok(Command::Serve { debug }) => serve(debug, parent),
        Ok(Command::Export { usernames, out }) => export(usernames, out.as_deref()),
        Ok(Command::Help) => print(arguments::HELP),
        Ok(Command::Version) => print(&format!("terraform-provider-motherduck {VERSION}\n")),
        Err(message) => {
            print_error(&message);
            return ExitCode::from(WRONG_ARGUMENTS);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            print_error(&message);
            ExitCode::FAILURE
        }
    }
}

/// Serves until the end. An error is the text to print on standard error.
fn serve(debug: bool, parent: Parent) -> Result<(), String> {
    let lookup = |name: &str| env::var_os(name);
    let by_host = plugin::started_by_host(lookup).map_err(|error| error_line(&error))?;
    if !debug && !by_host {
        return Err(manual_start::how_to_install(ADDRESS, VERSION));
    }
    panics::install_hook();
    plugin::init_logging(TYPE_NAME, lookup).map_err(|error| error_line(&error))?;
    if !debug {
        plugin::keep_memory_private();
    }
    let host = HostSettings::read(lookup).map_err(|error| error_line(&error))?;
    let mode = if debug {
        Mode::Debug { provider: ADDRESS }
    } else {
        Mode::Hosted
    };
    let service = ProviderService::new(move || MotherDuck::new(Box::new(lookup)));
    let lifecycle = service.lifecycle();
    let (interrupted, stopped) = (lifecycle.clone(), lifecycle.clone());
    let served = PluginService {
        calls: lifecycle.calls(),
        service: GrpcService::new(service.grpc(MESSAGE_LIMIT)),
        interrupted: Box::new(move || interrupted.end_progress_events()),
        stop: Box::new(move || stopped.stop()),
        before_end: Box::pin(lifecycle.finish(FINISH_LIMIT)),
    };

    let runtime = runtime().map_err(|error| error_line(&format!("cannot start: {error}")))?;
    let result = runtime.block_on(plugin::serve(&host, mode, parent, served));
    // The host waits for the process to end, so tasks that are still running are abandoned.
    runtime.shutdown_background();
    result.map_err(|error| error_line(&error))
}

/// Exports the organization. An error is the text to print on standard error.
// In the frame of `main` the large future of the export would make each start touch its memory.
#[inline(never)]
fn export(usernames: Vec<String>, out: Option<&Path>) -> Result<(), String> {
    let lookup = |name: &str| env::var_os(name);
    panics::install_hook();
    plugin::init_logging(TYPE_NAME, lookup).map_err(|error| error_line(&error))?;
    let what = Export {
        usernames,
        source: ADDRESS,
    };
    let provider_data = MotherDuck::new(Box::new(lookup)).provider_data_of("export");
    let runtime = runtime().map_err(|error| error_line(&format!("cannot start: {error}")))?;
    let result = runtime.block_on(export_command::export(&what, out, &provider_data));
    // An abandoned write to standard output must not delay the end.
    runtime.shutdown_background();
    result
}

/// Builds a runtime that runs all calls on this thread. A call waits for the API most of the time, and none
/// blocks its thread. In a plan of 1,000 tokens, waking a second thread for each call costs a tenth of the CPU
/// time.
fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Formats an error as hosts expect it on standard error.
fn error_line(error: &impl fmt::Display) -> String {
    format!("[ERROR] {error}")
}

/// Prints a text for a user who starts the program by hand.
fn print(text: &str) -> Result<(), String> {
    let printed = io::stdout().write_all(text.as_bytes());
    printed.map_err(|error| format!("error: cannot write to standard output: {error}"))
}

/// Prints an error. Standard output belongs to the host. If standard error is closed, the message is dropped.
fn print_error(message: &str) {
    let _ = writeln!(io::stderr(), "{message}");
}
