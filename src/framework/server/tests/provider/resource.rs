//! A resource whose `name` selects its behaviour.

use async_trait::async_trait;

use super::Controls;
use crate::framework::block::Block;
use crate::framework::call::{current_stop, note_creation};
use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::private::Private;
use crate::framework::resource::{
    ApplyError, ApplyResult, CreateRequest, DeleteRequest, ImportRequest, ReadResponse, Resource,
    ResourceWithImport, ResourceWithUndeliveredCreate, UpdateRequest,
};
use crate::framework::resource_state::ResourceState;
use crate::framework::schema::Validator;
use crate::framework::value::Field;

crate::model! {
    /// An object.
    #[schema(version = 1)]
    pub(crate) struct Object {
        /// Selects the behaviour of the calls.
        #[attribute(required, requires_replace, identity("Selects what happens."), validator(without_blanks()))]
        pub(crate) name: String,
        /// A fixed id.
        #[attribute(computed, use_state_for_unknown)]
        pub(crate) id: String,
    }
}

fn without_blanks() -> Validator {
    Validator::text(|name| {
        if name.contains(' ') {
            Err("must contain no blank".into())
        } else {
            Ok(())
        }
    })
}

pub(crate) struct TestResource(pub(crate) Controls);

/// Returns the result of creating an object with this name.
pub(crate) fn created(name: &Field<String>) -> ResourceState<Object> {
    let mut private = Private::new();
    private.set("created", &true);
    ResourceState::new(
        Object {
            name: name.clone(),
            id: Field::Known("7".into()),
        },
        private,
    )
}

impl Block for TestResource {
    type Model = Object;

    fn type_name(&self) -> &'static str {
        "test_object"
    }
}

#[async_trait]
impl Resource for TestResource {
    async fn create(&self, request: CreateRequest<Object>) -> ApplyResult<Object> {
        match request.planned.name.text() {
            Some("panics") => panic!("a bug in the resource"),
            Some("fails") => Err(Diagnostic::error("not created", "Object 7 is in no state.").into()),
            Some("late") => {
                note_creation("object 8 of the test".to_owned());
                self.0.entered.notify_one();
                std::future::pending().await
            }
            Some("half") => Err(ApplyError {
                diagnostics: Diagnostic::error("half created", "").into(),
                kept: Some(created(&request.planned.name)),
            }),
            Some("slow") => {
                self.0.entered.notify_one();
                self.0.proceed.notified().await;
                self.0.done.notify_one();
                Ok(created(&request.planned.name))
            }
            Some("stoppable") => {
                self.0.entered.notify_one();
                current_stop().fired().await;
                Err(Diagnostic::error("stopped", "").into())
            }
            _ => Ok(created(&request.planned.name)),
        }
    }

    async fn read(&self, request: ResourceState<Object>) -> Result<ReadResponse<Object>, Diagnostics> {
        match request.state.name.text() {
            Some("gone") => Ok(ReadResponse::Gone(
                Diagnostic::warning("deleted elsewhere", "").into(),
            )),
            Some("fails") => Err(Diagnostic::error("not read", "").into()),
            _ => Ok(ReadResponse::Found(request)),
        }
    }

    async fn update(&self, _: UpdateRequest<Object>) -> ApplyResult<Object> {
        Err(Diagnostic::error("objects do not change", "").into())
    }

    async fn delete(&self, request: DeleteRequest<Object>) -> Result<Diagnostics, Diagnostics> {
        match request.prior.name.text() {
            Some("fails") => Err(Diagnostic::error("not deleted", "").into()),
            _ => Ok(Diagnostic::warning("deleted", "").into()),
        }
    }
}

#[async_trait]
impl ResourceWithImport for TestResource {
    async fn import(&self, request: ImportRequest<Object>) -> Result<ResourceState<Object>, Diagnostics> {
        Ok(created(&match request {
            ImportRequest::Id(id) => Field::Known(id),
            ImportRequest::Identity(identity) => identity.name,
        }))
    }
}

#[async_trait]
impl ResourceWithUndeliveredCreate for TestResource {
    async fn undelivered_create(&self, created: ResourceState<Object>) -> Result<(), Diagnostics> {
        let name = created.state.name.text().unwrap_or_default().to_owned();
        self.0.undone.lock().unwrap().push(name.clone());
        match name.as_str() {
            "stuck" => std::future::pending().await,
            "stays" => Err(Diagnostic::error("not deleted", "Object 7 is in no state.").into()),
            _ => Ok(()),
        }
    }
}
