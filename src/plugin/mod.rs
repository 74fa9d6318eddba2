//! Being a Terraform plugin: handshake, mutual TLS, logs, shutdown.

pub mod panic;
pub mod proto;
