//! Certificates as Terraform makes them for its side of a connection.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P521_SHA512, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate of core, with its key.
pub(crate) struct Client {
    params: CertificateParams,
    key: KeyPair,
    pub(crate) certificate: CertificateDer<'static>,
    /// Certificates sent after it, as if they had signed it.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) pem: String,
}

impl Client {
    /// Self-signed, P-521, and marked as an authority, as Terraform's are.
    pub(crate) fn new() -> Self {
        Self::self_signed(params())
    }

    /// The same, but valid in other years.
    pub(crate) fn valid(from: i32, until: i32) -> Self {
        let mut params = params();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        Self::self_signed(params)
    }

    fn self_signed(params: CertificateParams) -> Self {
        let key = key();
        let certificate = params.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            chain: Vec::new(),
            params,
            key,
        }
    }

    /// The same, but signed by another.
    pub(crate) fn signed_by(other: &Self) -> Self {
        let params = params();
        let key = key();
        let issuer = Issuer::from_params(&other.params, &other.key);
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            chain: Vec::new(),
            params,
            key,
        }
    }

    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialize_der()).unwrap()
    }
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap()
}

fn params() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
        KeyUsagePurpose::KeyAgreement,
        KeyUsagePurpose::KeyCertSign,
    ];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    params
}
