//! The files of an export.

use std::fmt::Write as _;

use super::hcl::{arguments, block, commented, quoted};
use super::label::{self, UsedNames};
use super::organization::{Account, Kinds, Object, Organization, Token};
use crate::framework::RegisteredResource;

/// A file to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) text: String,
}

/// The name of the file with the provider configuration.
const VERSIONS: &str = "versions";

/// Returns all files of an organization: one for the provider, and one for each account.
pub(super) fn files(organization: &Organization, kinds: &Kinds, source: &str) -> Vec<File> {
    let mut names = UsedNames::default();
    let (mut accounts, mut tokens) = (UsedNames::default(), UsedNames::default());
    let mut files = vec![File {
        name: format!("{}.tf", names.unique(VERSIONS)),
        text: versions(source),
    }];
    for account in &organization.accounts {
        let label = accounts.unique(&label::of_account(&account.username));
        let name = names.unique(&label::of_file(&label));
        files.push(File {
            name: format!("{name}.tf"),
            text: file(account, &label, kinds, &mut tokens),
        });
    }
    files
}

fn versions(source: &str) -> String {
    let version = format!(
        "~> {}.{}.0",
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR")
    );
    format!(
        "terraform {{\n  required_version = \">= 1.5.0\"\n\n  required_providers {{\n    motherduck = {{\n      \
         source  = {}\n      version = {}\n    }}\n  }}\n}}\n\n\
         # The access token of an Admin comes from the environment variable MOTHERDUCK_ADMIN_TOKEN.\n\
         provider \"motherduck\" {{}}\n",
        quoted(source),
        quoted(&version)
    )
}

/// Returns the file of one account: its resources, then their import blocks.
fn file(account: &Account, label: &str, kinds: &Kinds, tokens: &mut UsedNames) -> String {
    let mut writer = Writer {
        text: format!("# Service account {}\n", commented(&account.username)),
        imports: String::new(),
    };
    let account_type = kinds.account.type_name();
    // If the account itself cannot be managed, a data source reads it for its tokens and Ducklings.
    let reference = if let Some(object) = &account.resource {
        writer.resource(label, &kinds.account, object, None, "");
        format!("{account_type}.{label}.id")
    } else {
        let username = [("username", quoted(&account.username))];
        writer.text.push_str(
            "#\n# The account itself is not managed: motherduck_service_account does not accept this username. Its \
             tokens and Ducklings are.\n",
        );
        writer.add(&block(&format!("data \"{account_type}\" \"{label}\""), &username));
        format!("data.{account_type}.{label}.id")
    };
    if let Some(object) = &account.ducklings {
        writer.resource(label, &kinds.ducklings, object, Some(&reference), "");
    }
    for token in &account.tokens {
        let label = tokens.unique(&label::of_token(label, &token.name));
        let comment = about(token);
        writer.resource(&label, &kinds.token, &token.object, Some(&reference), &comment);
    }
    writer.finish()
}

/// Returns facts about a token that no argument contains.
fn about(token: &Token) -> String {
    let created = commented(&token.created_ts);
    match &token.expire_at {
        None => format!("# Created {created}, never expires.\n"),
        Some(end) => format!("# Created {created}, expires {}.\n", commented(end)),
    }
}

struct Writer {
    text: String,
    imports: String,
}

impl Writer {
    /// Adds a block, preceded by a blank line.
    fn add(&mut self, block: &str) {
        self.text.push('\n');
        self.text.push_str(block);
    }

    /// Adds a resource below a comment. `account` is the account that it refers to, if there is one.
    fn resource(
        &mut self,
        label: &str,
        kind: &RegisteredResource,
        object: &Object,
        account: Option<&str>,
        comment: &str,
    ) {
        let mut arguments = arguments(&kind.schema().attributes, &object.arguments);
        if let Some(reference) = account {
            for (name, value) in &mut arguments {
                if *name == "username" {
                    reference.clone_into(value);
                }
            }
        }
        let of = kind.type_name();
        let resource = block(&format!("resource \"{of}\" \"{label}\""), &arguments);
        self.add(&format!("{comment}{resource}"));
        let import = [("to", format!("{of}.{label}")), ("id", quoted(&object.import_id))];
        let _ = write!(self.imports, "\n{}", block("import", &import));
    }

    fn finish(mut self) -> String {
        if !self.imports.is_empty() {
            self.text
                .push_str("\n# Once they are applied, the import blocks can be deleted: all blocks below.\n");
            self.text.push_str(&self.imports);
        }
        self.text
    }
}
