//! Every opinion of the platform, and nothing else.
//!
//! One typed constant per composite. Schema defaults, plan, documentation and
//! `data.officeless_platform_defaults` all read these constants, so a value has one home. "The
//! platform document" is `docs/04-database-and-storage.md` of the Officeless platform; where a
//! value departs from it, the field says why.
//!
//! [`PLATFORM`] serialises to nested objects with `snake_case` names whose leaves are strings,
//! numbers, booleans and lists of strings, never null, so that a schema can be written from it.

mod block;
mod cache;
mod governance;
mod object;
mod observability;
mod shared_storage;

use serde::Serialize;

pub use block::{BLOCK_STORAGE, BLOCK_VOLUME, BlockStorage, BlockVolume, EbsStorageClass};
pub use cache::{CACHE, Cache};
pub use governance::{
    BACKUP, Backup, CLASSIFICATION, Classification, ENCRYPTION, Encryption, NETWORK, Network,
};
pub use object::{APPLICATION_BUCKET, ApplicationBucket};
pub use observability::{
    Buckets, OBSERVABILITY, Observability, ObservabilityBucket, ObservabilityIdentity,
};
pub use shared_storage::{CsiIdentity, EfsStorageClass, SHARED_STORAGE, SharedStorage};

/// How long an operation may take before it gives up, as Go durations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Timeouts {
    /// For create.
    pub create: &'static str,
    /// For update.
    pub update: &'static str,
    /// For delete.
    pub delete: &'static str,
}

/// The whole of the platform's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PlatformDefaults {
    /// The EBS CSI add-on and its StorageClass.
    pub block_storage: BlockStorage,
    /// A gp3 volume for a database pod.
    pub block_volume: BlockVolume,
    /// The EFS file system.
    pub shared_storage: SharedStorage,
    /// The six buckets of Mimir, Loki and Tempo.
    pub observability: Observability,
    /// A bucket of an application.
    pub application_bucket: ApplicationBucket,
    /// The Valkey cache.
    pub cache: Cache,
    /// Encryption of every service.
    pub encryption: Encryption,
    /// Classification levels and their floors.
    pub data_classification: Classification,
    /// Backup.
    pub backup: Backup,
    /// Facts of the platform's network and cluster that storage depends on.
    pub network: Network,
}

/// The platform's defaults.
pub const PLATFORM: PlatformDefaults = PlatformDefaults {
    block_storage: BLOCK_STORAGE,
    block_volume: BLOCK_VOLUME,
    shared_storage: SHARED_STORAGE,
    observability: OBSERVABILITY,
    application_bucket: APPLICATION_BUCKET,
    cache: CACHE,
    encryption: ENCRYPTION,
    data_classification: CLASSIFICATION,
    backup: BACKUP,
    network: NETWORK,
};

#[cfg(test)]
mod tests;
