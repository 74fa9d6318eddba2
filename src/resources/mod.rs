//! The composites, one folder each.
//!
//! A room reads top to bottom: what it builds, its schema, its model, its rules, its plan, its
//! steps, its read, its delete, its import. Create and update are the same walk of steps; each step
//! is *find → compare → act → wait → record* and may be repeated at any time.
//!
//! Shared by all rooms: [`composite`] (how operations begin and end), [`attributes`] (what every
//! composite has), `forms` (ids and addresses), [`timeouts`], [`step`] (how a failed step is told),
//! [`unfinished`] (what is kept and told of a create that did not complete), [`torn_down`] (what is kept
//! of an object of which only parts are left), [`workload_access`] (how a workload gets its rights),
//! [`bucket`] (one S3 bucket from nothing to complete and back).

pub mod application_bucket;
pub mod attributes;
pub mod backup_plan;
pub mod block_storage;
pub mod block_volume;
pub mod bucket;
pub mod cache;
pub mod composite;
mod forms;
pub mod observability_buckets;
pub mod pod_identity;
pub mod shared_storage;
pub mod step;
#[cfg(test)]
mod tests;
pub mod timeouts;
pub mod torn_down;
pub mod unfinished;
pub mod workload_access;

use crate::framework::managed::{Managed, ManagedResource};
use crate::platform::permissions::Permissions;
use crate::provider::context::ProviderContext;

/// The managed resources of the provider.
pub fn all() -> Vec<Box<dyn ManagedResource<ProviderContext>>> {
    vec![
        Box::new(Managed::new(block_storage::BlockStorage)),
        Box::new(Managed::new(block_volume::BlockVolume)),
        Box::new(Managed::new(application_bucket::ApplicationBucket)),
        Box::new(Managed::new(cache::Cache)),
        Box::new(Managed::new(backup_plan::BackupPlan)),
        Box::new(Managed::new(observability_buckets::ObservabilityBuckets)),
        Box::new(Managed::new(pod_identity::PodIdentity)),
        Box::new(Managed::new(shared_storage::SharedStorage)),
    ]
}

/// What each resource asks of AWS, in the order of [`all`].
pub fn permissions() -> Vec<Permissions> {
    [
        ("officeless_block_storage", block_storage::permissions::PERMISSIONS),
        ("officeless_block_volume", block_volume::permissions::PERMISSIONS),
        ("officeless_application_bucket", application_bucket::permissions::PERMISSIONS),
        ("officeless_cache", cache::permissions::PERMISSIONS),
        ("officeless_backup_plan", backup_plan::permissions::PERMISSIONS),
        ("officeless_observability_buckets", observability_buckets::permissions::PERMISSIONS),
        ("officeless_pod_identity", pod_identity::permissions::PERMISSIONS),
        ("officeless_shared_storage", shared_storage::permissions::PERMISSIONS),
    ]
    .map(|(type_name, grants)| Permissions { type_name, grants, only_looks: false })
    .into()
}
