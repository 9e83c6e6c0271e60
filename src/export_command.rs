//! `--export`, from the command line to the exit. It is part of the program, not of the library.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use motherduck_provider::export::{Export, Exported};
use motherduck_provider::framework::{Diagnostic, Diagnostics};
use motherduck_provider::motherduck::ProviderData;
use motherduck_provider::stop::Stop;

/// Exports to a folder or to standard output, and prints a summary on standard error. An error is the text to
/// print on standard error.
pub(crate) async fn export(
    options: &Export,
    out: Option<&Path>,
    provider_data: &ProviderData,
) -> Result<(), String> {
    let stop = Stop::default();
    // From here on a signal does not interrupt a write.
    listen(stop.clone()).map_err(|error| format!("Error: signals cannot be received: {error}"))?;
    let exported = options.read(provider_data, &stop).await.map_err(format_errors)?;
    let place = if let Some(folder) = out {
        exported.write(folder).map_err(format_errors)?;
        format!("\nWritten to {}", folder.display())
    } else {
        print(&exported, &stop).await.map_err(format_errors)?;
        String::new()
    };
    let _ = writeln!(io::stderr(), "{}{place}", exported.summary);
    Ok(())
}

/// Writes to standard output until an interrupt, because the process that reads it may be slow.
async fn print(exported: &Exported, stop: &Stop) -> Result<(), Diagnostic> {
    let text = exported.text();
    let writing = tokio::task::spawn_blocking(move || {
        let mut output = io::stdout().lock();
        output.write_all(text.as_bytes())?;
        output.flush()
    });
    let written = tokio::select! {
        written = writing => written,
        _ = stop.fired() => return Err(incomplete("the export was interrupted")),
    };
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Err(incomplete("the program that reads it has ended"))
        }
        Ok(Err(error)) => Err(incomplete(&error.to_string())),
        Err(error) => Err(Diagnostic::bug(error)),
    }
}

fn incomplete(why: &str) -> Diagnostic {
    Diagnostic::error(
        "The export could not be written to standard output",
        format!("What was written there is not complete: {why}. Run it again."),
    )
}

/// Formats diagnostics for a terminal.
fn format_errors(errors: impl Into<Diagnostics>) -> String {
    let mut text = String::new();
    for error in errors.into().iter() {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "Error: {}\n\n{}", error.summary, error.detail);
    }
    text
}

/// Fires the signal at the first interrupt or termination signal.
fn listen(stop: Stop) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupts.recv() => (),
            _ = terminations.recv() => (),
        }
        stop.fire();
    });
    Ok(())
}
