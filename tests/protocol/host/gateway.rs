//! Gateways between the provider and the emulator: one compresses bodies, one uses HTTP/2 and refuses
//! streams.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tonic::codegen::http;

use super::ADMIN_TOKEN;

/// A server that forwards requests to an API.
pub(crate) struct Gateway {
    url: String,
    certificate: Option<tempfile::NamedTempFile>,
    task: JoinHandle<()>,
}

/// The API behind a gateway.
#[derive(Clone)]
struct Upstream {
    client: reqwest::Client,
    url: String,
}

impl Upstream {
    fn new(url: String) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Upstream { client, url }
    }

    /// Sends a request to the API and returns the status and body of its response.
    async fn ask(&self, method: &str, path: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let method = method.parse().expect("a method");
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.bearer_auth(ADMIN_TOKEN).body(body);
        let request = request.header("content-type", "application/json");
        let response = request.send().await.expect("the API responds");
        let status = response.status().as_u16();
        (status, response.bytes().await.expect("a body").to_vec())
    }
}

impl Gateway {
    /// Starts a gateway that encodes all bodies this way, whatever the client accepts.
    pub(crate) async fn encoding(api: String, name: &'static str, encode: fn(&[u8]) -> Vec<u8>) -> Self {
        let upstream = Upstream::new(api);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let upstream = upstream.clone();
                tokio::spawn(async move {
                    let (method, path, body) = read_request(&mut stream).await?;
                    let (status, body) = upstream.ask(&method, &path, body).await;
                    let body = encode(&body);
                    let head = format!(
                        "HTTP/1.1 {status} X\r\ncontent-encoding: {name}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        body.len()
                    );
                    stream.write_all(head.as_bytes()).await?;
                    stream.write_all(&body).await?;
                    stream.shutdown().await
                });
            }
        });
        Gateway {
            url,
            certificate: None,
            task,
        }
    }

    /// Starts a gateway that uses HTTP/2 over TLS and refuses the streams of the first `posts` POSTs.
    pub(crate) async fn refusing(api: String, posts: usize) -> Self {
        let upstream = Upstream::new(api);
        let (acceptor, certificate) = tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let left = Arc::new(AtomicUsize::new(posts));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (upstream, acceptor, left) = (upstream.clone(), acceptor.clone(), Arc::clone(&left));
                tokio::spawn(async move { serve_http2(stream, acceptor, upstream, left).await.ok() });
            }
        });
        Gateway {
            url: format!("https://localhost:{port}"),
            certificate: Some(certificate),
            task,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the path of the gateway's certificate.
    pub(crate) fn certificate(&self) -> &Path {
        self.certificate.as_ref().expect("a gateway with TLS").path()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads method, path and body of a request.
async fn read_request(stream: &mut TcpStream) -> std::io::Result<(String, String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).expect("a head of text").to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a length"))];
    stream.read_exact(&mut body).await?;
    let mut words = head.split(' ').map(str::to_owned);
    let method = words.next().expect("a method").to_uppercase();
    Ok((method, words.next().expect("a path"), body))
}

async fn serve_http2(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    upstream: Upstream,
    left: Arc<AtomicUsize>,
) -> Result<(), h2::Error> {
    let stream = acceptor.accept(stream).await.map_err(h2_error)?;
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(accepted) = connection.accept().await {
        let (request, mut response) = accepted?;
        let refuse = |left: usize| left.checked_sub(1);
        if request.method() == http::Method::POST
            && left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuse)
                .is_ok()
        {
            response.send_reset(h2::Reason::REFUSED_STREAM);
            continue;
        }
        let upstream = upstream.clone();
        tokio::spawn(async move {
            let (head, mut incoming) = request.into_parts();
            let mut body = Vec::new();
            while let Some(chunk) = incoming.data().await {
                body.extend_from_slice(&chunk?);
            }
            let path = head.uri.path_and_query().expect("a path").as_str();
            let (status, body) = upstream.ask(head.method.as_str(), path, body).await;
            let head = http::Response::builder().status(status).body(()).expect("a head");
            let mut outgoing = response.send_response(head, false)?;
            outgoing.send_data(body.into(), true)
        });
    }
    Ok(())
}

fn h2_error(_: std::io::Error) -> h2::Error {
    h2::Reason::INTERNAL_ERROR.into()
}

/// Returns a TLS acceptor for `localhost` that only offers HTTP/2, and a file with its certificate. Like one
/// of `openssl req -x509`, the certificate is self-signed and marked as an authority.
fn tls() -> (TlsAcceptor, tempfile::NamedTempFile) {
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let file = tempfile::NamedTempFile::new().expect("a file");
    // Some editors write a byte order mark at the beginning of a file.
    std::fs::write(file.path(), format!("\u{feff}{}", certificate.pem())).expect("a written file");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        )
        .expect("a certificate with its key");
    config.alpn_protocols = vec![b"h2".to_vec()];
    (TlsAcceptor::from(Arc::new(config)), file)
}
