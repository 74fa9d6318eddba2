//! The provider under real Terraform and OpenTofu, against the emulator behind the proxy.
//!
//! Every test takes an account of its own and runs once for each CLI found, so all run side by side.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod addon_versions;
mod application_bucket;
mod application_bucket_data;
mod backup_plan;
mod block_storage;
mod block_volume;
mod cache_auth_token;
mod cache_changes;
mod cache_data;
mod cache_ends;
mod cache_foreign;
mod cache_forms;
mod cache_kinds;
mod cache_plan;
mod cache_scene;
mod cache_secrets;
mod cache_walk;
mod concurrency;
mod data_sources;
mod drifted_rights;
mod exchange;
mod failures;
mod functions;
mod guards;
mod manifests;
mod observability_buckets;
mod observability_edges;
mod permissions;
mod pod_identity;
mod refusals;
mod resumed;
mod rights;
mod same_name;
mod scene;
mod second_emulator;
mod secrets;
mod shared_storage;
mod tags;
mod terragrunt;
mod time;
mod torn_down;
mod whole_examples;
mod written;
