//! Features that are not registered, and types that are registered twice.

use tonic::Request;

use super::messages::{client, proto, summaries};
use super::provider::{TestResource, service_of};

#[tokio::test]
async fn import_of_a_resource_without_import_is_an_error() {
    let service = service_of(|controls, registry| {
        registry.resource(TestResource(controls.clone()));
    });
    let request = proto::import_resource_state::Request {
        type_name: "test_object".into(),
        id: "well".into(),
        ..Default::default()
    };
    let import = client(&service)
        .import_resource_state(Request::new(request))
        .await;
    assert_eq!(
        summaries(&import.unwrap().into_inner().diagnostics),
        ["This resource cannot be imported"]
    );
}

#[tokio::test]
async fn resource_type_registered_twice_is_a_schema_error() {
    let service = service_of(|controls, registry| {
        registry.resource(TestResource(controls.clone()));
        registry.resource(TestResource(controls.clone()));
    });
    let request = proto::get_provider_schema::Request::default();
    let schemas = client(&service).get_provider_schema(Request::new(request)).await;
    let schemas = schemas.unwrap().into_inner();
    assert_eq!(schemas.diagnostics.len(), 1);
    let detail = &schemas.diagnostics[0].detail;
    assert!(
        detail.contains("The resource type test_object is registered twice."),
        "{detail}"
    );
}
