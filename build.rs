//! Generates the Rust side of the wire from the definitions in `proto/`.
//!
//! Needs `protoc`, found through `PROTOC` or on the path.

use anyhow::{Context, Result};

/// The service the provider implements.
const PROVIDER: &str = "proto/tfplugin6.proto";

/// The services every plugin process offers beside it.
const PLUGIN: &[&str] =
    &["proto/grpc_broker.proto", "proto/grpc_controller.proto", "proto/grpc_stdio.proto"];

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-env-changed=PROTOC");

    // The clients are what the protocol tests speak with; they need no transport of tonic's own.
    tonic_prost_build::configure()
        .build_transport(false)
        .btree_map(".")
        .emit_rerun_if_changed(false)
        .generate_default_stubs(true)
        .compile_protos(&[PROVIDER], &["proto"])
        .with_context(|| format!("compiling {PROVIDER}"))?;
    tonic_prost_build::configure()
        .build_transport(false)
        .emit_rerun_if_changed(false)
        .compile_protos(PLUGIN, &["proto"])
        .context("compiling the plugin services in proto/grpc_*.proto")
}
