//! The part of Terraform that starts a plugin and talks to it.

use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, BufReader, Lines};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::certificate::Client;

/// Of Terraform and OpenTofu alike.
pub(crate) const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// Far longer than anything takes, for a machine under load.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for what must happen soon.
pub(crate) async fn soon<F: Future>(what: F) -> F::Output {
    timeout(PATIENCE, what).await.expect("this should have happened by now")
}

/// The program, with the temporary directory it may use and nothing of this environment's own.
pub(crate) fn program(temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-officeless"));
    confined(&mut command, temporary);
    command
}

fn confined(command: &mut Command, temporary: &Path) {
    command
        .env_clear()
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
}

/// Runs the program as a user would by hand.
pub(crate) async fn by_hand(arguments: &[&str]) -> Output {
    let temporary = tempfile::tempdir().unwrap();
    soon(program(temporary.path()).args(arguments).output()).await.unwrap()
}

/// A plugin that has been started.
pub(crate) struct Plugin {
    pub(crate) child: Child,
    pub(crate) stdout: Lines<BufReader<ChildStdout>>,
    /// The handshake line.
    pub(crate) line: String,
    /// Where its socket goes, alone.
    pub(crate) temporary: TempDir,
}

impl Plugin {
    /// Starts it as core does, with a client certificate to accept or without TLS.
    pub(crate) async fn start(client: Option<&Client>) -> Self {
        Self::start_with(client, &[]).await
    }

    /// The same, with more variables.
    pub(crate) async fn start_with(client: Option<&Client>, variables: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let command = program(temporary.path());
        Self::start_as(command, temporary, client, variables).await
    }

    /// The same, after a command of the shell, such as `umask 0`.
    pub(crate) async fn start_after(command: &str, client: Option<&Client>) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let program = program(temporary.path());
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("{command}; exec \"$0\"")]).arg(program.as_std().get_program());
        confined(&mut shell, temporary.path());
        Self::start_as(shell, temporary, client, &[]).await
    }

    async fn start_as(
        mut command: Command,
        temporary: TempDir,
        client: Option<&Client>,
        variables: &[(&str, &str)],
    ) -> Self {
        command
            .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
            .env("PLUGIN_MIN_PORT", "10000")
            .env("PLUGIN_MAX_PORT", "25000")
            .envs(variables.iter().copied());
        if let Some(client) = client {
            command.env("PLUGIN_CLIENT_CERT", &client.pem);
        }
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = soon(stdout.next_line()).await.unwrap().expect("no handshake line");
        Self { child, stdout, line, temporary }
    }

    /// One field of the handshake line, counted from one.
    pub(crate) fn field(&self, number: usize) -> &str {
        self.line.split('|').nth(number - 1).unwrap()
    }

    /// The server certificate of the handshake line.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        STANDARD_NO_PAD.decode(self.field(6)).unwrap().into()
    }

    /// Connects without TLS.
    pub(crate) async fn connect_plaintext(&self) -> Result<Channel> {
        connect(self.field(3), self.field(4), None).await
    }

    /// Connects as core does, with a client certificate or without.
    pub(crate) async fn connect(&self, client: Option<&Client>) -> Result<Channel> {
        self.connect_by(rustls::ALL_VERSIONS, client).await
    }

    /// The same, in one version of TLS.
    pub(crate) async fn connect_by(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        client: Option<&Client>,
    ) -> Result<Channel> {
        let tls = tls(self.certificate(), versions, client);
        connect(self.field(3), self.field(4), Some(tls)).await
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        soon(self.child.wait()).await.unwrap()
    }

    /// What it wrote to standard error, after it has ended.
    pub(crate) async fn stderr(&mut self) -> String {
        let mut text = String::new();
        soon(self.child.stderr.take().unwrap().read_to_string(&mut text)).await.unwrap();
        text
    }

    /// Whether it left nothing in its temporary directory.
    pub(crate) fn left_nothing(&self) -> bool {
        self.temporary.path().read_dir().unwrap().next().is_none()
    }
}

/// Sends a signal.
pub(crate) async fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("it has ended").to_string();
    let sent = Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
    assert!(sent.success());
}

/// Trust in one server certificate, and perhaps a certificate of one's own.
///
/// Does not check that the key belongs to the certificate: that is for the plugin to find out.
fn tls(
    server: CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    client: Option<&Client>,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(server).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let own = client.map(|client| {
        let key = provider.key_provider.load_private_key(client.private_key()).unwrap();
        let chain = std::iter::once(&client.certificate).chain(&client.chain).cloned();
        SingleCertAndKey::from(CertifiedKey::new(chain.collect(), key))
    });
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        Some(own) => builder.with_client_cert_resolver(Arc::new(own)),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Opens a channel to an address in core's words.
pub(crate) async fn connect(
    network: &str,
    address: &str,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Channel> {
    let (network, address) = (network.to_owned(), address.to_owned());
    let connector = tower::service_fn(move |_| {
        let (network, address, tls) = (network.clone(), address.clone(), tls.clone());
        async move { open(&network, &address, tls).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("http://localhost");
    Ok(soon(endpoint.connect_with_connector(connector)).await?)
}

async fn open(network: &str, address: &str, tls: Option<Arc<ClientConfig>>) -> Result<Box<dyn Io>> {
    let plain: Box<dyn Io> = match network {
        "unix" => Box::new(UnixStream::connect(address).await?),
        _ => Box::new(TcpStream::connect(address).await?),
    };
    let Some(tls) = tls else { return Ok(plain) };
    let secured =
        TlsConnector::from(tls).connect(ServerName::try_from("localhost")?, plain).await?;
    ensure!(secured.get_ref().1.alpn_protocol() == Some(b"h2"), "no HTTP/2 negotiated");
    Ok(Box::new(secured))
}

/// A call every plugin answers.
pub(crate) async fn call(channel: Result<Channel>) -> Result<i32> {
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    let answer = soon(HealthClient::new(channel?).check(request)).await.context("health")?;
    Ok(answer.into_inner().status)
}

/// What [`call`] answers when all is well.
pub(crate) const SERVING: i32 = 1;
