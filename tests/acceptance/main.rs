//! The provider under real Terraform and OpenTofu, against the emulator behind the proxy.
//!
//! Every test takes an account of its own and runs once for each CLI found, so all run side by side.

mod scene;
mod shared_storage;
