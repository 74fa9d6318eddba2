//! The shapes of `officeless_block_storage`: what Terraform sees, attribute by attribute.

use crate::framework::value::{StringMap, Strings, Value};
use crate::model;
use crate::resources::composite::{Composite, common_attributes};
use crate::resources::timeouts::{Defaults, Timeouts};

model! {
    /// The whole resource.
    pub struct Model {
        /// The EKS cluster.
        pub cluster_name: Value<String>,
        /// Version of the add-on.
        pub addon_version: Value<String>,
        /// What becomes of objects in the cluster that stand in the way of a create.
        pub resolve_conflicts_on_create: Value<String>,
        /// What becomes of objects changed in the cluster.
        pub resolve_conflicts_on_update: Value<String>,
        /// JSON.
        pub configuration_values: Value<String>,
        /// Whether the software outlives the add-on.
        pub preserve: Value<bool>,
        /// The role that is made.
        pub role_name: Value<String>,
        /// The role in use.
        pub role_arn: Value<String>,
        /// Which of AWS's policies the role gets.
        pub managed_policy: Value<String>,
        /// Customer keys of volumes.
        pub kms_key_arns: Value<Strings>,
        /// Of the driver's controller.
        pub service_account: Value<String>,
        /// Where the driver runs.
        pub namespace: Value<String>,
        /// What apply waits for.
        pub wait_for: Value<String>,
        /// The StorageClass.
        pub storage_class: Value<StorageClass>,
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
        /// Cluster and add-on.
        pub id: Value<String>,
        /// `complete` or `incomplete`.
        pub status: Value<String>,
        /// Why it is incomplete.
        pub status_reason: Value<String>,
        /// ARN of the add-on.
        pub addon_arn: Value<String>,
        /// Status by EKS.
        pub addon_status: Value<String>,
        /// What EKS finds wrong.
        pub health_issues: Value<Vec<HealthIssue>>,
        /// Pod Identity association of the driver's controller.
        pub association_id: Value<String>,
        /// YAML.
        pub storage_class_manifest: Value<String>,
        /// Its name.
        pub storage_class_name: Value<String>,
        /// Version of the driver in the add-on.
        pub driver_version: Value<String>,
        /// Newest version for the cluster.
        pub latest_compatible_version: Value<String>,
    }
}

impl Composite for Model {
    const NOUN: &'static str = "block storage";
    // What each operation may take: EKS takes ten minutes at most where nodes are there, and a node
    // group may come up meanwhile.
    const TIMEOUTS: Defaults =
        Defaults { create_minutes: 20, update_minutes: 20, delete_minutes: 40 };

    common_attributes!();

    fn title(&self) -> String {
        self.cluster_name.clone().unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let addon = self.addon_arn.as_ref().as_option().map(|arn| format!("add-on {arn}"));
        let own = self.role_name.is_value();
        let role = self.role_arn.as_ref().as_option().filter(|_| own);
        addon.into_iter().chain(role.map(|arn| format!("role {arn}"))).collect()
    }

    fn is_usable(&self) -> bool {
        self.addon_arn.is_value()
    }
}

model! {
    /// The StorageClass rendered for the driver.
    pub struct StorageClass {
        /// Name.
        pub name: Value<String>,
        /// Who makes its volumes.
        pub provisioner: Value<String>,
        /// File system on each volume.
        pub fs_type: Value<String>,
        /// Of each volume.
        pub iops: Value<i64>,
        /// For each GiB of a volume.
        pub iops_per_gb: Value<i64>,
        /// MiB/s of each volume.
        pub throughput: Value<i64>,
        /// At rest.
        pub encrypted: Value<bool>,
        /// Customer key.
        pub kms_key_arn: Value<String>,
        /// `WaitForFirstConsumer` or `Immediate`.
        pub volume_binding_mode: Value<String>,
        /// `Delete` or `Retain`.
        pub reclaim_policy: Value<String>,
        /// Whether claims may grow.
        pub allow_volume_expansion: Value<bool>,
        /// Whether claims without a class get it.
        pub is_default: Value<bool>,
        /// Zones volumes are made in.
        pub allowed_zones: Value<Strings>,
        /// Tags of each volume.
        pub tags: Value<StringMap>,
    }
}

model! {
    /// One thing that EKS finds wrong.
    pub struct HealthIssue {
        /// As in `InsufficientNumberOfReplicas`.
        pub code: Value<String>,
        /// EKS's words.
        pub message: Value<String>,
        /// What it is about.
        pub resource_ids: Value<Vec<String>>,
    }
}
