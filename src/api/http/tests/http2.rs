//! A server with the part of HTTP/2 that is needed to end streams in every way.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::io::{self, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::AbortOnDropHandle;

use super::raw_server;
use crate::api::{BaseUrl, Settings, fake};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// The types of frames, and their flags.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// Error codes of RFC 9113.
pub(super) const NO_ERROR: u32 = 0;
pub(super) const INTERNAL_ERROR: u32 = 2;
pub(super) const REFUSED_STREAM: u32 = 7;
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

/// The server's reaction to a request.
#[derive(Clone, Copy)]
pub(super) enum Frames {
    /// Sends a response with status 200 and this body.
    Respond(&'static str),
    /// Resets the request's stream with this code.
    Reset(u32),
    /// Sends the beginning of a response, then a reset with this code.
    BeginAndReset(u32),
    /// Sends GOAWAY with this code, whose last stream precedes the request's.
    GoAwayBefore(u32),
    /// Sends GOAWAY whose last stream is the request's, then closes the connection.
    GoAwayAfter,
}

/// Performs the reactions of a list in order, whatever is requested.
pub(super) struct Http2 {
    port: u16,
    certificate: tempfile::NamedTempFile,
    state: Arc<ServerState>,
    _task: AbortOnDropHandle<()>,
}

struct ServerState {
    frames: Mutex<std::vec::IntoIter<Frames>>,
    acceptor: TlsAcceptor,
    requests: Mutex<usize>,
}

impl Http2 {
    pub(super) async fn serve(frames: Vec<Frames>) -> Self {
        let (acceptor, certificate) = raw_server::tls(&[b"h2"]);
        let state = Arc::new(ServerState {
            frames: Mutex::new(frames.into_iter()),
            acceptor,
            requests: Mutex::default(),
        });
        let (address, task) = raw_server::accept_connections({
            let state = Arc::clone(&state);
            move |stream| {
                let state = Arc::clone(&state);
                // The client may disconnect at any time.
                async move { drop(state.serve(stream).await) }
            }
        })
        .await;
        Http2 {
            port: address.port(),
            certificate,
            state,
            _task: task,
        }
    }

    /// Returns settings for a client of this server that may repeat a request twice.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            base_url: BaseUrl::parse(&format!("https://localhost:{}", self.port)).unwrap(),
            ca_certificate_file: Some(Path::to_owned(self.certificate.path())),
            max_retries: 2,
            ..fake::settings()
        }
    }

    /// Returns the number of requests.
    pub(super) fn requests(&self) -> usize {
        *self.state.requests.lock().unwrap()
    }
}

impl ServerState {
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = self.acceptor.accept(stream).await?;
        let mut preface = [0; PREFACE.len()];
        stream.read_exact(&mut preface).await?;
        assert_eq!(preface, PREFACE);
        write(&mut stream, SETTINGS, 0, 0, &[]).await?;
        loop {
            let (kind, flags, id) = read(&mut stream).await?;
            match kind {
                SETTINGS if flags & ACK == 0 => write(&mut stream, SETTINGS, ACK, 0, &[]).await?,
                HEADERS | DATA if flags & END_STREAM != 0 => {
                    *self.requests.lock().unwrap() += 1;
                    let frames = self
                        .frames
                        .lock()
                        .unwrap()
                        .next()
                        .expect("one more request than planned");
                    if !serve(&mut stream, frames, id).await? {
                        return stream.shutdown().await;
                    }
                }
                _ => {}
            }
        }
    }
}

/// Reacts to the request of this stream, and returns whether the connection stays open.
async fn serve(stream: &mut TlsStream<TcpStream>, frames: Frames, id: u32) -> io::Result<bool> {
    // The status 200 in HPACK's static table.
    const OK: &[u8] = &[0x88];
    let go_away = |last: u32, code: u32| [last.to_be_bytes(), code.to_be_bytes()].concat();
    match frames {
        Frames::Respond(body) => {
            write(stream, HEADERS, END_HEADERS, id, OK).await?;
            write(stream, DATA, END_STREAM, id, body.as_bytes()).await?;
        }
        Frames::Reset(code) => write(stream, RST_STREAM, 0, id, &code.to_be_bytes()).await?,
        Frames::BeginAndReset(code) => {
            write(stream, HEADERS, END_HEADERS, id, OK).await?;
            write(stream, DATA, 0, id, b"{").await?;
            write(stream, RST_STREAM, 0, id, &code.to_be_bytes()).await?;
        }
        Frames::GoAwayBefore(code) => {
            // Clients use odd stream ids.
            write(stream, GOAWAY, 0, 0, &go_away(id.saturating_sub(2), code)).await?;
        }
        Frames::GoAwayAfter => {
            write(stream, GOAWAY, 0, 0, &go_away(id, NO_ERROR)).await?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes one frame, whose payload is short.
async fn write(
    stream: &mut TlsStream<TcpStream>,
    kind: u8,
    flags: u8,
    id: u32,
    payload: &[u8],
) -> io::Result<()> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(id.to_be_bytes());
    frame.extend(payload);
    stream.write_all(&frame).await?;
    stream.flush().await
}

/// Reads one frame. Returns its type, flags and stream.
async fn read(stream: &mut TlsStream<TcpStream>) -> io::Result<(u8, u8, u32)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let [a, b, c, kind, flags, id @ ..] = head;
    let length = u32::from_be_bytes([0, a, b, c]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await?;
    Ok((kind, flags, u32::from_be_bytes(id)))
}
