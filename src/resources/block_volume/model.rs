//! The shapes of `officeless_block_volume`: what Terraform sees, attribute by attribute.

use crate::framework::value::{StringMap, Value};
use crate::model;
use crate::resources::composite::{Composite, common_attributes};
use crate::resources::timeouts::{Defaults, Timeouts};

model! {
    /// The whole resource.
    pub struct Model {
        /// Name tag.
        pub name: Value<String>,
        /// Zone.
        pub availability_zone: Value<String>,
        /// GiB.
        pub size: Value<i64>,
        /// I/O operations per second.
        pub iops: Value<i64>,
        /// MiB/s.
        pub throughput: Value<i64>,
        /// At rest.
        pub encrypted: Value<bool>,
        /// Customer key.
        pub kms_key_arn: Value<String>,
        /// What it starts from.
        pub snapshot_id: Value<String>,
        /// MiB/s from the snapshot.
        pub volume_initialization_rate: Value<i64>,
        /// The EKS cluster whose pods use it.
        pub cluster_name: Value<String>,
        /// File system the driver makes on it.
        pub fs_type: Value<String>,
        /// What the manifests say.
        pub persistent_volume: Value<PersistentVolume>,
        /// Whether destroy takes a snapshot first.
        pub final_snapshot: Value<bool>,
        /// Whether apply waits for the end of a modification.
        pub wait_for_optimization: Value<bool>,
        /// Which backup plan takes it.
        pub backup_plan: Value<String>,
        /// AWS region.
        pub region: Value<String>,
        /// The practitioner's tags.
        pub tags: Value<StringMap>,
        /// With the provider's default tags.
        pub tags_all: Value<StringMap>,
        /// Durations.
        pub timeouts: Value<Timeouts>,
        /// Sensitivity of the data.
        pub data_classification: Value<String>,
        /// Guard against destroy.
        pub deletion_protection: Value<bool>,
        /// `vol-…`.
        pub id: Value<String>,
        /// ARN.
        pub arn: Value<String>,
        /// `complete` or `incomplete`.
        pub status: Value<String>,
        /// Why it is incomplete.
        pub status_reason: Value<String>,
        /// `vol-…`.
        pub volume_id: Value<String>,
        /// State by AWS.
        pub state: Value<String>,
        /// State of the last modification.
        pub modification_state: Value<String>,
        /// Percent.
        pub modification_progress: Value<i64>,
        /// RFC 3339.
        pub create_time: Value<String>,
        /// YAML.
        pub persistent_volume_manifest: Value<String>,
        /// YAML.
        pub persistent_volume_claim_manifest: Value<String>,
        /// The snapshot a failed destroy left.
        pub final_snapshot_id: Value<String>,
    }
}

impl Composite for Model {
    const NOUN: &'static str = "block volume";
    // What each operation may take: volumes appear within seconds, a final snapshot of a large one
    // takes long.
    const TIMEOUTS: Defaults =
        Defaults { create_minutes: 10, update_minutes: 10, delete_minutes: 60 };

    common_attributes!();

    fn title(&self) -> String {
        self.name.as_ref().as_option().or(self.id.as_ref().as_option()).cloned().unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let volume = self.id.as_ref().as_option().map(|id| format!("volume {id}"));
        let snapshot = self.final_snapshot_id.as_ref().as_option();
        volume.into_iter().chain(snapshot.map(|id| format!("final snapshot {id}"))).collect()
    }
}

model! {
    /// What the manifests say.
    pub struct PersistentVolume {
        /// Name of the volume in Kubernetes.
        pub name: Value<String>,
        /// Its class.
        pub storage_class_name: Value<String>,
        /// `Retain` or `Delete`.
        pub reclaim_policy: Value<String>,
        /// Namespace of the claim.
        pub claim_namespace: Value<String>,
        /// Name of the claim.
        pub claim_name: Value<String>,
    }
}
