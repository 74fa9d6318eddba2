//! From the listener to gRPC: accepts connections, takes them through TLS, and keeps count of them.
//!
//! Accepting never ends by itself. A connection that fails or hangs in its TLS handshake is dropped
//! and concerns nobody else.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, stream};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::listener::Listener;

/// How long a TLS handshake may take.
const TLS_HANDSHAKE: Duration = Duration::from_secs(10);

/// Pause after the system failed to hand out a connection, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that wait to be served.
const BACKLOG: usize = 16;

/// How often to look whether core has died, while it is not connected.
const LOOK: Duration = Duration::from_millis(100);

/// Without any connection for so long, core is gone, even if its process is not.
const ABANDONED: Duration = Duration::from_mins(1);

/// Core connects right after the handshake line; if it has not done so by now, it is gone.
const NEVER_CONNECTED: Duration = Duration::from_mins(5);

/// A two-way stream of bytes.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// The number of open connections.
#[derive(Debug, Clone, Default)]
pub struct Count(watch::Sender<usize>);

impl Count {
    fn enter(&self) -> Guard {
        self.0.send_modify(|open| *open = open.saturating_add(1));
        Guard(self.clone())
    }

    /// Ends when no connection is open, or after `limit`.
    pub async fn drained(&self, limit: Duration) {
        let mut open = self.0.subscribe();
        // An error is the limit; the sender cannot go, it is here.
        let _ = timeout(limit, open.wait_for(|open| *open == 0)).await;
    }

    /// Ends when core is gone: nothing tells a plugin that core was killed, but its connections go.
    /// Where `core_has_died` can tell no more, they must also not come back.
    pub async fn abandoned(&self, core_has_died: impl Fn() -> bool) {
        let mut open = self.0.subscribe();
        let mut patience = NEVER_CONNECTED;
        loop {
            let since = Instant::now();
            while timeout(LOOK, open.wait_for(|open| *open > 0)).await.is_err() {
                if core_has_died() || since.elapsed() >= patience {
                    return;
                }
            }
            // As above: cannot fail while `self` is here.
            let _ = open.wait_for(|open| *open == 0).await;
            patience = ABANDONED;
        }
    }
}

/// Counts one connection as long as it lives.
#[derive(Debug)]
struct Guard(Count);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

/// A connection that gRPC can be spoken on.
pub struct Connection {
    io: Box<dyn Io>,
    _open: Guard,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// Connections on their way from [`accept`] to the server.
pub fn queue() -> (mpsc::Sender<Connection>, impl Stream<Item = io::Result<Connection>>) {
    let (ready, connections) = mpsc::channel(BACKLOG);
    let incoming = stream::unfold(connections, async |mut connections| {
        let connection = connections.recv().await?;
        Some((Ok(connection), connections))
    });
    (ready, incoming)
}

/// Accepts connections and hands them on, for ever. `tls: None` is plaintext.
pub async fn accept(
    listener: &Listener,
    tls: Option<Arc<ServerConfig>>,
    count: &Count,
    ready: mpsc::Sender<Connection>,
) {
    let tls = tls.map(TlsAcceptor::from);
    loop {
        match listener.accept().await {
            Ok(io) => {
                tokio::spawn(prepare(io, tls.clone(), count.clone(), ready.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                pause().await;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "no wait for AWS: a failing accept must not spin")]
async fn pause() {
    tokio::time::sleep(ACCEPT_PAUSE).await;
}

/// Takes a connection through TLS and hands it on.
async fn prepare(
    io: Box<dyn Io>,
    tls: Option<TlsAcceptor>,
    count: Count,
    ready: mpsc::Sender<Connection>,
) {
    let io = match tls {
        None => io,
        Some(tls) => match timeout(TLS_HANDSHAKE, tls.accept(io)).await {
            Ok(Ok(secured)) => Box::new(secured),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a connection was refused in its TLS handshake");
                return;
            }
            Err(_) => {
                tracing::warn!("a connection did not finish its TLS handshake in time");
                return;
            }
        },
    };
    // An error means that serving has ended, and the connection with it.
    let _ = ready.send(Connection { io, _open: count.enter() }).await;
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::time::advance;

    use super::*;
    use crate::plugin::mtls::Identity;

    #[tokio::test(start_paused = true)]
    async fn is_abandoned_a_minute_after_the_last_connection() {
        let count = Count::default();
        let guard = count.enter();
        let start = Instant::now();
        let mut abandoned = Box::pin(count.abandoned(|| false));
        assert!(abandoned.as_mut().now_or_never().is_none());
        advance(ABANDONED * 10).await;
        assert!(abandoned.as_mut().now_or_never().is_none(), "a connection was open");
        drop(guard);
        abandoned.await;
        assert_eq!(start.elapsed().as_secs(), (ABANDONED * 11).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_within_the_minute_counts() {
        let count = Count::default();
        drop(count.enter());
        let guard = count.enter();
        let mut abandoned = Box::pin(count.abandoned(|| false));
        assert!(abandoned.as_mut().now_or_never().is_none());
        drop(guard);
        assert!(abandoned.as_mut().now_or_never().is_none());
        advance(ABANDONED / 2).await;
        let _again = count.enter();
        assert!(abandoned.as_mut().now_or_never().is_none());
        advance(ABANDONED * 2).await;
        assert!(abandoned.as_mut().now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn is_abandoned_when_nobody_ever_connects() {
        let start = Instant::now();
        Count::default().abandoned(|| false).await;
        assert_eq!(start.elapsed().as_secs(), NEVER_CONNECTED.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn the_death_of_core_ends_it_at_once_but_not_while_it_is_connected() {
        let count = Count::default();
        let guard = count.enter();
        let mut abandoned = Box::pin(count.abandoned(|| true));
        assert!(abandoned.as_mut().now_or_never().is_none());
        advance(ABANDONED).await;
        assert!(abandoned.as_mut().now_or_never().is_none(), "a connection was open");
        drop(guard);
        let start = Instant::now();
        abandoned.await;
        assert!(start.elapsed() <= LOOK, "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn draining_has_a_limit() {
        let count = Count::default();
        let _open = count.enter();
        let start = Instant::now();
        count.drained(Duration::from_secs(3)).await;
        assert_eq!(start.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_says_nothing_is_given_up() {
        let client = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let tls = Identity::new(&client.cert.pem()).unwrap().config;
        let (_peer, io) = tokio::io::duplex(64);
        let (ready, mut connections) = mpsc::channel(1);
        let start = Instant::now();
        prepare(Box::new(io), Some(tls.into()), Count::default(), ready).await;
        assert_eq!(start.elapsed().as_secs(), TLS_HANDSHAKE.as_secs());
        assert!(connections.recv().await.is_none());
    }
}
