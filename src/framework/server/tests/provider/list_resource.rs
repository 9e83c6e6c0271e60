//! A list of the objects `1`, `2`, … without an end. Its `word` selects the behaviour at the third object.

use std::ops::ControlFlow;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::Controls;
use super::resource::Object;
use crate::framework::block::Block;
use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::list_resource::{ListRequest, ListResource, ListResult, ListResults};
use crate::framework::value::Field;

crate::model! {
    /// A configuration of the list.
    pub(crate) struct Config {
        /// Selects the behaviour at the third object.
        word: String,
    }
}

pub(crate) struct TestListResource(pub(crate) Controls);

/// Notifies when it is dropped.
struct OnDrop(Arc<Notify>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Block for TestListResource {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "test_object"
    }
}

#[async_trait]
impl ListResource for TestListResource {
    async fn list(&self, request: ListRequest<Config>, found: &mut ListResults) -> Result<(), Diagnostics> {
        let _done = OnDrop(Arc::clone(&self.0.done));
        for number in 1.. {
            let _ = self.0.searched.send(number);
            match (request.config.word.text(), number) {
                (Some("panic"), 3) => panic!("a bug in the list"),
                (Some("fail"), 3) => return Err(Diagnostic::error("not listed", "").into()),
                (Some("stay"), 3) => std::future::pending().await,
                (Some("end"), 3) => break,
                _ => {}
            }
            let name = if number == 2 && request.config.word.text() == Some("odd") {
                Field::Known("a name".into())
            } else {
                Field::Known(number.to_string())
            };
            let result = ListResult {
                display_name: format!("object {number}"),
                state: Object {
                    name,
                    id: Field::Known("7".into()),
                },
                warnings: Diagnostic::warning("listed", "").into(),
            };
            if let ControlFlow::Break(()) = found.report(result).await {
                break;
            }
        }
        Ok(())
    }
}
