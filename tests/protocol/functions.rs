//! Functions: arguments, results, and every kind of invalid call.

use motherduck_provider::framework::{Type, Value, msgpack};
use motherduck_provider::proto::tfplugin6 as proto;
use serde_json::{Value as Json, json};

use crate::host::{FunctionError, Session, dynamic_value, refined, unknown};

const NAME: &str = "connection_string";
const DATABASE: i64 = 0;
const TOKEN: i64 = 1;
const PARAMETERS: i64 = 2;

async fn call(session: &Session, database: &str, token: Json, parameters: Json) -> Json {
    let result = session.call(NAME, &[json!(database), token, parameters]).await;
    result.unwrap_or_else(|error| panic!("{error:?}"))
}

async fn refusal(session: &Session, arguments: [Json; 3]) -> FunctionError {
    let result = session.call(NAME, &arguments).await;
    result.expect_err("arguments that are refused")
}

fn string(value: &Value) -> proto::DynamicValue {
    dynamic_value(msgpack::encode(value, &Type::String).unwrap())
}

#[tokio::test]
async fn get_functions_and_provider_schema_have_the_same_declaration() {
    let session = Session::start().await;
    let declared = session.function(NAME).await;

    let mut client = session.client();
    let schemas = client.get_provider_schema(proto::get_provider_schema::Request {});
    let schemas = schemas.await.unwrap().into_inner();
    assert_eq!(schemas.functions.keys().collect::<Vec<_>>(), [NAME]);
    assert_eq!(schemas.functions[NAME], declared);

    let parameters: Vec<_> = declared
        .parameters
        .iter()
        .map(|parameter| {
            (
                parameter.name.as_str(),
                str::from_utf8(&parameter.r#type).unwrap(),
                parameter.allow_null_value,
            )
        })
        .collect();
    let expected = [
        ("database", "\"string\"", false),
        ("token", "\"string\"", true),
        ("parameters", "[\"map\",\"string\"]", true),
    ];
    assert_eq!(parameters, expected);
    assert_eq!(declared.variadic_parameter, None);
    assert!(!declared.parameters.iter().any(|p| p.allow_unknown_values));
    assert!(!declared.summary.is_empty() && !declared.description.is_empty());
    assert!(declared.parameters.iter().all(|p| !p.description.is_empty()));
}

#[tokio::test]
async fn connection_string_needs_no_provider_configuration() {
    let session = Session::start().await;
    let parameters = json!({ "session_name": "ü/1", "attach_mode": "single", "saas_mode": null });
    assert_eq!(
        call(&session, "my db", json!("t"), parameters).await,
        "md:my%20db?motherduck_token=t&attach_mode=single&session_name=%C3%BC%2F1"
    );
}

#[tokio::test]
async fn empty_argument_message_is_null() {
    let session = Session::start().await;
    let nothing = proto::DynamicValue::default;
    let arguments = vec![string(&Value::string("db")), nothing(), nothing()];
    assert_eq!(session.call_raw(NAME, arguments).await.unwrap(), "md:db");
    let error = session
        .call_raw(NAME, vec![nothing(), nothing(), nothing()])
        .await;
    error.unwrap_err().assert(DATABASE, &["`database`", "null"]);
}

#[tokio::test]
async fn result_is_unknown_if_an_argument_contains_an_unknown_value() {
    let session = Session::start().await;
    let (db, token, none) = (json!("db"), json!("t"), Json::Null);
    for arguments in [
        [unknown(), token.clone(), none.clone()],
        [db.clone(), refined(), none.clone()],
        [db.clone(), token.clone(), unknown()],
        [db.clone(), token.clone(), json!({ "session_name": unknown() })],
    ] {
        let result = session.call(NAME, &arguments).await.unwrap();
        assert_eq!(result, unknown(), "{arguments:?}");
    }
}

#[tokio::test]
async fn null_for_a_non_nullable_argument_is_an_error() {
    let session = Session::start().await;
    let error = refusal(&session, [Json::Null, json!("t"), Json::Null]).await;
    error.assert(DATABASE, &["`database`", "null"]);
}

#[tokio::test]
async fn invalid_argument_is_an_error_at_its_index_without_its_value() {
    let session = Session::start().await;
    let good = || json!("t");
    // `src/functions/connection_string.rs` has all rules.
    for (arguments, error_paths, word) in [
        ([json!(" "), good(), Json::Null], DATABASE, "blank"),
        ([json!("db"), json!("s3cret\n"), Json::Null], TOKEN, "trimspace"),
        (
            [json!("db"), good(), json!({ "attach_mode": "s3cret" })],
            PARAMETERS,
            "`workspace` or `single`",
        ),
    ] {
        let error = refusal(&session, arguments).await;
        error.assert(error_paths, &[word]);
        assert!(!error.text.contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn wrong_number_of_arguments_is_an_error() {
    let session = Session::start().await;
    for count in [0, 1, 2, 4] {
        let arguments = vec![string(&Value::string("x")); count];
        let error = session.call_raw(NAME, arguments).await.unwrap_err();
        error.assert(None, &["3 arguments", &format!("{count} were given")]);
    }
}

#[tokio::test]
async fn undecodable_argument_is_an_error_at_its_index() {
    let session = Session::start().await;
    let bytes = |msgpack: &[u8]| dynamic_value(msgpack.to_vec());
    let good = || string(&Value::string("t"));
    let null = || string(&Value::Null);
    let number = || bytes(&[7]);
    for (arguments, error_paths) in [
        (vec![number(), good(), null()], DATABASE),
        (vec![good(), bytes(&[0xc1]), null()], TOKEN),
        (vec![good(), bytes(&[0xa5, b'x']), null()], TOKEN),
        (vec![good(), good(), good()], PARAMETERS),
        // A map whose only element is a number.
        (vec![good(), good(), bytes(&[0x81, 0xa1, b'x', 7])], PARAMETERS),
    ] {
        let error = session.call_raw(NAME, arguments).await.unwrap_err();
        error.assert(error_paths, &[]);
    }
}
