//! What the wire sees of a connection; time and its troubles have files of their own.

mod clock;
mod script;
mod sessions;
mod throttling;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::*;
use crate::aws::Kind;
use crate::aws::settings::{AssumeRole, StaticCredentials};
use crate::sensitive::Sensitive;

/// Keys, a region, and every service at `url`; nothing of the machine's own configuration.
fn settings(url: &str) -> Settings {
    Settings {
        version: "1.2.3".to_owned(),
        user_agent: vec!["team/storage".to_owned()],
        region: Some("eu-west-1".to_owned()),
        static_credentials: Some(StaticCredentials {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: Sensitive::new("secret".to_owned()),
            token: None,
        }),
        endpoints: Service::ALL.into_iter().map(|service| (service, url.to_owned())).collect(),
        http_proxy: Some(Sensitive::new(String::new())),
        https_proxy: Some(Sensitive::new(String::new())),
        ..Settings::default()
    }
}

async fn open(settings: Settings) -> Result<Connection, crate::aws::Error> {
    Connection::open(settings, CancellationToken::new()).await
}

/// Answers each connection with one of `answers` and returns the requests' heads.
async fn serve(answers: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = tokio::spawn(async move {
        let mut requests = Vec::new();
        for body in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let mut length = 0;
            while !request[..length].windows(4).any(|four| four == b"\r\n\r\n") {
                length += stream.read(&mut request[length..]).await.unwrap();
            }
            requests.push(String::from_utf8_lossy(&request[..length]).into_owned());
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
        requests
    });
    (url, requests)
}

const IDENTITY: &str = "<GetCallerIdentityResponse \
     xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
     <Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>AIDA</UserId><Account>123456789012</Account>\
     </GetCallerIdentityResult></GetCallerIdentityResponse>";

const SESSION: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
     <AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
     <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
     <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
     </AssumeRoleResponse>";

#[tokio::test]
async fn the_caller_is_asked_once_with_our_user_agent() {
    let (url, requests) = serve(vec![IDENTITY.to_owned()]).await;
    let connection = open(settings(&url)).await.unwrap();
    assert_eq!(connection.account_id().await.unwrap(), "123456789012");
    assert_eq!(connection.account_id().await.unwrap(), "123456789012");
    let requests = requests.await.unwrap();
    let agent = requests[0].lines().find(|line| line.starts_with("user-agent: ")).unwrap();
    assert!(agent.contains("aws-sdk-rust/"), "{agent}");
    assert!(agent.ends_with(" terraform-provider-officeless/1.2.3 team/storage"), "{agent}");
}

#[tokio::test]
async fn roles_are_assumed_at_the_first_call_each_with_the_keys_before() {
    let answers =
        vec![SESSION.to_owned(), SESSION.replace("ASIAROLE", "ASIALAST"), IDENTITY.to_owned()];
    let (url, requests) = serve(answers).await;
    let role = |name: &str| AssumeRole {
        role_arn: format!("arn:aws:iam::123456789012:role/{name}"),
        source_identity: Some("someone".to_owned()),
        ..AssumeRole::default()
    };
    let settings = Settings { assume_roles: vec![role("first"), role("last")], ..settings(&url) };
    let connection = open(settings).await.unwrap();
    connection.caller_identity().await.unwrap();
    let requests = requests.await.unwrap();
    assert!(requests[0].contains("Credential=AKIDEXAMPLE/"), "{}", requests[0]);
    assert!(requests[1].contains("Credential=ASIAROLE/"), "{}", requests[1]);
    assert!(requests[2].contains("Credential=ASIALAST/"), "{}", requests[2]);
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_endpoint_does_not_cost_all_attempts() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let connection = open(settings(&url)).await.unwrap();
    let started = tokio::time::Instant::now();
    let real = Instant::now();
    let error = connection.caller_identity().await.unwrap_err();
    assert_eq!(error.kind, Kind::Transport);
    assert!(error.source.is_some());
    assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
    assert!(real.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn clients_of_a_region_are_made_once() {
    let connection = open(settings("http://127.0.0.1:9")).await.unwrap();
    let clients = connection.clients("cn-north-1");
    assert!(Arc::ptr_eq(&clients, &connection.clients("cn-north-1")));
    assert!(!Arc::ptr_eq(&clients, &connection.clients(connection.region())));
    assert_eq!((clients.region(), clients.partition().id), ("cn-north-1", "aws-cn"));
}

#[tokio::test]
async fn attempts_and_region_come_from_the_profile_where_nothing_else_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, "[profile p]\nregion = sa-east-1\nmax_attempts = 7\n").unwrap();
    let settings = Settings {
        region: None,
        profile: Some("p".to_owned()),
        shared_config_files: vec![file.clone()],
        shared_credentials_files: vec![file.clone()],
        static_credentials: None,
        skip_metadata_api_check: Some(true),
        endpoints: BTreeMap::new(),
        ..settings("")
    };
    let connection = open(settings.clone()).await.unwrap();
    assert_eq!(connection.region(), "sa-east-1");
    assert_eq!(connection.config.retry_config().unwrap().max_attempts(), 7);
    std::fs::write(&file, "[profile p]\nregion = sa-east-1\nmax_attempts = many\n").unwrap();
    let error = open(settings).await.unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(error.message.contains("\"many\""), "{error}");
}

#[tokio::test]
async fn no_credentials_at_all_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty");
    std::fs::write(&file, "[profile p]\nregion = sa-east-1\n").unwrap();
    let settings = Settings {
        static_credentials: None,
        profile: Some("p".to_owned()),
        shared_config_files: vec![file.clone()],
        shared_credentials_files: vec![file],
        ..settings("http://127.0.0.1:9")
    };
    let connection = open(settings).await.unwrap();
    let error = connection.caller_identity().await.unwrap_err();
    assert_eq!(error.kind, Kind::Credentials, "{error:?}");
}

/// Answers each connection with [`IDENTITY`] under a certificate nobody trusts.
async fn serve_untrusted() -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["elsewhere.test".to_owned()])
        .and_then(|parameters| parameters.self_signed(&key))
        .unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let tls = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = tls.accept(stream).await else { continue };
            assert_ne!(stream.read(&mut [0; 16 * 1024]).await.unwrap(), 0);
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{IDENTITY}",
                IDENTITY.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn an_untrusted_certificate_is_refused_unless_insecure() {
    let url = serve_untrusted().await;
    let verified = Settings { max_attempts: Some(1), ..settings(&url) };
    let connection = open(verified.clone()).await.unwrap();
    let error = connection.caller_identity().await.unwrap_err();
    assert_eq!(error.kind, Kind::Transport, "{error:?}");
    let connection = open(Settings { insecure: true, ..verified }).await.unwrap();
    assert_eq!(connection.account_id().await.unwrap(), "123456789012");
}
