//! Features of every Terraform and OpenTofu from 1.6 on, with one story for each part of the provider. `cargo
//! matrix` runs them with nine Terraforms.

mod data_sources;
mod resources;
