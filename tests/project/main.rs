//! The project's own files: what it depends on, its workflows and forms, and what ships beside the provider.

mod documents;
mod policy;
mod workflows;

/// The sources.
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");
