//! Calls of the emulator's endpoints.

use std::time::Duration;

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use reqwest::{Client, Error, Method};
use serde_json::Value;
use tokio::runtime::Builder;

use super::failure::Failure;

/// The timeout of a request. The emulator responds from memory.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends a request of the Admin, with a body unless it is null. Returns the JSON of the response, or null if
/// it has no body. A status other than a success is an error.
pub(crate) fn call(method: &Method, url: &str, body: &Value) -> Result<Value, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::io("start an HTTP client"))?;
    let response = runtime.block_on(async {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let mut request = client
            .request(method.clone(), url)
            .bearer_auth(DEFAULT_ADMIN_TOKEN);
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        Ok::<_, Error>((response.status(), response.text().await?))
    });
    match response {
        Ok((status, text)) if status.is_success() => Ok(serde_json::from_str(&text).unwrap_or_default()),
        Ok((status, text)) => Failure::unexpected(format!("{method} {url} returned status {status}: {text}")),
        Err(error) => Failure::unexpected(format!("{method} {url} failed: {error}")),
    }
}
