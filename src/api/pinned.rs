//! Trusts the certificates of the user's file themselves, in addition to the authorities in it.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

/// Verifies certificates as usual, and trusts one of `pinned` also without an authority: a self-signed
/// certificate that is marked as an authority, as `openssl req -x509` creates it, or one whose authority is
/// unknown. It must still be valid now and for the host, as with OpenSSL.
#[derive(Debug)]
pub(super) struct PinnedVerifier {
    webpki: Arc<WebPkiServerVerifier>,
    pinned: Vec<CertificateDer<'static>>,
}

impl PinnedVerifier {
    pub(super) fn new(webpki: Arc<WebPkiServerVerifier>, pinned: Vec<CertificateDer<'static>>) -> Self {
        PinnedVerifier { webpki, pinned }
    }
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let error =
            match self
                .webpki
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            {
                Ok(verified) => return Ok(verified),
                Err(error) => error,
            };
        if !lacks_only_an_issuer(&error) || !self.pinned.iter().any(|pinned| pinned == end_entity) {
            return Err(error);
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// Whether this is the result for a certificate that is valid now except for its issuer. The time is checked
/// before any of these errors.
fn lacks_only_an_issuer(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer
            // The signature is that of another authority with the same name.
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => true,
        Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => {
            matches!(other.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::RootCertStore;
    use rustls::crypto::aws_lc_rs;

    use super::*;

    /// 2026-06-19.
    const NOW: Duration = Duration::from_secs(1_781_827_200);

    fn params(name: &str, years: (i32, i32)) -> CertificateParams {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        params
    }

    /// Returns a certificate as `openssl req -x509` creates it.
    fn self_signed_authority(years: (i32, i32)) -> CertificateDer<'static> {
        let mut params = params("api.example.com", years);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .der()
            .clone()
    }

    /// Returns a certificate signed by an authority that is in no file.
    fn of_an_unknown_authority(years: (i32, i32)) -> CertificateDer<'static> {
        let mut authority = params("authority", (2020, 2040));
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
        let key = KeyPair::generate().unwrap();
        params("api.example.com", years)
            .signed_by(&key, &issuer)
            .unwrap()
            .der()
            .clone()
    }

    fn verify(
        presented: &CertificateDer<'_>,
        file: &[CertificateDer<'static>],
        name: &str,
    ) -> Result<(), Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(file.iter().cloned());
        // The store must not be empty; this authority is unrelated.
        roots.add(self_signed_authority((2020, 2040))).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
        PinnedVerifier::new(webpki, file.to_vec())
            .verify_server_cert(
                presented,
                &[],
                &ServerName::try_from(name.to_owned()).unwrap(),
                &[],
                UnixTime::since_unix_epoch(NOW),
            )
            .map(drop)
    }

    #[test]
    fn pinned_certificate_is_trusted_only_while_valid_and_for_its_host() {
        for make in [self_signed_authority, of_an_unknown_authority] {
            let certificate = make((2020, 2040));
            let file = [certificate.clone()];
            verify(&certificate, &file, "api.example.com").unwrap();
            let error = verify(&certificate, &file, "other.example.com").unwrap_err();
            assert!(error.to_string().contains("not valid for name"), "{error}");
            verify(&certificate, &[], "api.example.com").unwrap_err();
            verify(&make((2020, 2040)), &file, "api.example.com").unwrap_err();
            for years in [(2020, 2021), (2030, 2031)] {
                let certificate = make(years);
                let error = verify(
                    &certificate,
                    std::slice::from_ref(&certificate),
                    "api.example.com",
                )
                .unwrap_err();
                assert!(
                    error.to_string().contains("expired") || error.to_string().contains("not valid yet"),
                    "{error}"
                );
            }
        }
    }
}
