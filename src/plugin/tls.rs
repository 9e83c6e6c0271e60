//! Mutual TLS between two processes, each with a certificate for this run only.
//!
//! Every client that connects could use the provider's credentials. Therefore a client certificate is
//! required, and it must be exactly the one that the host sent in the environment.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use super::key::Key;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The host's certificate cannot be read.
    #[error("PLUGIN_CLIENT_CERT does not contain a certificate in PEM form: {0}")]
    ClientCertificate(#[source] rustls::pki_types::pem::Error),
    /// The certificate of this run could not be created.
    #[error("cannot make a certificate for this run: {0}")]
    ServerCertificate(#[from] rcgen::Error),
    /// The TLS library refuses the settings.
    #[error("cannot set up TLS: {0}")]
    Config(#[from] rustls::Error),
}

/// The two certificates of a run, and the key of the own one.
#[derive(Debug)]
pub(super) struct Certificates {
    key: Key,
    /// The certificate for the handshake line.
    pub(super) server: CertificateDer<'static>,
    client: CertificateDer<'static>,
}

impl Certificates {
    /// Creates a certificate for this run. `client_certificate_pem` is the only accepted client certificate.
    pub(super) fn generate(client_certificate_pem: &str) -> Result<Self, TlsError> {
        let client = CertificateDer::from_pem_slice(client_certificate_pem.as_bytes())
            .map_err(TlsError::ClientCertificate)?;
        let key = Key::generate()?;
        let server = server_certificate(&key)?;
        Ok(Self { key, server, client })
    }

    /// Returns the TLS settings. They are made after the handshake line, which does not depend on them.
    pub(super) fn settings(self) -> Result<Arc<ServerConfig>, TlsError> {
        let crypto = aws_lc_rs::default_provider();
        let verifier = PinnedClient {
            certificate: self.client,
            algorithms: crypto.signature_verification_algorithms,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(crypto))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(
                vec![self.server],
                Arc::new(self.key),
            ))));
        // Hosts with newer gRPC libraries refuse a peer that selects no protocol.
        config.alpn_protocols = vec![b"h2".to_vec()];
        // Sessions are not resumed: every connection is authenticated.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Arc::new(config))
    }
}

/// Creates the server certificate. The host trusts only this one and expects the name `localhost`. It reads
/// only the alternative names; the common name is for users.
fn server_certificate(key: &Key) -> Result<CertificateDer<'static>, rcgen::Error> {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params.self_signed(key)?.der().clone())
}

/// Accepts one certificate, byte for byte, from a client that has its key.
///
/// The host's certificate is self-signed and marked as an authority, which a verifier of chains refuses for a
/// client. There is no chain here.
#[derive(Debug)]
struct PinnedClient {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for PinnedClient {
    /// Returns no hints, because Go clients send no certificate, and report no error, if the hints do not
    /// match.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only TLS 1.3 is enabled".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_certificate_pem() -> String {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap()
            .pem()
    }

    #[test]
    fn generate_returns_a_new_certificate_each_time() {
        let pem = client_certificate_pem();
        let (first, second) = (
            Certificates::generate(&pem).unwrap(),
            Certificates::generate(&pem).unwrap(),
        );
        assert_ne!(first.server, second.server);
    }

    #[test]
    fn verifier_supports_ecdsa_p521() {
        let verifier = PinnedClient {
            certificate: CertificateDer::from_pem_slice(client_certificate_pem().as_bytes()).unwrap(),
            algorithms: aws_lc_rs::default_provider().signature_verification_algorithms,
        };
        assert!(
            verifier
                .supported_verify_schemes()
                .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
        );
        assert!(verifier.root_hint_subjects().is_empty());
        assert!(verifier.client_auth_mandatory());
    }

    #[test]
    fn generate_with_an_invalid_client_certificate_is_an_error() {
        for pem in [
            "",
            "rubbish",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        ] {
            let error = Certificates::generate(pem)
                .expect_err("no certificate")
                .to_string();
            assert!(
                error.starts_with("PLUGIN_CLIENT_CERT does not contain a certificate"),
                "{error}"
            );
        }
    }
}
