//! Root certificates: the system's, or Mozilla's if there are none, and the user's own.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::SetupError;
use super::pinned::PinnedVerifier;
use super::send_error::describe_os_error;

/// The time limit for reading the certificate file or the system's roots. A named pipe without a writer and a
/// file on a dead mount never end.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum size of a certificate file, in bytes. The system's own collections have a fifth of this.
const FILE_LIMIT: u64 = 1 << 20;

/// Returns the TLS settings for a client that trusts the usual roots and those in `extra`, a PEM file.
pub(super) async fn tls_config(extra: Option<PathBuf>) -> Result<ClientConfig, SetupError> {
    let mut roots = in_thread(system_or_bundled)
        .await
        .ok_or(SetupError::SystemRoots { limit: READ_TIMEOUT })?;
    let own = match extra {
        Some(path) => add_file(&mut roots, path).await?,
        None => Vec::new(),
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|_| SetupError::NoRoots)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinnedVerifier::new(webpki, own)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Runs blocking work in its own thread. Returns `None` if it does not end within [`READ_TIMEOUT`]. A thread
/// that does not end is abandoned: unlike one of the runtime's, it does not delay the end of the process.
async fn in_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, result) = oneshot::channel();
    std::thread::Builder::new()
        .name("certificates".to_owned())
        .spawn(move || {
            let _ = sender.send(work());
        })
        .ok()?;
    timeout(READ_TIMEOUT, result).await.ok()?.ok()
}

/// Adds the certificates of a PEM file to the roots, and returns them.
async fn add_file(
    roots: &mut RootCertStore,
    path: PathBuf,
) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let added = match read_file(path.clone()).await {
        Ok(pem) => add_pem(roots, &pem),
        Err(fault) => Err(fault),
    };
    added.map_err(|fault| SetupError::CertificateFile { path, fault })
}

/// Reads a file. An error is the end of a sentence about the file.
async fn read_file(path: PathBuf) -> Result<Vec<u8>, String> {
    let read = move || -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        File::open(path)?.take(FILE_LIMIT + 1).read_to_end(&mut content)?;
        Ok(content)
    };
    let Some(content) = in_thread(read).await else {
        return Err(format!(
            "could not be read within {} seconds",
            READ_TIMEOUT.as_secs()
        ));
    };
    let content = content.map_err(|error| {
        let reason = describe_os_error(&error).unwrap_or_else(|| "reading it failed".to_owned());
        format!("cannot be read: {reason}")
    })?;
    if content.len() as u64 > FILE_LIMIT {
        return Err(format!("is larger than {} MiB", FILE_LIMIT >> 20));
    }
    Ok(content)
}

/// Returns the roots of the operating system, or a bundled copy of Mozilla's if it has none, as in a
/// container image without the package of certificates.
fn system_or_bundled() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "a system root certificate could not be loaded");
    }
    root_store(found.certs)
}

fn root_store(system: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Old systems have certificates that no current library can parse; they are skipped.
    let (added, _unreadable) = roots.add_parsable_certificates(system);
    if added == 0 {
        tracing::debug!("the system has no root certificates, the bundled ones are used");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// Adds the certificates of a PEM text to the roots, and returns them. An error is the end of a sentence about
/// the file.
fn add_pem(roots: &mut RootCertStore, content: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
        return Err("is a UTF-16 text; save it as UTF-8".to_owned());
    }
    let pem = without_marks(content);
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let number = certificates.len() + 1;
        let certificate = certificate.map_err(|error| {
            let fault = describe_pem_error(&error);
            format!("is not valid PEM: in its certificate number {number} {fault}")
        })?;
        roots.add(certificate.clone()).map_err(|_| {
            format!(
                "contains a certificate (number {number}) that cannot be used: it is no X.509 certificate of \
                 version 3"
            )
        })?;
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err("contains no PEM certificate (BEGIN CERTIFICATE)".to_owned());
    }
    Ok(certificates)
}

/// Removes UTF-8 byte order marks. In concatenated files there can be one in the middle.
fn without_marks(content: &[u8]) -> Vec<u8> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let mut text = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some((byte, after)) = rest.split_first() {
        rest = rest.strip_prefix(MARK).unwrap_or_else(|| {
            text.push(*byte);
            after
        });
    }
    text
}

/// Describes a fault of a PEM section, as the end of a sentence.
fn describe_pem_error(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "the line END CERTIFICATE is missing",
        pem::Error::IllegalSectionStart { .. } => "the line BEGIN CERTIFICATE is incomplete",
        pem::Error::Base64Decode(_) => "the text is not base64",
        _ => "something is wrong",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(content: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file
    }

    fn pem() -> String {
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])
            .unwrap()
            .cert
            .pem()
    }

    #[test]
    fn bundled_roots_are_used_without_system_roots() {
        assert!(root_store(Vec::new()).len() > 50);
        let own = CertificateDer::from_pem_slice(pem().as_bytes()).unwrap();
        assert_eq!(
            root_store(vec![own, CertificateDer::from_slice(b"garbage")]).len(),
            1
        );
    }

    #[test]
    fn add_pem_adds_every_certificate_of_a_file() {
        let mut roots = RootCertStore::empty();
        let both = format!("\u{feff}{}# joined by hand\n\u{feff}{}", pem(), pem());
        add_pem(&mut roots, both.as_bytes()).unwrap();
        assert_eq!(roots.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn add_file_times_out_after_ten_seconds() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.pem");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let error = add_file(&mut RootCertStore::empty(), pipe).await.unwrap_err();
        let error = error.to_string();
        assert!(
            error.ends_with("pipe.pem of `ca_certificate_file` could not be read within 10 seconds"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn add_file_rejects_a_file_above_the_limit() {
        let mut roots = RootCertStore::empty();
        let error = add_file(&mut roots, "/dev/zero".into()).await.unwrap_err();
        let error = error.to_string();
        assert!(
            error.ends_with("/dev/zero of `ca_certificate_file` is larger than 1 MiB"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn tls_config_error_names_the_file_and_the_reason() {
        for (content, expected) in [
            ("", "contains no PEM certificate"),
            ("hello", "contains no PEM certificate"),
            (
                "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
                "is not valid PEM: in its certificate number 1 the text is not base64",
            ),
            (
                "-----BEGIN CERTIFICATE-----\naGVsbG8=\n",
                "is not valid PEM: in its certificate number 1 the line END CERTIFICATE is missing",
            ),
            (
                "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
                "(number 1) that cannot be used",
            ),
        ] {
            let file = file(content);
            let error = tls_config(Some(file.path().to_owned()))
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{content:?}: {error}");
            assert!(error.contains(&file.path().display().to_string()), "{error}");
        }
        let error = tls_config(Some("/does/not/exist.pem".into())).await.unwrap_err();
        assert!(error.to_string().contains("/does/not/exist.pem"), "{error}");
        assert!(!error.to_string().contains("os error"), "{error}");
    }
}
