//! A small HTTPS server with its own certificate authority and one request per connection.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The timeout of reads and writes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request: its first line, its header lines, and its body.
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

/// A running server. Dropping it stops it.
pub(crate) struct Https {
    address: SocketAddr,
    authority: String,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Https {
    /// Serves `name` at a free port of `ip`. `respond` returns the bytes of a whole response.
    pub(crate) fn serve(
        name: &str,
        ip: &str,
        respond: impl Fn(Request) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let (config, authority) = identity(name);
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let respond = Arc::new(respond);
        let accepting = thread::spawn(move || {
            for connection in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (config, respond) = (Arc::clone(&config), Arc::clone(&respond));
                // A broken connection is reported by the client's test.
                thread::spawn(move || handle(connection?, config, &*respond));
            }
        });
        Self {
            address,
            authority,
            stop,
            accepting: Some(accepting),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the certificate of the authority in PEM form.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // This connection ends the last wait for a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn identity(name: &str) -> (Arc<ServerConfig>, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (Arc::new(config), authority.pem())
}

fn handle(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
    respond: &dyn Fn(Request) -> Vec<u8>,
) -> std::io::Result<()> {
    tcp.set_read_timeout(Some(TIMEOUT))?;
    let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(tls, tcp);
    let request = read(&mut BufReader::new(&mut stream))?;
    stream.write_all(&respond(request))?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn read(from: &mut BufReader<impl Read>) -> std::io::Result<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let length = lines.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    from.read_exact(&mut body)?;
    let mut lines = lines.into_iter();
    Ok(Request {
        line: lines.next().unwrap_or_default(),
        headers: lines.collect(),
        body,
    })
}

/// Forwards a request to a server at `address`, with that address as its `Host`.
pub(crate) fn forward(request: &Request, address: &str) -> Vec<u8> {
    let mut message = format!("{}\r\nhost: {address}\r\nconnection: close\r\n", request.line);
    for header in &request.headers {
        let name = header.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if name != "host" && name != "connection" {
            message.push_str(header);
            message.push_str("\r\n");
        }
    }
    message.push_str("\r\n");
    let mut tcp = TcpStream::connect(address).unwrap();
    tcp.write_all(message.as_bytes()).unwrap();
    tcp.write_all(&request.body).unwrap();
    let mut response = Vec::new();
    tcp.read_to_end(&mut response).unwrap();
    response
}

/// Returns the response of a static web server for a file below a folder.
pub(crate) fn file(request: &Request, folder: &Path) -> Vec<u8> {
    let path = request
        .line
        .split(' ')
        .nth(1)
        .unwrap_or("/")
        .trim_start_matches('/');
    let (status, kind, content) = match std::fs::read(folder.join(path)) {
        Ok(content) => {
            let kind = match Path::new(path).extension() {
                Some(extension) if extension == "json" => "application/json",
                _ => "application/zip",
            };
            ("200 OK", kind, content)
        }
        Err(_) => ("404 Not Found", "text/plain", Vec::new()),
    };
    let mut response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        content.len()
    )
    .into_bytes();
    response.extend(content);
    response
}
