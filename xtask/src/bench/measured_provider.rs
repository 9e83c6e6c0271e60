//! A measured provider with its configuration.

use std::path::PathBuf;

use crate::terraform::{PROVIDER_ADDRESS, PROVIDER_VERSION, REQUIRED_PROVIDERS};

/// The name of this project's provider in the report.
pub(super) const OWN: &str = "this provider";

/// A provider and its configuration.
#[derive(Debug, Clone)]
pub(super) struct MeasuredProvider {
    pub(super) name: String,
    pub(super) binary: PathBuf,
    pub(super) address: String,
    pub(super) version: &'static str,
    /// A configuration with the variables `api_base_url`, `admin_token`, `accounts` and `tokens`.
    pub(super) configuration: String,
}

/// The beginning of all configurations, after the `terraform` block.
const ACCOUNTS: &str = r#"
variable "api_base_url" {}

variable "admin_token" {}

variable "accounts" {
  type = number
}

variable "tokens" {
  type = number
}

provider "motherduck" {
  api_base_url = var.api_base_url
  admin_token  = var.admin_token
}

resource "motherduck_service_account" "this" {
  count               = var.accounts
  username            = "account_${count.index}"
  deletion_protection = false
}

"#;

/// Returns the configuration of accounts with tokens whose name this argument sets.
fn tokens(name: &str) -> String {
    let token = format!(
        r#"resource "motherduck_token" "this" {{
  count    = var.accounts * var.tokens
  username = motherduck_service_account.this[count.index % var.accounts].id
  {name}
}}
"#
    );
    [REQUIRED_PROVIDERS, ACCOUNTS, &token].concat()
}

/// Returns the configuration of accounts with tokens of unique names, whose creation needs one request.
pub(super) fn prefixed_tokens() -> String {
    tokens(r#"name_prefix = "token_${count.index}_""#)
}

pub(super) fn ducklings() -> String {
    let ducklings = r#"resource "motherduck_ducklings" "this" {
  count    = var.accounts
  username = motherduck_service_account.this[count.index].id
  read_write = {
    instance_size = "standard"
  }
}
"#;
    [REQUIRED_PROVIDERS, ACCOUNTS, ducklings].concat()
}

impl MeasuredProvider {
    pub(super) fn own(binary: PathBuf) -> Self {
        MeasuredProvider {
            name: OWN.to_owned(),
            binary,
            address: PROVIDER_ADDRESS.to_owned(),
            version: PROVIDER_VERSION,
            // Each token has a name, so that both providers send the same requests.
            configuration: tokens(r#"name = "token_${count.index}""#),
        }
    }

    pub(super) fn is_own(&self) -> bool {
        self.name == OWN
    }
}
