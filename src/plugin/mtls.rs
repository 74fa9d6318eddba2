//! Mutual TLS with two one-time certificates: the one core made for this process, which arrives in
//! the environment, and the one made here, which leaves in the handshake line.
//!
//! Neither side trusts anything else: no authority is asked, the certificates are compared byte by
//! byte. The TLS library's own client verification does not fit, because core presents a certificate
//! that is marked as an authority. And the cryptography must be aws-lc's: core signs with P-521,
//! which *ring* lacks.

use std::sync::Arc;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as Subject, Error, ServerConfig,
    SignatureScheme,
};

use super::validity::{Moment, Validity};

/// The name core expects in the server certificate.
const SERVER_NAME: &str = "localhost";

/// A certificate is valid this long before its making, for a clock that was set back between its
/// making and its use.
const BACK_DATED: time::Duration = time::Duration::days(1);

/// Longer than any provider process lives.
const VALID: time::Duration = time::Duration::days(3650);

/// The server's side of the TLS connections of this process.
#[derive(Debug)]
pub struct Identity {
    /// Accepts connections.
    pub config: Arc<ServerConfig>,
    /// The server certificate, DER, for the handshake line.
    pub certificate: CertificateDer<'static>,
}

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Core's certificate cannot be read.
    #[error("PLUGIN_CLIENT_CERT does not hold a certificate in PEM")]
    ClientCertificate(#[source] rustls::pki_types::pem::Error),
    /// What core passed as its certificate is none.
    #[error("PLUGIN_CLIENT_CERT holds a certificate whose dates cannot be read")]
    ClientDates,
    /// The server certificate cannot be made.
    #[error("making the server certificate failed")]
    ServerCertificate(#[from] rcgen::Error),
    /// The TLS library refuses the settings.
    #[error("setting up TLS failed")]
    Tls(#[from] Error),
}

impl Identity {
    /// Makes a key and a certificate, and pins the client to the given PEM.
    pub fn new(client_certificate_pem: &str) -> Result<Self, IdentityError> {
        let client = CertificateDer::from_pem_slice(client_certificate_pem.as_bytes())
            .map_err(IdentityError::ClientCertificate)?;
        let key = KeyPair::generate()?;
        let certificate = server_certificate(&key)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = PinnedClient::new(client, &provider).ok_or(IdentityError::ClientDates)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(
                vec![certificate.clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )?;
        // gRPC in Go refuses peers that do not negotiate it.
        config.alpn_protocols = vec![b"h2".to_vec()];
        // Every connection proves itself anew; core makes one.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { config: Arc::new(config), certificate })
    }
}

fn server_certificate(key: &KeyPair) -> Result<CertificateDer<'static>, rcgen::Error> {
    let mut params = CertificateParams::new(vec![SERVER_NAME.to_owned()])?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, SERVER_NAME);
    params.distinguished_name = name;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = time::OffsetDateTime::now_utc();
    params.not_before = now - BACK_DATED;
    params.not_after = now + VALID;
    Ok(params.self_signed(key)?.der().clone())
}

/// Accepts one client certificate, known in advance, as long as it is valid.
#[derive(Debug)]
struct PinnedClient {
    certificate: CertificateDer<'static>,
    validity: Validity,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClient {
    /// `None`: it is no certificate.
    fn new(certificate: CertificateDer<'static>, provider: &CryptoProvider) -> Option<Self> {
        let validity = Validity::of(&certificate)?;
        let algorithms = provider.signature_verification_algorithms;
        Some(Self { certificate, validity, algorithms })
    }
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[Subject] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if *end_entity != self.certificate {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        match self.validity.at(now, BACK_DATED) {
            Moment::Within => Ok(ClientCertVerified::assertion()),
            Moment::Before => Err(CertificateError::NotValidYet.into()),
            Moment::After => Err(CertificateError::Expired.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_text_that_is_no_certificate() {
        let error = Identity::new("no certificate").unwrap_err();
        assert!(matches!(error, IdentityError::ClientCertificate(_)), "{error}");
    }

    #[test]
    fn refuses_a_certificate_that_is_none_though_its_form_is() {
        let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        let error = Identity::new(pem).unwrap_err();
        assert!(matches!(error, IdentityError::ClientDates), "{error}");
    }

    #[test]
    fn makes_another_certificate_each_time() {
        let client = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let [one, other] = [(); 2].map(|()| Identity::new(&client.cert.pem()).unwrap());
        assert_ne!(one.certificate, other.certificate);
    }

    #[test]
    fn negotiates_http2_and_resumes_no_session() {
        let client = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let config = Identity::new(&client.cert.pem()).unwrap().config;
        assert_eq!(config.alpn_protocols, [b"h2"]);
        assert!(!config.session_storage.can_cache());
    }
}
