//! Servers in place of the API: the emulator, scripted responses, or none.

use std::io::ErrorKind;
use std::net::TcpListener as StdListener;
use std::sync::{Arc, Mutex};

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::Session;

/// Starts an emulator with an admin and no other users. Its responses are checked against the API's contract.
pub(crate) async fn emulator() -> CheckedEmulator {
    CheckedEmulator::start(Emulator::builder())
        .await
        .expect("the emulator starts")
}

/// Returns the requests that the emulator has received, as `GET /v1/users`.
pub(crate) fn calls(api: &Emulator) -> Vec<String> {
    let requests = api.requests().into_iter();
    requests
        .map(|request| format!("{} {}", request.method, request.path))
        .collect()
}

/// Returns the address of a port that refuses connections. The socket keeps other programs from using the
/// port.
pub(crate) fn unreachable_url() -> (String, TcpSocket) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = socket.local_addr().expect("an address");
    (format!("http://{address}"), socket)
}

/// An API that must not be called.
pub(crate) struct UnusedApi(StdListener);

impl UnusedApi {
    pub(crate) fn new() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").expect("a free port");
        listener
            .set_nonblocking(true)
            .expect("a listener with an address");
        UnusedApi(listener)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("an address"))
    }

    /// Expects that no connection was made.
    #[track_caller]
    pub(crate) fn assert_no_connection(&self) {
        let refused = self.0.accept().map(drop).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::WouldBlock), "the API was called");
    }
}

/// A request that a [`ScriptedApi`] has received.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) user_agent: String,
    /// Null if the request had no body.
    pub(crate) body: Json,
}

impl Request {
    /// Returns method and path without the query.
    pub(crate) fn endpoint(&self) -> String {
        self.line().split('?').next().unwrap_or_default().to_owned()
    }

    /// Returns method and path, as `GET /v1/users`.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// How a [`ScriptedApi`] responds to a request.
#[derive(Clone)]
pub(crate) enum Reply {
    Json(u16, Json),
    /// Status, content type and text of a body that is not the API's JSON.
    Other(u16, &'static str, &'static str),
    /// A status with a `Retry-After` header of this many seconds.
    RetryAfter(u16, u32),
    /// Reads the request and closes the connection.
    CloseConnection,
    /// Never responds, and notifies when the client closes the connection.
    NoResponse(Arc<Notify>),
}

impl Reply {
    /// Status 200 with this body.
    pub(crate) fn ok(body: Json) -> Self {
        Reply::Json(200, body)
    }

    /// An error as the API sends it.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Reply::Json(status, json!({ "code": code, "message": message }))
    }
}

/// An API whose responses are defined by a test.
pub(crate) struct ScriptedApi {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    server: JoinHandle<()>,
}

impl ScriptedApi {
    pub(crate) async fn start(response: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (response, log) = (Arc::new(response), Arc::clone(&requests));
        let server = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (response, log) = (Arc::clone(&response), Arc::clone(&log));
                tokio::spawn(async move {
                    let mut connection = BufReader::new(connection);
                    let request = read_request(&mut connection).await;
                    log.lock().expect("no test panicked here").push(request.clone());
                    write_reply(connection.get_mut(), response(&request)).await;
                });
            }
        });
        ScriptedApi {
            url,
            requests,
            server,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no test panicked here").clone()
    }

    /// Returns the requests so far, as `GET /v1/users`.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.requests().iter().map(Request::line).collect()
    }
}

impl Session {
    /// Starts an API without tokens that responds to a creation with `post` and to a revocation with `delete`, and a
    /// provider for it.
    pub(crate) async fn on_token_api(
        post: impl Fn() -> Reply + Send + Sync + 'static,
        delete: impl Fn() -> Reply + Send + Sync + 'static,
    ) -> (Self, ScriptedApi) {
        Session::on_script(move |request| match request.method.as_str() {
            "POST" => post(),
            "DELETE" => delete(),
            _ => Reply::ok(json!({ "tokens": [] })),
        })
        .await
    }
}

impl Drop for ScriptedApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn read_request(connection: &mut BufReader<TcpStream>) -> Request {
    let mut first = String::new();
    connection.read_line(&mut first).await.expect("a request line");
    let (mut length, mut user_agent) = (0, String::new());
    loop {
        let mut header = String::new();
        connection.read_line(&mut header).await.expect("a header");
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().expect("a length");
        } else if name.eq_ignore_ascii_case("user-agent") {
            value.trim().clone_into(&mut user_agent);
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.expect("the whole body");
    let mut words = first.split(' ').map(str::to_owned);
    Request {
        method: words.next().expect("a method"),
        path: words.next().expect("a path"),
        user_agent,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

async fn write_reply(connection: &mut TcpStream, reply: Reply) {
    let mut headers = String::new();
    let (status, content_type, body) = match reply {
        Reply::Json(status, body) => (status, "application/json", body.to_string()),
        Reply::Other(status, content_type, body) => (status, content_type, body.to_owned()),
        Reply::RetryAfter(status, seconds) => {
            headers = format!("retry-after: {seconds}\r\n");
            (status, "text/plain", "later".to_owned())
        }
        Reply::CloseConnection => return,
        Reply::NoResponse(given_up) => {
            let mut rest = [0];
            // The client sends nothing more, so the read returns when it closes the connection.
            let end = connection.read(&mut rest).await;
            assert!(
                !end.is_ok_and(|length| length > 0),
                "the client continues to send"
            );
            return given_up.notify_one();
        }
    };
    let response = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n{headers}connection: close\r\n\r\n{body}",
        body.len()
    );
    connection
        .write_all(response.as_bytes())
        .await
        .expect("the client is connected");
}
