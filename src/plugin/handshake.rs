//! The contract at start-up: what core tells the process through its environment, and the one line
//! the process answers with on its standard output.
//!
//! Facts: [go-plugin](https://github.com/hashicorp/go-plugin), which both Terraform and OpenTofu
//! start providers with.

use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::listener::{Address, Place};

/// Set by core so that a plugin started by hand can tell. The same in Terraform and OpenTofu.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// The version of the handshake itself.
const CORE_PROTOCOL: u8 = 1;

/// The plugin protocol served, the only one.
pub const PLUGIN_PROTOCOL: u8 = 6;

/// What core told the process at start-up.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// The one client certificate to accept, as PEM. `None`: core wants no TLS.
    pub client_certificate: Option<String>,
    /// Where to listen.
    pub place: Place,
    /// Core asks whether several services may share one connection; it expects a seventh field.
    pub multiplex: bool,
}

/// Why the process must not start as a plugin.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvironmentError {
    /// The magic cookie is missing or wrong.
    #[error(
        "this program is a Terraform provider and is not started by hand: name it in \
         required_providers and run terraform or tofu, which start it by themselves (to debug the \
         provider, start it with --debug; --version prints its version)"
    )]
    ByHand,
    /// A port of the range is no port number.
    #[error("{name} is \"{value}\", but must be a port number between 0 and 65535")]
    Port {
        /// The environment variable.
        name: &'static str,
        /// What it holds.
        value: String,
    },
}

impl Environment {
    /// Reads the environment of the process, after checking the magic cookie.
    pub fn from_process() -> Result<Self, EnvironmentError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    fn from_lookup(
        lookup: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, EnvironmentError> {
        let (cookie, expected) = COOKIE;
        if lookup(cookie).as_deref() != Some(expected) {
            return Err(EnvironmentError::ByHand);
        }
        let set = |name| lookup(name).filter(|value| !value.is_empty());
        Ok(Self {
            client_certificate: set("PLUGIN_CLIENT_CERT"),
            place: Place {
                directory: set("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
                group: set("PLUGIN_UNIX_SOCKET_GROUP"),
                ports: ports(set)?,
            },
            multiplex: set("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }
}

/// The range of TCP ports; both ends unset is 0, any port.
fn ports(
    set: impl Fn(&'static str) -> Option<String>,
) -> Result<RangeInclusive<u16>, EnvironmentError> {
    let port = |name| {
        set(name).map_or(Ok(0), |value| {
            value.parse().map_err(|_| EnvironmentError::Port { name, value })
        })
    };
    Ok(port("PLUGIN_MIN_PORT")?..=port("PLUGIN_MAX_PORT")?)
}

/// The line that tells core where and how to connect, without its end.
///
/// The certificate is DER; core accepts its base64 without padding only. The protocol version is
/// not chosen from `PLUGIN_PROTOCOL_VERSIONS`: there is one to offer, and core itself explains best
/// to its user when it does not speak it.
pub fn line(address: &Address, certificate: Option<&[u8]>, multiplex: bool) -> String {
    let Address { network, path } = address;
    let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
    let seventh = if multiplex { "|false" } else { "" };
    format!("{CORE_PROTOCOL}|{PLUGIN_PROTOCOL}|{network}|{path}|grpc|{certificate}{seventh}")
}

/// Writes one line to standard output and flushes it. Nothing else may ever be written there before.
pub fn announce(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(format!("{line}\n").as_bytes())?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(
        variables: &'static [(&'static str, &'static str)],
    ) -> Result<Environment, EnvironmentError> {
        Environment::from_lookup(|wanted| {
            variables
                .iter()
                .chain(std::iter::once(&COOKIE))
                .find_map(|(name, value)| (*name == wanted).then(|| (*value).to_owned()))
        })
    }

    fn address() -> Address {
        Address { network: "unix", path: "/run/p/plugin.sock".to_owned() }
    }

    #[test]
    fn refuses_a_missing_and_a_wrong_cookie() {
        assert_eq!(Environment::from_lookup(|_| None), Err(EnvironmentError::ByHand));
        assert_eq!(environment(&[(COOKIE.0, "wrong")]), Err(EnvironmentError::ByHand));
    }

    #[test]
    fn an_empty_environment_means_plaintext_on_any_port() {
        let expected = Environment {
            client_certificate: None,
            place: Place { directory: None, group: None, ports: 0..=0 },
            multiplex: false,
        };
        assert_eq!(environment(&[("PLUGIN_CLIENT_CERT", "")]), Ok(expected));
    }

    #[test]
    fn reads_what_core_sets() {
        let expected = Environment {
            client_certificate: Some("PEM".to_owned()),
            place: Place {
                directory: Some(PathBuf::from("/run/p")),
                group: Some("7".to_owned()),
                ports: 10_000..=25_000,
            },
            multiplex: true,
        };
        let variables = &[
            ("PLUGIN_CLIENT_CERT", "PEM"),
            ("PLUGIN_UNIX_SOCKET_DIR", "/run/p"),
            ("PLUGIN_UNIX_SOCKET_GROUP", "7"),
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
            ("PLUGIN_MULTIPLEX_GRPC", "true"),
        ];
        assert_eq!(environment(variables), Ok(expected));
    }

    #[test]
    fn names_the_variable_that_holds_no_port() {
        let error = environment(&[("PLUGIN_MAX_PORT", "70000")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "PLUGIN_MAX_PORT is \"70000\", but must be a port number between 0 and 65535"
        );
    }

    #[test]
    fn the_line_has_six_fields_and_an_unpadded_certificate() {
        assert_eq!(line(&address(), Some(&[0xff]), false), "1|6|unix|/run/p/plugin.sock|grpc|/w");
    }

    #[test]
    fn the_line_ends_with_an_empty_field_in_plaintext() {
        assert_eq!(line(&address(), None, false), "1|6|unix|/run/p/plugin.sock|grpc|");
    }

    #[test]
    fn a_seventh_field_answers_the_question_for_multiplexing() {
        assert_eq!(line(&address(), None, true), "1|6|unix|/run/p/plugin.sock|grpc||false");
    }
}
