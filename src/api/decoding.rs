//! Decodes bodies: plain, or compressed with gzip or deflate.

use std::io::{self, Write};

use flate2::Decompress;
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::transport::{BodyEnd, Cause};

/// The encodings that [`BodyDecoder`] decodes.
pub(super) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate");

/// Decodes a body while it is received. Its size is limited after decoding.
pub(super) struct BodyDecoder {
    decoder: Decoder,
    /// Whether any bytes were received: a body without bytes is empty, whatever its encoding.
    has_bytes: bool,
    /// Set when reading ends early.
    end: Option<BodyEnd>,
}

enum Decoder {
    Plain(LimitedBuffer),
    Gzip(Box<MultiGzDecoder<LimitedBuffer>>),
    /// A deflate body of which at most one byte was received: the second byte shows which of two formats it
    /// has.
    Deflate(Vec<u8>, LimitedBuffer),
    /// A deflate body in either format.
    Zlib(Box<ZlibDecoder<LimitedBuffer>>),
}

/// The decoded bytes, up to a limit.
#[derive(Default)]
struct LimitedBuffer {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl BodyDecoder {
    /// Creates the decoder for the body of a response with these headers, of which at most `limit` bytes are kept.
    pub(super) fn new(headers: &HeaderMap, limit: usize) -> Self {
        let output = LimitedBuffer {
            limit,
            ..LimitedBuffer::default()
        };
        let values = headers.get_all(CONTENT_ENCODING).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let names = values.join(",").to_lowercase();
        let names = names.split(',').map(str::trim);
        let names: Vec<&str> = names
            .filter(|name| !matches!(*name, "" | "identity" | "none"))
            .collect();
        let mut end = None;
        let decoder = match names.as_slice() {
            [] => Decoder::Plain(output),
            ["gzip" | "x-gzip"] => Decoder::Gzip(Box::new(MultiGzDecoder::new(output))),
            ["deflate"] => Decoder::Deflate(Vec::new(), output),
            others => {
                end = Some(BodyEnd::UnsupportedEncoding(others.join(", ")));
                Decoder::Plain(output)
            }
        };
        BodyDecoder {
            decoder,
            has_bytes: false,
            end,
        }
    }

    /// Decodes the next bytes from the network. Returns whether more are needed.
    pub(super) fn decode(&mut self, bytes: &[u8]) -> bool {
        self.has_bytes |= !bytes.is_empty();
        if self.end.is_none()
            && let Err(error) = self.decoder.write_all(bytes)
        {
            self.end_with_error(&error);
        }
        self.end.is_none()
    }

    /// Records that the connection broke.
    pub(super) fn connection_lost(&mut self, cause: Cause) {
        self.end.get_or_insert(BodyEnd::Lost(cause));
    }

    /// Returns the decoded bytes, and how the body ended.
    pub(super) fn finish(mut self) -> (Vec<u8>, BodyEnd) {
        if self.has_bytes
            && self.end.is_none()
            && let Err(error) = self.decoder.finish()
        {
            self.end_with_error(&error);
        }
        let output = std::mem::take(&mut self.decoder.output().bytes);
        (output, self.end.unwrap_or(BodyEnd::Complete))
    }

    fn end_with_error(&mut self, error: &io::Error) {
        let output = self.decoder.output();
        self.end = Some(if output.is_full {
            BodyEnd::TooLarge(output.limit)
        } else {
            BodyEnd::Lost(Cause {
                words: "its compressed body is damaged or incomplete".to_owned(),
                library: Some(error.to_string()),
            })
        });
    }
}

impl Decoder {
    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.detect_deflate_format(&mut bytes)?;
        let writer: &mut dyn Write = match self {
            Decoder::Plain(output) => output,
            Decoder::Gzip(decoder) => decoder,
            Decoder::Zlib(decoder) => decoder,
            Decoder::Deflate(..) => return Ok(()),
        };
        while !bytes.is_empty() {
            match writer.write(bytes)? {
                // The compressed data has ended. The remaining bytes are ignored.
                0 => return Ok(()),
                written => bytes = &bytes[written..],
            }
        }
        Ok(())
    }

    /// Determines the format of a deflate body: the standard is zlib's format, but some servers send the data
    /// without zlib's two header bytes.
    fn detect_deflate_format(&mut self, bytes: &mut &[u8]) -> io::Result<()> {
        let Decoder::Deflate(start, output) = self else {
            return Ok(());
        };
        while start.len() < 2 {
            let Some((byte, rest)) = bytes.split_first() else {
                return Ok(());
            };
            start.push(*byte);
            *bytes = rest;
        }
        let start = std::mem::take(start);
        let output = std::mem::take(output);
        let is_zlib = start[0] & 0x0f == 8 && (u16::from(start[0]) << 8 | u16::from(start[1])) % 31 == 0;
        let decompress = Decompress::new(is_zlib);
        *self = Decoder::Zlib(Box::new(ZlibDecoder::new_with_decompress(output, decompress)));
        self.write_all(&start)
    }

