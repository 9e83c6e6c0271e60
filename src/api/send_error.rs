//! Classifies failures of the HTTP library and describes them.

use std::error::Error as StdError;
use std::io;

use rustls::{CertificateError, InvalidMessage};

use super::transport::{Cause, SendError};

/// Classifies an error of sending a request by its effect on the request.
pub(super) fn classify_request_error(error: reqwest::Error) -> SendError {
    // The URL's query may contain a page token.
    let error = error.without_url();
    let words = describe_error(&error);
    let cause = |words, default| cause(&error, words, default);
    if error.is_connect() {
        if let Some(rustls::Error::InvalidCertificate(_)) = find(&error) {
            return SendError::Untrusted(cause(words, "it cannot be verified"));
        }
        return SendError::Unreachable(if error.is_timeout() {
            cause(None, "there was no connection in time")
        } else if error.is_dns() {
            cause(
                describe_resolver_error(&error),
                "the host's name could not be resolved",
            )
        } else {
            cause(words, "the connection could not be set up")
        });
    }
    if let Some(h2) = find::<h2::Error>(&error)
        && is_unprocessed(h2)
    {
        return SendError::Refused(cause(words, "the server refused the stream"));
    }
    // The library returns this error for requests that it has not begun to write.
    if find::<hyper::Error>(&error).is_some_and(hyper::Error::is_canceled) {
        return SendError::Refused(cause(None, "the connection closed before the request was sent"));
    }
    SendError::Dropped(cause(words, "the connection failed"))
}

/// Returns the cause of an incomplete body.
pub(super) fn describe_body_error(error: reqwest::Error) -> Cause {
    let error = error.without_url();
    cause(&error, describe_error(&error), "the connection failed")
}

/// Returns the cause with these words and the text of the innermost error, because the outer ones of an HTTP
/// library only say that a request failed.
fn cause(error: &reqwest::Error, words: Option<String>, default: &str) -> Cause {
    Cause {
        words: words.unwrap_or_else(|| default.to_owned()),
        library: chain(error).last().map(ToString::to_string),
    }
}

/// Whether HTTP/2 reports that the request was not processed: its stream was refused, or is above the last
/// one of a GOAWAY. The library reports a received GOAWAY only to streams above that one.
fn is_unprocessed(error: &h2::Error) -> bool {
    error.is_remote()
        && (error.is_go_away() || (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM)))
}

/// Returns the message of the provider's own resolver.
#[cfg(any(feature = "static", test))]
fn describe_resolver_error(error: &reqwest::Error) -> Option<String> {
    find::<super::resolver::ResolveError>(error).map(ToString::to_string)
}

#[cfg(not(any(feature = "static", test)))]
fn describe_resolver_error(_: &reqwest::Error) -> Option<String> {
    None
}

/// Describes an error without terms of the libraries.
fn describe_error(error: &reqwest::Error) -> Option<String> {
    if let Some(tls) = find::<rustls::Error>(error) {
        return Some(describe_tls_error(tls));
    }
    if let Some(h2) = find::<h2::Error>(error)
        && h2.get_io().is_none()
    {
        return Some(describe_h2_error(h2));
    }
    if let Some(tunnel) = chain(error)
        .map(ToString::to_string)
        .find_map(|text| describe_tunnel_error(&text))
    {
        return Some(tunnel.to_owned());
    }
    let io = find::<io::Error>(error).or_else(|| find::<h2::Error>(error)?.get_io());
    if let Some(words) = io.and_then(describe_io_error) {
        return Some(words);
    }
    let hyper = find::<hyper::Error>(error)?;
    let words = if hyper.is_parse() {
        "the response is not HTTP"
    } else if hyper.is_incomplete_message() {
        "the server closed the connection"
    } else {
        return None;
    };
    Some(words.to_owned())
}

fn describe_tls_error(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => describe_certificate_error(error).to_owned(),
        // The server sends plain HTTP, or anything else, to a port that should use TLS.
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge
            | InvalidMessage::InvalidEmptyPayload,
        ) => "the server does not use TLS".to_owned(),
        rustls::Error::AlertReceived(alert) => {
            format!(
                "the server ended the TLS handshake with the alert {}",
                spaced(&format!("{alert:?}"))
            )
        }
        rustls::Error::PeerIncompatible(_) => {
            "the server offers no TLS version or cipher that is safe".to_owned()
        }
        _ => "the TLS handshake failed".to_owned(),
    }
}

fn describe_certificate_error(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host name"
        }
        CertificateError::UnknownIssuer => "its issuer is not known",
        CertificateError::Revoked => "it was revoked",
        CertificateError::BadSignature => "its signature is wrong",
        _ => "it cannot be verified",
    }
}

fn describe_h2_error(error: &h2::Error) -> String {
    let reason = error
        .reason()
        .map(|reason| format!(" ({reason:?})"))
        .unwrap_or_default();
    if error.is_go_away() && error.is_remote() {
        format!("the server closed the HTTP/2 connection and did not process the request{reason}")
    } else if error.is_reset() && error.is_remote() {
        format!("the server ended the HTTP/2 stream{reason}")
    } else {
        format!("the server broke the rules of HTTP/2{reason}")
    }
}

/// Returns the message for a proxy that opened no tunnel. The library's type is not public, so its text is
/// compared.
fn describe_tunnel_error(text: &str) -> Option<&'static str> {
    Some(match text.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => "the proxy asks for a user name and password (status 407)",
        "unexpected end of file" => "the proxy closed the connection",
        "failed to create underlying connection" | "io error establishing tunnel" => return None,
        _ => "the proxy refused to open a connection to the API",
    })
}

fn describe_io_error(error: &io::Error) -> Option<String> {
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
        io::ErrorKind::ConnectionReset => "the connection was reset".to_owned(),
        io::ErrorKind::ConnectionAborted => "the connection was aborted".to_owned(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected => {
            "the server closed the connection".to_owned()
        }
        io::ErrorKind::TimedOut => "the connection timed out".to_owned(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            "the server broke the rules of HTTP".to_owned()
        }
        _ => describe_os_error(error)?,
    })
}

/// Returns the operating system's message without the number that follows it.
pub(super) fn describe_os_error(error: &io::Error) -> Option<String> {
    error.raw_os_error()?;
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    Some(super::text::printable(words))
}

/// Converts `HandshakeFailure` to `handshake failure`.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// Returns the innermost error of this type, however deep it is wrapped.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).filter_map(|error| error.downcast_ref::<T>()).last()
}

/// Returns an error and its causes, outermost first.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn StdError + 'static)| {
        // The source of an I/O error is that of the error inside it, which would be skipped.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describe_os_error_omits_the_error_number() {
        let error = io::Error::from_raw_os_error(113);
        assert!(
            !describe_os_error(&error).unwrap().contains("os error"),
            "{error}"
        );
        assert_eq!(describe_os_error(&io::Error::other("library words")), None);
    }

    #[test]
    fn spaced_splits_an_alert_name_into_words() {
        assert_eq!(spaced("HandshakeFailure"), "handshake failure");
    }
}
