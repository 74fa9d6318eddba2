//! The one HTTP client all services share: proxies, trusted certificates, connection reuse.
//!
//! Endpoints with `http` and with `https` may have different proxies, so each scheme has its own
//! connector, made at first use. Credential endpoints on the link-local network are never reached
//! through a proxy. With [`Settings::insecure`] the `https` connector is [`insecure::Connector`].

mod insecure;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::error::{Error, Kind, Service};
use super::settings::Settings;
use crate::sensitive::Sensitive;

/// The HTTP client these settings ask for. Opens no connection.
pub(super) fn client(settings: &Settings) -> Result<SharedHttpClient, Error> {
    let no_proxy = settings.no_proxy.as_deref();
    let plan = Plan {
        http_proxy: proxy(settings.http_proxy.as_ref(), no_proxy, ProxyConfig::http)?,
        https_proxy: proxy(settings.https_proxy.as_ref(), no_proxy, ProxyConfig::https)?,
        tls: tls_context(settings)?,
        insecure: settings.insecure.then(|| insecure::Connector::new(settings)).transpose()?,
    };
    Ok(SharedHttpClient::new(Client { plan, connectors: Mutex::default() }))
}

fn proxy(
    url: Option<&Sensitive>,
    no_proxy: Option<&str>,
    read: impl FnOnce(String) -> Result<ProxyConfig, aws_smithy_http_client::proxy::ProxyError>,
) -> Result<ProxyConfig, Error> {
    match url.map(Sensitive::expose) {
        None => Ok(ProxyConfig::from_env()),
        Some("") => Ok(ProxyConfig::disabled()),
        Some(url) => {
            let config = read(url.to_owned()).map_err(|error| {
                refused("the proxy is not a URL such as http://host:port").with_source(error)
            })?;
            Ok(config.no_proxy(no_proxy.unwrap_or_default()))
        }
    }
}

/// Reads the bundle here, because the SDK only does when it is too late to answer with an error.
fn tls_context(settings: &Settings) -> Result<TlsContext, Error> {
    let mut trusted = TrustStore::default();
    if let Some(path) = &settings.custom_ca_bundle {
        let bad = |why: &str| refused(&format!("the CA bundle {} {why}", path.display()));
        let pem = std::fs::read(path).map_err(|error| bad("cannot be read").with_source(error))?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| bad("is not PEM").with_source(error))?;
        if certificates.is_empty() {
            return Err(bad("holds no certificate"));
        }
        let mut roots = rustls::RootCertStore::empty();
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|error| bad("holds an unusable certificate").with_source(error))?;
        }
        trusted = trusted.with_pem_certificate(pem);
    }
    TlsContext::builder()
        .with_trust_store(trusted)
        .build()
        .map_err(|error| refused("TLS cannot be set up").with_source(error))
}

fn refused(message: &str) -> Error {
    Error::new(Service::Sts, "configuration", Kind::Invalid, message)
}

/// What every connector is made from.
#[derive(Clone)]
struct Plan {
    http_proxy: ProxyConfig,
    https_proxy: ProxyConfig,
    tls: TlsContext,
    insecure: Option<insecure::Connector>,
}

/// Proxies have logins.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").finish_non_exhaustive()
    }
}

type Timeouts = (Option<Duration>, Option<Duration>);

#[derive(Debug)]
struct Client {
    plan: Plan,
    /// One set per pair of connect and read timeouts, so that connections are reused.
    connectors: Mutex<HashMap<Timeouts, SharedHttpConnector>>,
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let connector = connectors.entry(timeouts).or_insert_with(|| {
            SharedHttpConnector::new(ByScheme {
                plan: self.plan.clone(),
                settings: settings.clone(),
                components: components.clone(),
                http: OnceLock::new(),
                https: OnceLock::new(),
                direct: OnceLock::new(),
            })
        });
        connector.clone()
    }
}

#[derive(Debug)]
struct ByScheme {
    plan: Plan,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
    http: OnceLock<SharedHttpConnector>,
    https: OnceLock<SharedHttpConnector>,
    direct: OnceLock<SharedHttpConnector>,
}

impl ByScheme {
    fn make(&self, proxy: ProxyConfig, tls: bool) -> SharedHttpConnector {
        let mut builder =
            Connector::builder().connector_settings(self.settings.clone()).proxy_config(proxy);
        builder.set_sleep_impl(self.components.sleep_impl());
        if tls {
            let builder = builder.tls_provider(Provider::rustls(CryptoMode::AwsLc));
            SharedHttpConnector::new(builder.tls_context(self.plan.tls.clone()).build())
        } else {
            SharedHttpConnector::new(builder.build_http())
        }
    }
}

impl HttpConnector for ByScheme {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri();
        let connector = if is_link_local(uri) {
            self.direct.get_or_init(|| self.make(ProxyConfig::disabled(), false))
        } else if uri.starts_with("http://") {
            // A proxy may itself be reached with TLS, hence the check of its address.
            let tls = !self.plan.http_proxy.is_disabled();
            self.http.get_or_init(|| self.make(self.plan.http_proxy.clone(), tls))
        } else {
            self.https.get_or_init(|| match &self.plan.insecure {
                Some(insecure) => SharedHttpConnector::new(insecure.clone()),
                None => self.make(self.plan.https_proxy.clone(), true),
            })
        };
        connector.call(request)
    }
}

/// Instance metadata and container credentials
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>).
fn is_link_local(uri: &str) -> bool {
    ["http://169.254.", "http://[fd00:ec2::"].iter().any(|prefix| uri.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_is_no_url_is_refused() {
        let proxy = Some(Sensitive::of_url("proxy:3128".to_owned()));
        let settings = Settings { https_proxy: proxy, ..Settings::default() };
        assert_eq!(client(&settings).unwrap_err().kind, Kind::Invalid);
    }

    #[test]
    fn a_ca_bundle_is_read_and_checked_before_any_call() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let settings = Settings { custom_ca_bundle: Some(path.clone()), ..Settings::default() };
        let message = |settings: &Settings| client(settings).unwrap_err().message;
        assert!(message(&settings).contains("cannot be read"));
        std::fs::write(&path, "hello").unwrap();
        assert!(message(&settings).contains("holds no certificate"));
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        std::fs::write(&path, certificate.pem()).unwrap();
        assert!(client(&settings).is_ok());
    }

    #[test]
    fn credential_endpoints_are_link_local() {
        assert!(is_link_local("http://169.254.169.254/latest/meta-data/"));
        assert!(is_link_local("http://[fd00:ec2::254]/latest/"));
        assert!(!is_link_local("http://127.0.0.1:4566/"));
        assert!(!is_link_local("https://sts.eu-west-1.amazonaws.com/"));
    }
}
