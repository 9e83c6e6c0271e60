//! A measured provider with its configuration.

use std::path::PathBuf;

use crate::terraform::{PROVIDER_ADDRESS, PROVIDER_VERSION};

/// The name of this project's provider in the report.
pub(super) const OWN: &str = "this provider";

/// A provider and its configuration.
#[derive(Debug, Clone)]
pub(super) struct MeasuredProvider {
    /// The name in the report.
    pub(super) name: String,
    pub(super) binary: PathBuf,
    pub(super) address: String,
    pub(super) version: &'static str,
    /// A configuration with the variables `api_base_url`, `admin_token`, `accounts` and `tokens`.
    pub(super) configuration: String,
}

/// The beginning of all configurations.
macro_rules! beginning {
    () => {
        r#"terraform {
  required_providers {
    motherduck = {
      source = "motherduck-rs/motherduck"
    }
  }
}

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
"#
    };
}

/// Accounts with tokens. Each token has a name, so that both providers send the same requests.
const TOKENS: &str = concat!(
    beginning!(),
    r#"
resource "motherduck_token" "this" {
  count    = var.accounts * var.tokens
  username = motherduck_service_account.this[count.index % var.accounts].id
  name     = "token_${count.index}"
}
"#
);

/// Accounts with tokens of unique names, whose creation needs one request.
pub(super) const PREFIXED: &str = concat!(
    beginning!(),
    r#"
resource "motherduck_token" "this" {
  count       = var.accounts * var.tokens
  username    = motherduck_service_account.this[count.index % var.accounts].id
  name_prefix = "token_${count.index}_"
}
"#
);

/// Accounts with Ducklings.
pub(super) const DUCKLINGS: &str = concat!(
    beginning!(),
    r#"
resource "motherduck_ducklings" "this" {
  count    = var.accounts
  username = motherduck_service_account.this[count.index].id
  read_write = {
    instance_size = "standard"
  }
}
"#
);

impl MeasuredProvider {
    /// Returns this project's provider.
    pub(super) fn own(binary: PathBuf) -> Self {
        MeasuredProvider {
            name: OWN.to_owned(),
            binary,
            address: PROVIDER_ADDRESS.to_owned(),
            version: PROVIDER_VERSION,
            configuration: TOKENS.to_owned(),
        }
    }

    pub(super) fn is_own(&self) -> bool {
        self.name == OWN
    }

    /// Returns another provider.
    pub(super) fn other(binary: PathBuf, address: String, configuration: String) -> Self {
        MeasuredProvider {
            name: address.clone(),
            binary,
            address,
            version: "0.0.1",
            configuration,
        }
    }
}
