//! Features of Terraform 1.10.

// Their programs are for a Unix shell.
#[cfg(unix)]
mod dive_embed_session;
#[cfg(unix)]
mod ephemeral_token;
mod ephemeral_variables;
#[cfg(unix)]
mod guides;
