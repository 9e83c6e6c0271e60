//! A name server on loopback that resolves one name.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const TYPE_A: u16 = 1;
const HEADER: usize = 12;
/// The flags `QR` and `RA` with the response code for "no error", and with that for "no such name".
const FOUND: [u8; 2] = [0x80, 0x80];
const NO_SUCH_NAME: [u8; 2] = [0x80, 0x83];

/// A running server. Dropping it stops it.
pub(crate) struct Dns {
    ip: Ipv4Addr,
    stop: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl Dns {
    /// Serves the address `is` for `name`, on its own loopback address and the standard port.
    pub(crate) fn serve(name: &str, address: Ipv4Addr) -> io::Result<Self> {
        // Other tests may use loopback addresses too, so the address is derived from the process id.
        let [.., a, b] = std::process::id().to_be_bytes();
        let ip = Ipv4Addr::new(127, 53, a, b);
        let socket = UdpSocket::bind((ip, 53))?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let name = name.to_owned();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let serving = thread::spawn(move || {
            let mut query = [0; 512];
            while !stopped.load(Ordering::SeqCst) {
                if let Ok((length, from)) = socket.recv_from(&mut query)
                    && let Some(response) = respond(&query[..length], &name, address)
                {
                    let _ = socket.send_to(&response, from);
                }
            }
        });
        Ok(Self {
            ip,
            stop,
            serving: Some(serving),
        })
    }

    pub(crate) fn ip(&self) -> Ipv4Addr {
        self.ip
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

/// Returns the response to a query with one question.
fn respond(query: &[u8], name: &str, address: Ipv4Addr) -> Option<Vec<u8>> {
    let mut name_in_query = String::new();
    let mut at = HEADER;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        let label = query.get(at..at + length)?;
        name_in_query.push_str(&String::from_utf8_lossy(label).to_ascii_lowercase());
        name_in_query.push('.');
        at += length;
    }
    let kind = u16::from_be_bytes(query.get(at..at + 2)?.try_into().ok()?);
    let question = query.get(HEADER..at + 4)?;
    let known = name_in_query.trim_end_matches('.') == name;
    let has_address = known && kind == TYPE_A;

    let mut response = query.get(..2)?.to_vec();
    response.extend(if known { FOUND } else { NO_SUCH_NAME });
    response.extend([0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    response.extend(question);
    if has_address {
        // The question's name, record type A, class IN, and a lifetime of one minute.
        response.extend([0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        response.extend(address.octets());
    }
    Some(response)
}
