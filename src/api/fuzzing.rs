//! A client that receives any bytes as responses, for fuzzing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::future::ready;
use std::sync::Mutex;

use tokio::runtime::{Builder, Runtime};

use super::fake::{self, FakeResponse, TOKEN};
use super::{Client, Ducklings, Error, NewEmbedSession, NewToken, Reply, UserFilter};
use crate::lock::lock;

/// The statuses of responses; a byte of the input selects one.
const STATUSES: [u16; 8] = [200, 200, 200, 201, 400, 404, 409, 500];

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::new(
        Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime"),
    );
}

fn check<T: Debug>(result: &Result<Reply<T>, Error>) {
    if let Err(error) = result {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(TOKEN), "an error shows the admin token");
    }
}

/// Calls the operation that the first byte selects. The rest of the input is the responses, separated by zero
/// bytes; the first byte of each selects its status. The first `{SECRET}` in each is replaced by the admin token.
pub(crate) fn read_responses(data: &[u8]) {
    let Some((operation, rest)) = data.split_first() else {
        return;
    };
    let responses: VecDeque<_> = rest.split(|byte| *byte == 0).map(response).collect();
    let responses = Mutex::new(responses);
    let client = fake::client_of(
        move |_, _| ready(lock(&responses).pop_front().or_else(|| Some(response(&[])))),
        |settings| settings.max_retries = 0,
    );
    RUNTIME.with_borrow(|runtime| runtime.block_on(call(&client, *operation)));
}

fn response(input: &[u8]) -> FakeResponse {
    const MARK: &[u8] = b"{SECRET}";
    let (status, body) = input.split_first().unwrap_or((&0, &[]));
    let status = STATUSES[usize::from(*status) % STATUSES.len()];
    let body = match body.windows(MARK.len()).position(|part| part == MARK) {
        Some(at) => [&body[..at], TOKEN.as_bytes(), &body[at + MARK.len()..]].concat(),
        None => body.to_vec(),
    };
    fake::status(status).bytes(body)
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
