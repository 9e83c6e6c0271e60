//! Features of Terraform 1.10.

// These stories run programs that need a Unix shell.
mod dive_embed_session;
mod ephemeral_token;
mod ephemeral_variables;
mod guides;
