//! Runs the emulator until it is interrupted.

mod options;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;
use motherduck_emulator::{Listening, StartError};

use crate::options::Options;

/// Why the emulator ended before its time.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot write the certificate to {path}: {source}", path = .path.display())]
    Certificate { path: PathBuf, source: io::Error },
    #[error("cannot say on standard output where it listens: {0}")]
    Announce(io::Error),
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Standard error may be closed; the exit code still tells.
            let _ = writeln!(io::stderr(), "motherduck-emulator: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), Failure> {
    let interrupted = interruption().map_err(Failure::Signals)?;
    let emulator = options.emulator().start().await?;
    announce(&emulator, options.tls_certificate_out.as_deref())?;
    interrupted.await;
    emulator.stop().await;
    Ok(())
}

/// Says where the emulator listens, and which authority to trust. Who waits for the line may connect at once.
fn announce(emulator: &Listening, certificate_out: Option<&Path>) -> Result<(), Failure> {
    let authority = emulator.certificate_authority_pem().unwrap_or_default();
    if let Some(path) = certificate_out {
        std::fs::write(path, authority).map_err(|source| Failure::Certificate {
            path: path.to_owned(),
            source,
        })?;
    }
    let mut stdout = io::stdout().lock();
    let printed = if certificate_out.is_some() { "" } else { authority };
    write!(stdout, "listening on {}\n{printed}", emulator.url())
        .and_then(|()| stdout.flush())
        .map_err(Failure::Announce)
}

/// Listens for signals from now on; the future ends with the first one.
#[cfg(unix)]
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

#[cfg(not(unix))]
fn interruption() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
