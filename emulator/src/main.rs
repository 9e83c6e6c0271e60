//! Runs the emulator until it is interrupted.

mod authority;
mod files;
mod options;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use motherduck_emulator::{Emulator, FaultsError, StartError};

use crate::authority::AuthorityFile;
use crate::files::SameFile;
use crate::options::Options;

/// The exit code if the command line or a setting cannot be used.
const CANNOT_START: u8 = 2;

/// Why the emulator did not start, or ended by itself.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0} (see --help)")]
    Usage(String),
    #[error("--faults: {0}")]
    Faults(#[from] FaultsError),
    #[error("--faults: cannot read the file {path}: {source}")]
    FaultsFile { path: String, source: io::Error },
    #[error("--faults: in the file {path}: {source}")]
    FaultsInFile { path: String, source: FaultsError },
    #[error(transparent)]
    SameFile(#[from] SameFile),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot write the certificate authority to {path}: {source}", path = .path.display())]
    Certificate { path: PathBuf, source: io::Error },
    #[error("cannot say on standard output where it listens: {0}")]
    Announce(io::Error),
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If standard error is closed, only the exit code reports the failure.
            let _ = writeln!(
                io::stderr(),
                "motherduck-emulator: {}",
                one_line(&failure.to_string())
            );
            ExitCode::from(CANNOT_START)
        }
    }
}

async fn run() -> Result<(), Failure> {
    let options = Options::try_parse().map_err(usage)?;
    let emulator = options.emulator()?;
    options.check_files()?;
    let interrupted = interruption().map_err(Failure::Signals)?;
    let emulator = emulator.start().await?;
    // The temporary file must exist while the emulator runs.
    let authority = emulator
        .certificate_authority_pem()
        .map(|pem| AuthorityFile::write(pem, options.tls_certificate_out.as_deref()))
        .transpose()?;
    announce(&emulator, authority.as_ref())?;
    interrupted.await;
    emulator.stop().await;
    Ok(())
}

/// Returns the error of an invalid command line as one line. Prints the output of `--help` and `--version`
/// and ends the program.
fn usage(error: clap::Error) -> Failure {
    if !error.use_stderr() {
        error.exit();
    }
    // The arguments are parsed again without their line breaks, so that all line breaks in the message are
    // clap's own.
    let arguments = std::env::args_os().map(|argument| match argument.to_str() {
        Some(text) => OsString::from(one_line(text)),
        None => argument,
    });
    let error = Options::try_parse_from(arguments).err().unwrap_or(error);
    let text = error.render().to_string();
    // The first paragraph is the error; those after it repeat the usage.
    let complaint = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = complaint.split_whitespace().collect();
    let line = words.join(" ");
    Failure::Usage(line.strip_prefix("error: ").unwrap_or(&line).to_owned())
}

/// Escapes the control characters of a text.
fn one_line(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let itself = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(itself)
        })
        .collect()
}

/// Prints the address and the certificate authority. Clients may connect as soon as the line is printed.
fn announce(emulator: &Emulator, authority: Option<&AuthorityFile>) -> Result<(), Failure> {
    let announced = || {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "listening on {}", emulator.url())?;
        if let Some(file) = authority {
            writeln!(stdout, "certificate authority in {}", file.path().display())?;
        }
        stdout.flush()
    };
    announced().map_err(Failure::Announce)
}

/// Registers signal handlers at once. The returned future ends with the first signal.
fn interruption() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
