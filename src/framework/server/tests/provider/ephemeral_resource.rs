//! An ephemeral resource whose `name` selects its behaviour.

use async_trait::async_trait;

use super::Controls;
use crate::framework::block::Block;
use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::ephemeral_resource::{EphemeralResource, OpenResponse};
use crate::framework::private::Private;
use crate::framework::value::Field;

crate::model! {
    /// A configuration, and the result of an open.
    pub(crate) struct Opened {
        /// Selects the behaviour of the calls.
        #[attribute(required)]
        name: String,
        /// An attribute with a default.
        #[attribute(default(String::from("small")))]
        size: String,
        /// The value that `open` returns.
        #[attribute(computed)]
        key: String,
    }
}

pub(crate) struct TestEphemeralResource(pub(crate) Controls);

/// Returns the private data of an ephemeral resource with this name.
pub(crate) fn private_of(name: &str) -> Private {
    let mut private = Private::new();
    private.set("name", &name);
    private
}

impl Block for TestEphemeralResource {
    type Model = Opened;

    fn type_name(&self) -> &'static str {
        "test_ephemeral"
    }
}

#[async_trait]
impl EphemeralResource for TestEphemeralResource {
    async fn open(&self, config: Opened) -> Result<OpenResponse<Opened>, Diagnostics> {
        assert!(config.key.is_unknown(), "it is computed");
        let name = config.name.text().unwrap_or_default().to_owned();
        let mut result = Opened {
            key: Field::Known("k3y".into()),
            ..config
        };
        match name.as_str() {
            "fails" => return Err(Diagnostic::error("not opened", "").into()),
            "panics" => panic!("a bug in the ephemeral resource"),
            "unknown" => result.key = Field::Unknown,
            "other" => result.size = Field::Known("large".into()),
            "slow" => {
                self.0.entered.notify_one();
                self.0.proceed.notified().await;
            }
            "stuck" => {
                self.0.entered.notify_one();
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        Ok(OpenResponse {
            result,
            private: private_of(&name),
            warnings: Diagnostic::warning("opened", "").into(),
        })
    }

    async fn close(&self, private: Private) -> Result<Diagnostics, Diagnostics> {
        let name = private.get::<String>("name");
        let _ = self.0.closed.send(private);
        match name.as_deref() {
            None => Err(Diagnostic::error("no name", "").into()),
            Some("unknown" | "stays") => Err(Diagnostic::error("not closed", "").into()),
            Some("heavy") => {
                self.0.proceed.notified().await;
                Ok(Diagnostics::new())
            }
            Some(_) => Ok(Diagnostic::warning("closed", "").into()),
        }
    }
}