    /// Flushes the decoder. Compressed data without its end is an error.
    fn finish(&mut self) -> io::Result<()> {
        match self {
            Decoder::Plain(_) => Ok(()),
            Decoder::Deflate(..) => Err(io::ErrorKind::UnexpectedEof.into()),
            Decoder::Gzip(decoder) => decoder.try_finish(),
            Decoder::Zlib(decoder) => decoder.try_finish(),
        }
    }

    fn output(&mut self) -> &mut LimitedBuffer {
        match self {
            Decoder::Plain(output) | Decoder::Deflate(_, output) => output,
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Zlib(decoder) => decoder.get_mut(),
        }
    }
}

/// Fails when the limit is exceeded, and keeps the bytes up to it.
impl Write for LimitedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let remaining = self.limit - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(remaining)]);
        if bytes.len() > remaining {
            self.is_full = true;
            return Err(io::Error::other("the body is too large"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::Compression;
    use flate2::read::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = b"{\"tokens\":[]}";

    fn read_all(mut encoder: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        encoder.read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        read_all(GzEncoder::new(text, Compression::best()))
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        read_all(ZlibEncoder::new(text, Compression::best()))
    }

    fn deflate(text: &[u8]) -> Vec<u8> {
        read_all(DeflateEncoder::new(text, Compression::best()))
    }

    fn body(encoding: &str, limit: usize) -> BodyDecoder {
        let value = HeaderValue::from_str(encoding).unwrap();
        BodyDecoder::new(&HeaderMap::from_iter([(CONTENT_ENCODING, value)]), limit)
    }

    /// Decodes a body from pieces of `size` bytes.
    fn read(encoding: &str, bytes: &[u8], size: usize, limit: usize) -> (Vec<u8>, BodyEnd) {
        let mut body = body(encoding, limit);
        for piece in bytes.chunks(size) {
            if !body.decode(piece) {
                break;
            }
        }
        body.finish()
    }

    #[test]
    fn body_decodes_accepted_encodings_in_chunks_of_any_size() {
        let twice = [gzip(&TEXT[..5]), gzip(&TEXT[5..])].concat();
        for (encoding, bytes) in [
            ("identity", TEXT.to_vec()),
            ("", TEXT.to_vec()),
            ("gzip", gzip(TEXT)),
            ("GZIP", gzip(TEXT)),
            ("x-gzip", gzip(TEXT)),
            ("identity, gzip", gzip(TEXT)),
            ("gzip", twice),
            ("deflate", zlib(TEXT)),
            ("deflate", deflate(TEXT)),
        ] {
            for size in [1, 2, 3, 1000] {
                let (decoded, end) = read(encoding, &bytes, size, 1000);
                assert_eq!(decoded, TEXT, "{encoding} {size} {end:?}");
                assert!(matches!(end, BodyEnd::Complete), "{encoding} {size} {end:?}");
            }
        }
    }

    #[test]
    fn body_without_data_is_empty_and_complete() {
        for encoding in ["identity", "gzip", "deflate"] {
            let (decoded, end) = body(encoding, 10).finish();
            assert!(
                decoded.is_empty() && matches!(end, BodyEnd::Complete),
                "{encoding} {end:?}"
            );
        }
    }

    #[test]
    fn body_limit_counts_decoded_bytes() {
        let text = vec![b' '; 100_000];
        for (encoding, bytes) in [
            ("identity", text.clone()),
            ("gzip", gzip(&text)),
            ("deflate", zlib(&text)),
            ("deflate", deflate(&text)),
        ] {
            let (decoded, end) = read(encoding, &bytes, 1000, text.len());
            assert!(
                decoded == text && matches!(end, BodyEnd::Complete),
                "{encoding} {end:?}"
            );
            let (decoded, end) = read(encoding, &bytes, 1000, text.len() - 1);
            assert_eq!(decoded.len(), text.len() - 1);
            assert!(
                matches!(end, BodyEnd::TooLarge(limit) if limit == text.len() - 1),
                "{encoding} {end:?}"
            );
        }
    }

    #[test]
    fn damaged_or_incomplete_body_is_lost() {
        for (encoding, bytes) in [
            ("gzip", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("deflate", deflate(TEXT)),
        ] {
            for length in 1..bytes.len() {
                let (_, end) = read(encoding, &bytes[..length], 1000, 1000);
                assert!(matches!(end, BodyEnd::Lost(_)), "{encoding} {length} {end:?}");
            }
        }
        for encoding in ["gzip", "deflate"] {
            let (_, end) = read(encoding, b"{\"tokens\":[]}", 1000, 1000);
            assert!(matches!(end, BodyEnd::Lost(_)), "{encoding} {end:?}");
        }
    }

    #[test]
    fn unsupported_encoding_is_returned_by_name() {
        for encoding in ["br", "gzip, br", "zstd"] {
            let (decoded, end) = read(encoding, b"x", 1000, 1000);
            assert!(decoded.is_empty());
            assert!(
                matches!(end, BodyEnd::UnsupportedEncoding(ref name) if name == encoding),
                "{end:?}"
            );
        }
    }
}
