//! Where core connects: a Unix socket that only this user can reach, or a port of the loopback
//! interface where there are no Unix sockets or no short enough path for one.
//!
//! A socket lies in a directory of its own that is made for it, so that nobody else can reach it
//! even between its making and the setting of its mode. The directory goes when the [`Listener`]
//! is dropped.

use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use tokio::net::TcpListener;

use super::connection::Io;

#[cfg(unix)]
mod socket;

/// Where to listen, as far as core has an opinion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Parent of the directory of the socket; `None`: the directory for temporary files.
    pub directory: Option<PathBuf>,
    /// Group that may connect beside the user, by name or number.
    pub group: Option<String>,
    /// TCP ports to try in turn. Port 0 is any free one.
    pub ports: RangeInclusive<u16>,
}

impl Default for Place {
    fn default() -> Self {
        Self { directory: None, group: None, ports: 0..=0 }
    }
}

/// Where a listener can be reached, in core's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `unix` or `tcp`.
    pub network: &'static str,
    /// Path of the socket, or host and port.
    pub path: String,
}

/// A bound listener; connections queue up from its making on.
#[derive(Debug)]
pub struct Listener {
    address: Address,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    #[cfg(unix)]
    Unix(socket::Socket),
    Tcp(TcpListener),
}

/// Why the process cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// No socket can be made.
    #[error("making a socket under {} failed", directory.display())]
    Socket {
        /// Where it was to be.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The group is not known.
    #[error("PLUGIN_UNIX_SOCKET_GROUP is \"{0}\", but there is no such group")]
    Group(String),
    /// No port can be had.
    #[error(
        "no port of {}-{} on 127.0.0.1 is free (PLUGIN_MIN_PORT, PLUGIN_MAX_PORT)",
        ports.start(),
        ports.end()
    )]
    Port {
        /// The ports tried.
        ports: RangeInclusive<u16>,
        /// What the system said to the last one.
        source: io::Error,
    },
}

impl Listener {
    /// Binds a Unix socket, or a TCP port where that is not possible. Needs a runtime.
    pub fn bind(place: &Place) -> Result<Self, BindError> {
        #[cfg(unix)]
        if let Some(socket) = socket::Socket::bind(place)? {
            let path = socket.path().to_string_lossy().into_owned();
            let address = Address { network: "unix", path };
            return Ok(Self { address, kind: Kind::Unix(socket) });
        }
        let listener = bind_tcp(&place.ports)
            .map_err(|source| BindError::Port { ports: place.ports.clone(), source })?;
        let path = listener
            .local_addr()
            .map_err(|source| BindError::Port { ports: place.ports.clone(), source })?
            .to_string();
        Ok(Self { address: Address { network: "tcp", path }, kind: Kind::Tcp(listener) })
    }

    /// Where core finds it.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Waits for the next connection. An error concerns that one; the listener stays good.
    pub async fn accept(&self) -> io::Result<Box<dyn Io>> {
        match &self.kind {
            #[cfg(unix)]
            Kind::Unix(socket) => socket.accept().await,
            Kind::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are small and awaited: do not let them wait for company.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

fn bind_tcp(ports: &RangeInclusive<u16>) -> io::Result<TcpListener> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in ports.clone() {
        match std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                return TcpListener::from_std(listener);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests;
