//! The settings of a [`Client`](super::Client), and why one cannot be created.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::{BaseUrl, Proxy};

/// The settings of a client. `Debug` does not print the token.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address of the API.
    pub base_url: BaseUrl,
    /// The access token of an organization's admin, sent as the bearer token of every request.
    pub token: SecretString,
    /// The source of the token, such as "the attribute `admin_token`", for the error of a response that
    /// refuses it.
    pub token_source: String,
    /// The proxy for the API. Requests to loopback never use one.
    pub proxy: Option<Proxy>,
    /// The time limit of one attempt, from the connection to the last byte of the response.
    pub request_timeout: Duration,
    /// How often a request is repeated after its first attempt, if repeating is safe.
    pub max_retries: u32,
    /// The maximum number of attempts in flight; zero counts as one.
    pub max_concurrent_requests: usize,
    /// A PEM file with certificates to trust in addition to the system's.
    pub ca_certificate_file: Option<PathBuf>,
    /// The whole `User-Agent` header.
    pub user_agent: String,
}

/// Why a client could not be created from its [`Settings`].
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The token cannot be part of a header.
    #[error(
        "the API token holds characters that no HTTP header can carry; copy it again without line breaks"
    )]
    Token,
    /// The user agent cannot be part of a header.
    #[error("the user agent holds characters that no HTTP header can carry")]
    UserAgent,
    /// The file cannot be read, or contains no certificates.
    #[error("the file {} of `ca_certificate_file` {fault}", path.display())]
    CertificateFile {
        /// The file as configured.
        path: PathBuf,
        /// The end of the sentence.
        fault: String,
    },
    /// Reading the system's certificates took too long.
    #[error("the system's root certificates could not be read within {} seconds", limit.as_secs())]
    SystemRoots {
        /// The time that it may take.
        limit: Duration,
    },
    /// Neither the system nor the configuration has certificates.
    #[error("there are no root certificates to trust")]
    NoRoots,
    /// The TLS library refused the settings.
    #[error("TLS could not be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP library refused the settings.
    #[error("the HTTP client could not be set up")]
    Http(#[from] reqwest::Error),
}

impl SetupError {
    /// Returns the attribute of the provider block to correct, if there is one.
    pub fn attribute(&self) -> Option<&'static str> {
        match self {
            SetupError::CertificateFile { .. } => Some("ca_certificate_file"),
            _ => None,
        }
    }
}
