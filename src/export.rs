//! `--export`: writes an existing organization as configuration for users.
//!
//! It reads everything, then chooses all names, then writes everything: a failure before that leaves no file
//! and no output that looks complete. Objects become arguments by the same states and rules as in `terraform
//! query`.

mod document;
mod files;
mod hcl;
mod label;
mod organization;
mod summary;

use std::path::Path;

use crate::framework::{Diagnostic, Diagnostics, stopped_by};
use crate::motherduck::ProviderData;
use crate::stop::Stop;
use document::File;
use organization::{Organization, ResourceTypes};

/// The options of an export.
#[derive(Debug, Clone, Default)]
pub struct Export {
    /// The accounts; empty for every service account.
    pub usernames: Vec<String>,
    /// The registry address of the provider, which the configuration requires.
    pub source: &'static str,
}

/// An organization as configuration.
#[derive(Debug)]
pub struct Exported {
    files: Vec<File>,
    /// A summary for the user: what was exported, and what was omitted.
    pub summary: String,
}

impl Export {
    /// Reads the organization. The stop signal ends that at once, because it only sends reads.
    pub async fn read(&self, provider_data: &ProviderData, stop: &Stop) -> Result<Exported, Diagnostics> {
        let types = ResourceTypes::new(provider_data)?;
        let reading = stopped_by(stop.clone(), async {
            let client = provider_data.client().await?;
            Organization::read(&client, &types, &self.usernames).await
        });
        let organization = tokio::select! {
            biased;
            _ = stop.fired() => return Err(interrupted().into()),
            organization = reading => organization?,
        };
        Ok(Exported {
            files: document::files(&organization, &types, self.source),
            summary: summary::text(&organization),
        })
    }
}

fn interrupted() -> Diagnostic {
    Diagnostic::error("The export was interrupted", "Nothing was written. Run it again.")
}

impl Exported {
    /// Returns all files as one text, which is a valid configuration too.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.files.iter().map(|file| &*file.text).collect();
        texts.join("\n")
    }

    /// Writes a file for each account into a folder, or none after an error.
    pub fn write(&self, folder: &Path) -> Result<(), Diagnostics> {
        files::write(folder, &self.files)
    }
}
