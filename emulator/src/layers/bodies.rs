//! Bodies that are slow, too large or incomplete.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream::{self, StreamExt as _};

/// The size of an endless response, in bytes: four times as much as a careful client reads.
pub(super) const OVERSIZED_BYTES: usize = 64 << 20;

/// The pause between the first half of a truncated body and the error.
const CUT_AFTER: Duration = Duration::from_millis(20);

const CHUNK_BYTES: usize = 64 << 10;
const OVERSIZED_START: &[u8] = b"{\"padding\":\"";
const OVERSIZED_END: &[u8] = b"\"}";

/// Returns a body that sends the bytes one by one, with a pause before each except the first.
pub(super) fn trickle(bytes: Bytes, wait: Duration) -> Body {
    let pieces = stream::iter(0..bytes.len()).then(move |index| {
        let piece = bytes.slice(index..=index);
        async move {
            if index > 0 {
                tokio::time::sleep(wait).await;
            }
            Ok::<_, Infallible>(piece)
        }
    });
    Body::from_stream(pieces)
}

/// Returns a body that sends the first half of the bytes and then an error, at which the server ends the
/// stream.
pub(super) fn cut_off(bytes: &Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let first = stream::once(async { Ok(half) });
    let end = stream::once(async {
        // Without the pause the error would be handled before the first half is sent.
        tokio::time::sleep(CUT_AFTER).await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    Body::from_stream(first.chain(end))
}

/// Returns JSON of [`OVERSIZED_BYTES`], generated while it is sent. It ends when the client disconnects.
pub(super) fn oversized() -> Body {
    let padding = Bytes::from(vec![b' '; CHUNK_BYTES]);
    let mut left = OVERSIZED_BYTES - OVERSIZED_START.len() - OVERSIZED_END.len();
    let middle = std::iter::from_fn(move || {
        let size = left.min(CHUNK_BYTES);
        left -= size;
        (size > 0).then(|| padding.slice(..size))
    });
    let pieces = std::iter::once(Bytes::from_static(OVERSIZED_START))
        .chain(middle)
        .chain(std::iter::once(Bytes::from_static(OVERSIZED_END)));
    Body::from_stream(stream::iter(pieces.map(Ok::<_, Infallible>)))
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn trickle_sends_a_byte_at_a_time() {
        let start = Instant::now();
        let body = trickle(Bytes::from_static(b"abcd"), Duration::from_secs(10));
        assert_eq!(to_bytes(body, 10).await.unwrap(), "abcd");
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test]
    async fn oversized_body_is_json_of_its_size() {
        let bytes = to_bytes(oversized(), usize::MAX).await.unwrap();
        assert_eq!(bytes.len(), 64 << 20);
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert!(value["padding"].is_string());
    }
}
