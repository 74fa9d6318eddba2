//! Being a Terraform plugin: handshake, mutual TLS, logs, shutdown.
//!
//! Core starts the process, reads one line from its standard output, connects, and talks gRPC until
//! it asks the process to end. [`serve`] is that whole life; [`serve_debug`] is the life of a
//! provider started by hand. Neither knows anything of providers but their generated trait.

pub mod connection;
pub mod controller;
pub mod handshake;
pub mod listener;
pub mod log;
pub mod mtls;
pub mod panic;
mod parent;
pub mod proto;
mod reattach;
mod validity;

use std::io;
use std::time::Duration;

use tonic::transport::Server;
use tonic::transport::server::Router;
use tonic_health::ServingStatus;

use connection::Count;
use controller::{Broker, Controller, Shutdown, Stdio};
use handshake::Environment;
use listener::{Listener, Place};
use mtls::Identity;
use parent::Parent;
use proto::services::grpc_broker_server::GrpcBrokerServer;
use proto::services::grpc_controller_server::GrpcControllerServer;
use proto::services::grpc_stdio_server::GrpcStdioServer;
use proto::tfplugin6::provider_server::{Provider, ProviderServer};

/// The largest message taken or sent, in bytes: what provider servers in Go allow.
const LARGEST_MESSAGE: usize = 256 << 20;

/// The name core would ask the health of.
const HEALTH_NAME: &str = "plugin";

/// How long the answer to a shutdown may take to leave, at most.
const FAREWELL: Duration = Duration::from_millis(50);

/// Who the plugin is.
#[derive(Debug, Clone, Copy)]
pub struct Plugin {
    /// Name of the program.
    pub name: &'static str,
    /// Version, without a leading `v`.
    pub version: &'static str,
    /// Every address configurations may name the provider by, host included: one for each registry.
    pub source_addresses: &'static [&'static str],
}

/// Why serving could not begin or broke off.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The process was not started by core.
    #[error(transparent)]
    Environment(#[from] handshake::EnvironmentError),
    /// TLS cannot be offered.
    #[error(transparent)]
    Identity(#[from] mtls::IdentityError),
    /// There is no place to listen.
    #[error(transparent)]
    Bind(#[from] listener::BindError),
    /// Interrupts cannot be caught.
    #[error("setting up the handling of Ctrl-C failed")]
    Signal(#[source] io::Error),
    /// Nobody can be told where the plugin listens.
    #[error("writing to standard output failed")]
    Announce(#[source] io::Error),
    /// The gRPC server broke off.
    #[error("serving gRPC failed")]
    Grpc(#[from] tonic::transport::Error),
}

/// An error and what brought it about, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Serves a provider to the core that started the process, until core asks it to end or is gone.
///
/// Work still running then is cut off when the runtime ends.
pub async fn serve<P: Provider>(environment: Environment, provider: P) -> Result<(), ServeError> {
    // Ctrl-C reaches core and its plugins alike, and core then tells its plugins by RPC to stop. One
    // that dies of it loses what it was just creating. So interrupts are caught and left at that.
    let _ignored = interrupts().map_err(ServeError::Signal)?;
    let core = Parent::current();
    let identity = environment.client_certificate.as_deref().map(Identity::new).transpose()?;
    let listener = Listener::bind(&environment.place)?;
    let certificate = identity.as_ref().map(|identity| identity.certificate.as_ref());
    let line = handshake::line(listener.address(), certificate, environment.multiplex);

    let count = Count::default();
    let shutdown = Shutdown::default();
    let router = router(provider, shutdown.clone()).await;
    let tls = identity.map(|identity| identity.config);
    let (ready, incoming) = connection::queue();
    handshake::announce(&line).map_err(ServeError::Announce)?;
    tracing::debug!(network = listener.address().network, "serving");

    tokio::select! {
        () = connection::accept(&listener, tls, &count, ready) => {}
        served = router.serve_with_incoming(incoming) => served?,
        // Not a graceful end: the broker and stdio streams never end by themselves.
        () = async { shutdown.requested().await; count.drained(FAREWELL).await } => {}
        () = count.abandoned(|| core.has_died()) => {
            tracing::info!("no connection is left: core is gone");
        }
    }
    Ok(())
}

/// Serves a provider that was started by hand, in plaintext, until Ctrl-C.
///
/// On a Unix socket only the own user can connect; on Windows every local user can.
pub async fn serve_debug<P: Provider>(plugin: &Plugin, provider: P) -> Result<(), ServeError> {
    let mut interrupted = interrupts().map_err(ServeError::Signal)?;
    let listener = Listener::bind(&Place::default())?;
    let router = router(provider, Shutdown::default()).await;
    let (ready, incoming) = connection::queue();
    let count = Count::default();
    let text = reattach::instructions(plugin, listener.address(), std::process::id());
    handshake::announce(&text).map_err(ServeError::Announce)?;

    tokio::select! {
        () = connection::accept(&listener, None, &count, ready) => {}
        served = router.serve_with_incoming(incoming) => served?,
        _ = interrupted() => {}
    }
    Ok(())
}

/// Everything that is served on one connection.
async fn router<P: Provider>(provider: P, shutdown: Shutdown) -> Router {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status(HEALTH_NAME, ServingStatus::Serving).await;
    Server::builder()
        .add_service(
            ProviderServer::new(provider)
                .max_decoding_message_size(LARGEST_MESSAGE)
                .max_encoding_message_size(LARGEST_MESSAGE),
        )
        .add_service(GrpcControllerServer::new(Controller { shutdown }))
        .add_service(GrpcBrokerServer::new(Broker))
        .add_service(GrpcStdioServer::new(Stdio))
        .add_service(health_service)
}

/// Catches interrupts from now on, and hands them out one by one.
///
/// Other signals keep their effect.
#[cfg(unix)]
fn interrupts() -> io::Result<impl AsyncFnMut() -> Option<()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupts = signal(SignalKind::interrupt())?;
    Ok(async move || interrupts.recv().await)
}

/// As on Unix, for the interrupt of the console.
#[cfg(windows)]
fn interrupts() -> io::Result<impl AsyncFnMut() -> Option<()>> {
    let mut interrupts = tokio::signal::windows::ctrl_c()?;
    Ok(async move || interrupts.recv().await)
}
