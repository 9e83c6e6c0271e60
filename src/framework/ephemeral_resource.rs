//! Ephemeral resources: objects that exist during a run and are neither in the state nor in the plan.

use async_trait::async_trait;

use super::block::Block;
use super::diagnostics::Diagnostics;
use super::private::Private;

/// A type of ephemeral resource, which is opened for a run and then closed.
///
/// The plan opens one object and the apply another. Objects are not renewed, because MotherDuck cannot extend
/// their lifetime.
#[async_trait]
pub trait EphemeralResource: Block {
    /// Creates the object. Configured values must be returned unchanged. After an error core does not call
    /// `close`, so a failed `open` must delete what it created.
    async fn open(&self, config: Self::Model) -> Result<OpenResponse<Self::Model>, Diagnostics>;

    /// Deletes the object; an object that was already deleted is a success. Returns warnings.
    async fn close(&self, _private: Private) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}

/// The response to `open`.
#[derive(Debug, Clone)]
pub struct OpenResponse<S> {
    /// The object that Terraform uses until it is closed.
    pub result: S,
    /// The data that `close` needs. It is not stored in the state, but must not contain secrets either.
    pub private: Private,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}
