//! The files of an export.

use std::fmt::Write as _;

use super::hcl::{arguments, block, commented, quoted};
use super::label::{self, UsedNames};
use super::organization::{ExportedAccount, ExportedToken, Object, Organization, ResourceTypes};
use crate::framework::RegisteredResource;

/// A file to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) text: String,
}

/// The required version of the provider.
const VERSION: &str = concat!(
    "~> ",
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR"),
    ".0"
);

/// Returns all files of an organization: one for the provider, and one for each account.
pub(super) fn files(organization: &Organization, types: &ResourceTypes, source: &str) -> Vec<File> {
    let mut names = UsedNames::default();
    let (mut accounts, mut tokens) = (UsedNames::default(), UsedNames::default());
    let mut files = vec![File {
        name: format!("{}.tf", names.unique("versions")),
        text: provider_file(source),
    }];
    for account in &organization.accounts {
        let label = accounts.unique(&label::account_label(&account.username));
        let name = names.unique(&label::file_name(&label));
        files.push(File {
            name: format!("{name}.tf"),
            text: account_file(account, &label, types, &mut tokens),
        });
    }
    files
}

fn provider_file(source: &str) -> String {
    format!(
        "terraform {{\n  required_version = \">= 1.5.0\"\n\n  required_providers {{\n    motherduck = {{\n      \
         source  = {}\n      version = {}\n    }}\n  }}\n}}\n\n\
         # The access token of an Admin comes from the environment variable MOTHERDUCK_ADMIN_TOKEN.\n\
         provider \"motherduck\" {{}}\n",
        quoted(source),
        quoted(VERSION)
    )
}

/// Returns the text about one account: its resources, then their import blocks.
fn account_file(
    account: &ExportedAccount,
    label: &str,
    types: &ResourceTypes,
    tokens: &mut UsedNames,
) -> String {
    let mut writer = Writer {
        text: format!("# Service account {}\n", commented(&account.username)),
        imports: String::new(),
    };
    let account_type = types.account.type_name();
    // If the account itself cannot be managed, a data source reads it for its tokens and Ducklings.
    let reference = if let Some(object) = &account.resource {
        writer.resource(label, &types.account, object, None, "");
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
        writer.resource(label, &types.ducklings, object, Some(&reference), "");
    }
    for token in &account.tokens {
        let label = tokens.unique(&label::token_label(label, &token.name));
        let comment = token_comment(token);
        writer.resource(&label, &types.token, &token.object, Some(&reference), &comment);
    }
    if !writer.imports.is_empty() {
        writer.add("# Once they are applied, the import blocks can be deleted: all blocks below.\n");
    }
    writer.text + &writer.imports
}

/// Returns facts about a token that no argument contains.
fn token_comment(token: &ExportedToken) -> String {
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
    /// Adds a block or a comment, preceded by a blank line.
    fn add(&mut self, block: &str) {
        self.text.push('\n');
        self.text.push_str(block);
    }

    /// Adds a resource below a comment. `account` is the account that it refers to, if there is one.
    fn resource(
        &mut self,
        label: &str,
        resource_type: &RegisteredResource,
        object: &Object,
        account: Option<&str>,
        comment: &str,
    ) {
        let type_name = resource_type.type_name();
        let mut arguments = arguments(&resource_type.schema().attributes, &object.arguments);
        let username = arguments.iter_mut().find(|(name, _)| *name == "username");
        if let (Some((_, value)), Some(reference)) = (username, account) {
            reference.clone_into(value);
        }
        let resource = block(&format!("resource \"{type_name}\" \"{label}\""), &arguments);
        self.add(&format!("{comment}{resource}"));
        let address = format!("{type_name}.{label}");
        let import = [("to", address), ("id", quoted(&object.import_id))];
        let _ = write!(self.imports, "\n{}", block("import", &import));
    }
}
