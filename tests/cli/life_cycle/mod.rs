//! Features of every Terraform and OpenTofu from 1.6 on, in one story for each part of the provider. `cargo
//! matrix` runs these with nine Terraforms.

mod data_sources;
mod resources;
