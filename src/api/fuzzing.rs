//! A client that receives any bytes as responses, for fuzzing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use tokio::runtime::{Builder, Runtime};

use super::retry::Policy;
use super::transport::{BodyEnd, Request, Response, SendError, Transport};
use super::{BaseUrl, Client, Ducklings, Error, NewEmbedSession, NewToken, Reply, Settings, UserFilter};

/// No error may contain it.
const ADMIN_TOKEN: &str = "kT9wQ2vxL5Zr7Hd8sJp4nB6y";

/// The statuses of responses; a byte of the input selects one.
const STATUSES: [u16; 8] = [200, 200, 200, 201, 400, 404, 409, 500];

/// The remaining responses, after which there are empty ones.
struct Responses(Mutex<VecDeque<Vec<u8>>>);

#[async_trait]
impl Transport for Responses {
    async fn send(&self, _: &Request) -> Result<Response, SendError> {
        let next = self.0.lock().map(|mut left| left.pop_front()).unwrap_or_default();
        let input = next.unwrap_or_default();
        let (status, body) = input
            .split_first()
            .map_or((0, &[][..]), |(first, body)| (*first, body));
        Ok(Response {
            status: STATUSES[usize::from(status) % STATUSES.len()],
            headers: HeaderMap::new(),
            body: body.to_vec(),
            end: BodyEnd::Complete,
        })
    }
}

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(
        Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime"),
    );
}

fn check<T: Debug>(outcome: &Result<Reply<T>, Error>) {
    if let Err(error) = outcome {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(ADMIN_TOKEN), "an error shows the admin token");
    }
}

/// Calls the operation that the first byte selects. The rest of the input is the responses, separated by zero
/// bytes; the first byte of each selects its status. `{SECRET}` in them is replaced by the admin token.
pub(crate) fn read_responses(data: &[u8]) {
    let Some((operation, rest)) = data.split_first() else {
        return;
    };
    let responses = rest.split(|byte| *byte == 0).map(with_secret).collect();
    let client = Client::assemble(
        Settings {
            base_url: BaseUrl::parse("https://api.motherduck.com").expect("an address"),
            token: ADMIN_TOKEN.into(),
            token_source: "the attribute `admin_token`".to_owned(),
            proxy: None,
            request_timeout: Duration::from_secs(30),
            max_retries: 0,
            max_concurrent_requests: 1,
            ca_certificate_file: None,
            user_agent: "fuzzing/1".to_owned(),
        },
        Policy::new(0),
        Box::new(Responses(Mutex::new(responses))),
    );
    RUNTIME.with_borrow(|runtime| runtime.block_on(call(&client, *operation)));
}

fn with_secret(response: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"{SECRET}";
    let Some(at) = response.windows(MARK.len()).position(|part| part == MARK) else {
        return response.to_vec();
    };
    [
        &response[..at],
        ADMIN_TOKEN.as_bytes(),
        &response[at + MARK.len()..],
    ]
    .concat()
}

async fn call(client: &Client, operation: u8) {
    match operation % 10 {
        0 => check(&client.users(UserFilter::default()).await),
        1 => check(&client.tokens("svc").await),
        2 => {
            let new = NewToken {
                name: "nightly".to_owned(),
                ttl: Some(600),
                ..NewToken::default()
            };
            check(&client.create_token("svc", &new).await);
        }
        3 => check(&client.revoke_token("svc", "id").await),
        4 => check(&client.ducklings("svc").await),
        5 => {
            if let Ok(live) = client.ducklings("svc").await {
                check::<Ducklings>(&client.set_ducklings("svc", &live.body).await);
            }
        }
        6 => check(&client.active_accounts().await),
        7 => {
            let new = NewEmbedSession {
                username: "svc".to_owned(),
                ..NewEmbedSession::default()
            };
            check(&client.create_embed_session("id", &new).await);
        }
        8 => check(&client.create_service_account("svc").await),
        _ => check(&client.delete_user("svc").await),
    }
}
