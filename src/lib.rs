//! The Officeless Terraform provider: composite resources over AWS storage with the platform's
//! defaults.
//!
//! Layers, one dependency direction only; what stands higher uses what stands lower, and all of them
//! [`sensitive`]:
//!
//! ```text
//! main
//!  └─ provider ─┬─ resources, data_sources, ephemeral_resources ─┬─ framework ─ plugin
//!               │                                                ├─ platform
//!               │                                                └─ aws
//!               └─ functions ─┬─ framework
//!                             └─ platform
//! ```
//!
//! * [`plugin`]: being a Terraform plugin: handshake, mutual TLS, logs, shutdown.
//! * [`framework`]: being a provider: schema, plan, apply, state. Knows nothing of AWS.
//! * [`aws`]: talking to AWS. Knows nothing of Terraform.
//! * [`platform`]: what Officeless means: defaults, names, tags, policies, manifests. Pure.
//! * [`provider`]: the provider block, and the context it hands to resources.
//! * [`resources`]: the composites; [`data_sources`]: what is only read; [`ephemeral_resources`]:
//!   what is never stored; [`functions`]: what is only computed.
//! * [`docs`]: the registry's pages, from schema, description and examples. Pure.
//! * [`sensitive`]: secrets: a type that shows none, and what takes them out of texts that leave.

pub mod aws;
pub mod data_sources;
pub mod docs;
pub mod ephemeral_resources;
pub mod framework;
pub mod functions;
pub mod platform;
pub mod plugin;
pub mod provider;
pub mod resources;
pub mod sensitive;
