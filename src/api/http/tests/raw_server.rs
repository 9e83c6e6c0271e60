//! A server on its own port that sends raw bytes, with or without TLS.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use crate::api::{BaseUrl, Client, Settings, fake};

/// The server's reaction to a request.
#[derive(Clone)]
pub(super) enum Reaction {
    /// Sends these bytes and waits for the next request on the same connection.
    Send(Vec<u8>),
    /// Sends these bytes and closes the connection.
    SendAndClose(Vec<u8>),
    /// Sends these bytes and then nothing, until the client disconnects.
    SendAndHang(Vec<u8>),
}

pub(super) fn send_text(text: &str) -> Reaction {
    Reaction::Send(text.as_bytes().to_vec())
}

/// Returns a response with a JSON body.
pub(super) fn json(status: &str, body: &str) -> Reaction {
    let length = body.len();
    send_text(&format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

/// Returns TLS for `localhost` that offers these protocols, and a file with its certificate.
pub(super) fn tls(protocols: &[&[u8]]) -> (TlsAcceptor, tempfile::NamedTempFile) {
    let generated = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), generated.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(generated.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![generated.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    (TlsAcceptor::from(Arc::new(config)), file)
}

/// Listens on an own port and serves each connection in a task.
pub(super) async fn accept_connections<F>(
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> (SocketAddr, AbortOnDropHandle<()>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    (address, AbortOnDropHandle::new(task))
}

/// Performs the reactions of a list in order, whatever is requested. Dropping it stops the server.
pub(super) struct RawServer {
    pub(super) address: SocketAddr,
    state: Arc<ServerState>,
    _task: AbortOnDropHandle<()>,
}

struct ServerState {
    reactions: Mutex<std::vec::IntoIter<Reaction>>,
    acceptor: Option<TlsAcceptor>,
    connections: Mutex<usize>,
    requests: Mutex<Vec<String>>,
}

impl RawServer {
    /// Starts the server over plain connections.
    pub(super) async fn serve(reactions: impl IntoIterator<Item = Reaction>) -> Self {
        RawServer::start(None, reactions.into_iter().collect()).await
    }

    /// Starts the server over TLS for `localhost`. The file contains the certificate, which no client trusts
    /// yet.
    pub(super) async fn serve_tls(
        protocols: &[&[u8]],
        reactions: Vec<Reaction>,
    ) -> (Self, tempfile::NamedTempFile) {
        let (acceptor, file) = tls(protocols);
        (RawServer::start(Some(acceptor), reactions).await, file)
    }

    async fn start(acceptor: Option<TlsAcceptor>, reactions: Vec<Reaction>) -> Self {
        let state = Arc::new(ServerState {
            reactions: Mutex::new(reactions.into_iter()),
            acceptor,
            connections: Mutex::default(),
            requests: Mutex::default(),
        });
        let (address, task) = accept_connections({
            let state = Arc::clone(&state);
            move |stream| {
                *state.connections.lock().unwrap() += 1;
                let state = Arc::clone(&state);
                async move { state.accept(stream).await }
            }
        })
        .await;
        RawServer {
            address,
            state,
            _task: task,
        }
    }

    /// Returns settings for a client of this server that repeats nothing.
    pub(super) fn settings(&self) -> Settings {
        let base_url = BaseUrl::parse(&format!("http://{}", self.address)).unwrap();
        Settings {
            base_url,
            max_retries: 0,
            ..fake::settings()
        }
    }

    /// Returns the same settings over TLS, with a certificate file to trust.
    pub(super) fn tls_settings(&self, trusted: Option<&Path>) -> Settings {
        let base_url = BaseUrl::parse(&format!("https://localhost:{}", self.address.port())).unwrap();
        Settings {
            base_url,
            ca_certificate_file: trusted.map(Into::into),
            ..self.settings()
        }
    }

    pub(super) async fn client(&self) -> Client {
        Client::new(self.settings()).await.unwrap()
    }

    /// Returns every request with its head in lower case; `h2` for a connection that selected HTTP/2.
    pub(super) fn requests(&self) -> Vec<String> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Returns the number of connections, including those with a failed handshake.
    pub(super) fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }
}

impl ServerState {
    async fn accept(&self, stream: TcpStream) {
        let Some(acceptor) = &self.acceptor else {
            return self.serve(stream).await;
        };
        // A client that does not trust the certificate aborts the handshake.
        let Ok(stream) = acceptor.accept(stream).await else {
            return;
        };
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            // This server does not support HTTP/2; it only records that it was selected.
            self.requests.lock().unwrap().push("h2".to_owned());
        } else {
            self.serve(stream).await;
        }
    }

    /// Serves one connection until it ends. A client may disconnect early, as it does when a body is too
    /// large, so write errors are ignored.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) {
        while let Some(request) = read_request(&mut stream).await {
            self.requests.lock().unwrap().push(request);
            let reaction = self.reactions.lock().unwrap().next();
            match reaction {
                Some(Reaction::Send(bytes)) => drop(stream.write_all(&bytes).await),
                Some(Reaction::SendAndHang(bytes)) => {
                    drop(stream.write_all(&bytes).await);
                    drop(stream.read_u8().await);
                }
                Some(Reaction::SendAndClose(bytes)) => {
                    drop(stream.write_all(&bytes).await);
                    drop(stream.shutdown().await);
                    return;
                }
                None => return,
            }
        }
    }
}

/// Returns a request with its head in lower case, or `None` at the end of the connection.
async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let mut request = String::from_utf8(bytes).unwrap().to_lowercase();
    let length = request
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    request.push_str(std::str::from_utf8(&body).unwrap());
    Some(request)
}
