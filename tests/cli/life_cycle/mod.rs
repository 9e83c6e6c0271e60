//! What works with every Terraform and OpenTofu from 1.6 on, in one compact story for each part of the provider.
//! `cargo matrix` tells these with nine Terraforms.

mod data_sources;
mod resources;
