//! Connections without verification of the server's certificate, for `insecure = true` only.
//!
//! The SDK's own connector always verifies, so this is a small one beside it. Signatures of the
//! handshake are still checked; what is skipped is whether the certificate is trusted and names
//! the host.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};

use super::super::error::Error;
use super::super::settings::Settings;
use crate::sensitive::Sensitive;

/// Sends `https` requests, through a proxy where one applies, to whoever answers.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    proxies: Arc<Matcher>,
    tls: ClientConfig,
    direct: Client<HttpsConnector<Tcp>, SdkBody>,
}

impl Connector {
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| super::refused("TLS cannot be set up").with_source(error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth();
        let proxies = match settings.https_proxy.as_ref().map(Sensitive::expose) {
            None => Matcher::from_env(),
            Some(url) => Matcher::builder()
                .https(url.to_owned())
                .no(settings.no_proxy.clone().unwrap_or_default())
                .build(),
        };
        let direct = Client::builder(TokioExecutor::new()).build(
            HttpsConnectorBuilder::new()
                .with_tls_config(tls.clone())
                .https_or_http()
                .enable_http1()
                .build(),
        );
        Ok(Self { proxies: Arc::new(proxies), tls, direct })
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| user(error.into()))?;
            let response = match this.proxies.intercept(request.uri()) {
                None => this.direct.request(request).await,
                Some(proxy) => {
                    let mut tcp = Tcp::new();
                    tcp.enforce_http(false);
                    let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
                    if let Some(authorization) = proxy.basic_auth() {
                        tunnel = tunnel.with_auth(authorization.clone());
                    }
                    let https = HttpsConnectorBuilder::new()
                        .with_tls_config(this.tls.clone())
                        .https_or_http()
                        .enable_http1()
                        .wrap_connector(tunnel);
                    Client::builder(TokioExecutor::new()).build(https).request(request).await
                }
            };
            let response = response.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

fn user(error: Box<dyn std::error::Error + Send + Sync>) -> ConnectorError {
    ConnectorError::user(error)
}

/// Trusts every certificate; checks only that the peer holds its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
