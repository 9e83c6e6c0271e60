//! Requests that the API received, its objects, and changes outside of Terraform.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{ADMIN_TOKEN, Story};

/// Changes outside of Terraform, and the state of the organization.
impl Story {
    /// Returns all requests since the last [`Story::clear_requests`], as `METHOD /path STATUS`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.emulator()
            .requests()
            .iter()
            .map(|request| {
                let status = request
                    .status
                    .map_or_else(|| "without a response".to_owned(), |status| status.to_string());
                format!("{} {} {status}", request.method, request.path)
            })
            .collect()
    }

    /// Returns the requests of [`Story::requests`] with a method other than GET.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.requests()
            .into_iter()
            .filter(|request| !request.starts_with("GET "))
            .collect()
    }

    /// Returns how many tokens of an account were created and revoked since the last [`Story::clear_requests`].
    pub(crate) fn created_and_revoked(&self, username: &str) -> (usize, usize) {
        let sent = self.writes();
        let count = |start: String| sent.iter().filter(|request| request.starts_with(&start)).count();
        (
            count(format!("POST /v1/users/{username}/tokens 200")),
            count(format!("DELETE /v1/users/{username}/tokens/")),
        )
    }

    /// Returns the common beginning of all secrets of access tokens, to search for secrets that the test does
    /// not know.
    #[track_caller]
    pub(crate) fn token_header(&self) -> String {
        let sample = json!({ "name": "sample" });
        let created = self.request("POST", "/v1/users/emulator_admin/tokens", &sample);
        let secret = created["token"].as_str().unwrap();
        secret.split('.').next().unwrap().to_owned()
    }

    /// Clears the log of requests.
    pub(crate) fn clear_requests(&self) {
        self.emulator().clear_requests();
    }

    /// Returns the sorted usernames of all service accounts.
    pub(crate) fn service_accounts(&self) -> Vec<String> {
        service_accounts(&self.emulator().state())
    }

    /// Returns an account from the emulator's state.
    #[track_caller]
    pub(crate) fn account(&self, username: &str) -> Value {
        let state = self.emulator().state();
        accounts(&state)
            .find(|account| account["username"] == username)
            .unwrap_or_else(|| panic!("there is no account {username}"))
            .clone()
    }

    /// Returns the ids of an account's live tokens, oldest first.
    #[track_caller]
    pub(crate) fn live_tokens(&self, username: &str) -> Vec<String> {
        self.account(username)["tokens"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|token| token["expired"] == false)
            .map(|token| token["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Creates a service account outside of Terraform.
    #[track_caller]
    pub(crate) fn create_account(&self, username: &str) {
        self.request("POST", "/v1/users", &json!({ "username": username }));
    }

    /// Creates a token outside of Terraform and returns its id.
    #[track_caller]
    pub(crate) fn create_token(&self, username: &str, token: &Value) -> String {
        let created = self.request("POST", &format!("/v1/users/{username}/tokens"), token);
        created["id"].as_str().unwrap().to_owned()
    }

    /// Sets an account's Ducklings outside of Terraform.
    #[track_caller]
    pub(crate) fn set_ducklings(&self, username: &str, read_write: &Value, read_scaling: &Value) {
        let config = json!({ "config": { "read_write": read_write, "read_scaling": read_scaling } });
        self.request("PUT", &format!("/v1/users/{username}/instances"), &config);
    }

    /// Sends a request to the API, which must succeed, and removes it from the log.
    #[track_caller]
    pub(crate) fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.emulator().url());
        let response = send(|client| {
            client
                .request(method.parse().unwrap(), url)
                .bearer_auth(ADMIN_TOKEN)
                .json(body)
        });
        self.clear_requests();
        let response = response.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        serde_json::from_slice(&response).unwrap()
    }
}

/// Sends a request and returns the body of the response. A status other than success is an error.
pub(super) fn send(request: impl FnOnce(&Client) -> RequestBuilder) -> reqwest::Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = Client::builder().no_proxy().build()?;
        let response = request(&client).send().await?.error_for_status()?;
        Ok(response.bytes().await?.to_vec())
    })
}

/// Returns the sorted usernames of all service accounts in the state of an emulator.
pub(crate) fn service_accounts(state: &Value) -> Vec<String> {
    let mut names: Vec<String> = accounts(state)
        .filter(|account| account["is_service_account"] == true)
        .map(|account| account["username"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn accounts(state: &Value) -> impl Iterator<Item = &Value> {
    state["accounts"].as_array().into_iter().flatten()
}
