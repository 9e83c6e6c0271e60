//! Whom to trust: the system's root certificates, or Mozilla's where there are none, and the user's own.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::SetupError;

/// The TLS settings for a client that trusts the usual roots and those in `extra`, a PEM file.
pub(super) fn tls_config(extra: Option<&Path>) -> Result<ClientConfig, SetupError> {
    let mut roots = system_or_bundled();
    if let Some(path) = extra {
        add_file(&mut roots, path)?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The roots of the operating system, or a bundled copy of Mozilla's where it has none, as in a container
/// image without the package of certificates.
fn system_or_bundled() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::debug!(%error, "a system root certificate could not be loaded");
    }
    trusting(found.certs)
}

fn trusting(system: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Old systems carry certificates that no modern library can read; they do not spoil the others.
    let (added, _unreadable) = roots.add_parsable_certificates(system);
    if added == 0 {
        tracing::debug!("the system has no root certificates, the bundled ones are used");
        roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    }
    roots
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), SetupError> {
    let pem = std::fs::read(path).map_err(|source| SetupError::CertificateFile {
        path: path.to_owned(),
        source,
    })?;
    let wrong = |reason: String| SetupError::CertificateFormat {
        path: path.to_owned(),
        reason,
    };
    let mut added = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| wrong(format!("is not valid PEM: {error}")))?;
        roots.add(certificate).map_err(|error| {
            wrong(format!(
                "holds a certificate (number {}) that cannot be used: {error}",
                added + 1
            ))
        })?;
        added += 1;
    }
    if added == 0 {
        return Err(wrong("holds no PEM certificate (BEGIN CERTIFICATE)".to_owned()));
    }
    Ok(())
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
    fn a_system_without_roots_falls_back_to_the_bundled_ones() {
        assert!(trusting(Vec::new()).len() > 50);
        let own = CertificateDer::from_pem_slice(pem().as_bytes()).unwrap();
        assert_eq!(
            trusting(vec![own, CertificateDer::from_slice(b"garbage")]).len(),
            1
        );
    }

    #[test]
    fn a_file_adds_all_its_certificates() {
        let mut roots = RootCertStore::empty();
        let both = file(&format!("# a comment\n{}\n{}", pem(), pem()));
        add_file(&mut roots, both.path()).unwrap();
        assert_eq!(roots.len(), 2);
    }

    #[test]
    fn a_bad_file_is_named_with_the_reason() {
        for (content, expected) in [
            ("", "holds no PEM certificate"),
            ("hello", "holds no PEM certificate"),
            (
                "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
                "is not valid PEM",
            ),
            (
                "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
                "(number 1) that cannot be used",
            ),
        ] {
            let file = file(content);
            let error = tls_config(Some(file.path())).unwrap_err().to_string();
            assert!(error.contains(expected), "{content:?}: {error}");
            assert!(error.contains(&file.path().display().to_string()), "{error}");
        }
        let error = tls_config(Some(Path::new("/does/not/exist.pem"))).unwrap_err();
        assert!(error.to_string().contains("/does/not/exist.pem"), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}
