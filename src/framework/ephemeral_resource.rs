//! An ephemeral resource: an object that exists during a run and is in no state or plan.

use async_trait::async_trait;

use super::block::Block;
use super::diagnostics::Diagnostics;
use super::private::Private;

/// A type of ephemeral resource, which is opened for a run and then closed.
///
/// The plan opens one object and the apply another. None is renewed, since this provider's objects cannot be
/// prolonged.
#[async_trait]
pub trait EphemeralResource: Block {
    /// Creates the object. Configured values must be returned unchanged. After an error there is no close, so
    /// that an open that fails has to undo what it did.
    async fn open(&self, config: Self::Model) -> Result<OpenResponse<Self::Model>, Diagnostics>;

    /// Removes the object; an object that was already deleted is a success. Returns warnings.
    async fn close(&self, _private: Private) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}

/// The response to an open.
#[derive(Debug, Clone)]
pub struct OpenResponse<S> {
    /// The object as Terraform uses it until it is closed.
    pub result: S,
    /// What the close needs. It is in no state, and must still not contain secrets.
    pub private: Private,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}
