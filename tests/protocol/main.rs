//! The plugin as core sees it: the real program, started the way Terraform starts it, spoken to over
//! its own socket.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what surprises a test ends it"
)]

mod any_values;
mod certificate;
mod core;
mod debug;
mod frames;
mod handshake;
mod life;
mod logs;
mod services;
mod tls;
mod values;
