//! Data sources.

use async_trait::async_trait;

use super::block::Block;
use super::diagnostics::Diagnostics;

/// A type of data source.
///
/// Its model is the configuration before the read and the result after it. Core reads a data source once
/// everything in its configuration is known.
#[async_trait]
pub trait DataSource: Block {
    /// Reads the data source. An object that does not exist is an error.
    async fn read(&self, config: Self::Model) -> Result<Self::Model, Diagnostics>;
}
