//! An emulator, a client for it, and responses that are easy to compare.

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator, EmulatorBuilder};
use reqwest::{Certificate, Client, Method, Response, StatusCode, Version};
use serde_json::{Value, json};

/// A running emulator, whose responses are checked against the contract, and a client that calls it as the
/// admin by default.
pub(crate) struct Api {
    pub(crate) emulator: CheckedEmulator,
    client: Client,
    bearer: Option<String>,
}

/// A response with a JSON body.
#[derive(Debug)]
pub(crate) struct JsonResponse {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Emulator::builder()).await
    }

    /// Starts an emulator with this service account.
    pub(crate) async fn with_account(username: &str) -> Self {
        let api = Self::start().await;
        api.create_account(username).await;
        api
    }

    pub(crate) async fn with(emulator: EmulatorBuilder) -> Self {
        let emulator = CheckedEmulator::start(emulator).await.unwrap();
        let client = Client::builder()
            .no_proxy()
            .retry(reqwest::retry::never())
            .build()
            .unwrap();
        Self {
            emulator,
            client,
            bearer: Some(DEFAULT_ADMIN_TOKEN.to_owned()),
        }
    }

    /// Uses another token from now on.
    pub(crate) fn act_as(&mut self, secret: &str) {
        self.bearer = Some(secret.to_owned());
    }

    /// Returns a request that tests can change further.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.emulator.url()));
        match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> JsonResponse {
        JsonResponse::read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> JsonResponse {
        JsonResponse::read(self.request(Method::DELETE, path).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> JsonResponse {
        JsonResponse::read(self.request(Method::POST, path).json(&body).send().await.unwrap()).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> JsonResponse {
        JsonResponse::read(self.request(Method::PUT, path).json(&body).send().await.unwrap()).await
    }

    pub(crate) async fn create_account(&self, username: &str) {
        self.post("/v1/users", json!({ "username": username })).await.ok();
    }

    /// Creates a token of the account. Returns its id and secret.
    pub(crate) async fn create_token(&self, username: &str, body: Value) -> (String, String) {
        let token = self
            .post(&format!("/v1/users/{username}/tokens"), body)
            .await
            .ok();
        (text(&token["id"]), text(&token["token"]))
    }
}

impl JsonResponse {
    pub(crate) async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/json");
        Self {
            status,
            body: response.json().await.unwrap(),
        }
    }

    /// Returns the body of a success.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Returns the status and code of a failure, after checking that its parts agree.
    pub(crate) fn error(&self) -> (u16, &str) {
        assert!(self.status >= 400, "{}", self.body);
        assert!(!self.body["message"].as_str().unwrap().is_empty());
        assert_eq!(self.body["data"]["httpStatus"], self.status);
        assert_eq!(self.body["data"]["code"], self.body["code"]);
        (self.status, self.body["code"].as_str().unwrap())
    }

    /// Returns the paths of a validation failure's issues.
    pub(crate) fn issue_paths(&self) -> Vec<Value> {
        assert_eq!(self.error(), (400, "BAD_REQUEST"), "{}", self.body);
        self.body["issues"]
            .as_array()
            .unwrap()
            .iter()
            .map(|issue| issue["path"].clone())
            .collect()
    }
}

/// Returns a client with this version of HTTP that trusts the emulator's certificate, if it has one.
pub(crate) fn client_of(emulator: &CheckedEmulator, version: Version) -> Client {
    let mut client = Client::builder().no_proxy().retry(reqwest::retry::never());
    if let Some(authority) = emulator.certificate_authority_pem() {
        client = client.tls_certs_only([Certificate::from_pem(authority.as_bytes()).unwrap()]);
    }
    if version == Version::HTTP_11 {
        client = client.http1_only();
    }
    client.build().unwrap()
}

/// Returns the text of a JSON string.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Returns the field of each element of a list.
pub(crate) fn each(list: &Value, field: &str) -> Vec<Value> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|element| element[field].clone())
        .collect()
}

/// Expects the plain-text response of a path without a route.
pub(crate) async fn assert_unrouted(response: Response) {
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.text().await.unwrap(), "Not Found");
}
