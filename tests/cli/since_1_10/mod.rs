//! Features of Terraform 1.10.

// Their programs are for a Unix shell.
mod dive_embed_session;
mod ephemeral_token;
mod ephemeral_variables;
mod guides;
