//! The shapes of `officeless_shared_storage`: what Terraform sees, attribute by attribute.

use std::collections::BTreeMap;

use super::csi::Part;
use crate::framework::value::{StringMap, Strings, Value, known_map};
use crate::model;
use crate::resources::composite::{Composite, common_attributes};
use crate::resources::timeouts::{Defaults, Timeouts};

model! {
    /// The whole resource.
    pub struct Model {
        /// Name tag.
        pub name: Value<String>,
        /// Idempotency token of the creation.
        pub creation_token: Value<String>,
        /// The EKS cluster whose pods mount it.
        pub cluster_name: Value<String>,
        /// One subnet per zone.
        pub subnet_ids: Value<Strings>,
        /// Groups of every mount target.
        pub security_group_ids: Value<Strings>,
        /// Whether a group is created for the mount targets.
        pub create_security_group: Value<bool>,
        /// Groups whose members may mount.
        pub allowed_security_group_ids: Value<Strings>,
        /// Ranges that may mount.
        pub allowed_cidr_blocks: Value<Strings>,
        /// `generalPurpose` or `maxIO`.
        pub performance_mode: Value<String>,
        /// `bursting`, `provisioned` or `elastic`.
        pub throughput_mode: Value<String>,
        /// With `provisioned` only.
        pub provisioned_throughput_in_mibps: Value<f64>,
        /// At rest.
        pub encrypted: Value<bool>,
        /// Customer key.
        pub kms_key_arn: Value<String>,
        /// One Zone.
        pub availability_zone_name: Value<String>,
        /// When files move to cheaper storage.
        pub lifecycle_policy: Value<Lifecycle>,
        /// Automatic backups.
        pub backup_policy: Value<String>,
        /// The plan that picks it by tag.
        pub backup_plan: Value<String>,
        /// Deny mounts without TLS.
        pub enforce_encryption_in_transit: Value<bool>,
        /// The only roles that may mount.
        pub client_role_arns: Value<Strings>,
        /// Whether clients act as root.
        pub allow_root_access: Value<bool>,
        /// A policy of one's own.
        pub policy: Value<String>,
        /// Access points by key.
        pub access_points: Value<BTreeMap<String, Value<AccessPoint>>>,
        /// The replica.
        pub replication: Value<Replication>,
        /// Whether it may become a replica itself.
        pub replication_overwrite_protection: Value<String>,
        /// Version of the CSI driver's chart.
        pub csi_chart_version: Value<String>,
        /// Roles of the CSI driver.
        pub csi_pod_identity: Value<CsiPodIdentity>,
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
        /// Guard against destroy.
        pub deletion_protection: Value<bool>,
        /// `fs-…`.
        pub id: Value<String>,
        /// ARN.
        pub arn: Value<String>,
        /// `complete` or `incomplete`.
        pub status: Value<String>,
        /// Why it is incomplete.
        pub status_reason: Value<String>,
        /// The name clients mount.
        pub dns_name: Value<String>,
        /// Mount targets by zone.
        pub mount_targets: Value<BTreeMap<String, MountTarget>>,
        /// `fsap-…` by key.
        pub access_point_ids: Value<StringMap>,
        /// ARNs by key.
        pub access_point_arns: Value<StringMap>,
        /// The created group.
        pub security_group_id: Value<String>,
        /// The policy in force.
        pub policy_json: Value<String>,
        /// Role of the CSI controller.
        pub controller_role_arn: Value<String>,
        /// Role of the CSI nodes.
        pub node_role_arn: Value<String>,
        /// YAML.
        pub storage_class_manifest: Value<String>,
        /// YAML by access point key.
        pub persistent_volume_manifests: Value<StringMap>,
        /// `volumeHandle` of the whole system.
        pub volume_handle: Value<String>,
        /// RFC 3339.
        pub throughput_change_allowed_at: Value<String>,
    }
}

impl Composite for Model {
    const NOUN: &'static str = "shared storage";
    // What each operation may take: mount targets have been seen above ten minutes each way, a
    // replication takes its own twenty.
    const TIMEOUTS: Defaults =
        Defaults { create_minutes: 60, update_minutes: 60, delete_minutes: 60 };

    common_attributes!();

    fn title(&self) -> String {
        self.name.as_ref().as_option().or(self.id.as_ref().as_option()).cloned().unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let mut exists = Vec::new();
        if let Value::Value(id) = &self.id {
            exists.push(format!("file system {id}"));
        }
        if let Value::Value(id) = &self.security_group_id {
            exists.push(format!("security group {id}"));
        }
        if let Value::Value(targets) = &self.mount_targets {
            for (zone, target) in targets {
                if let Value::Value(id) = &target.id {
                    exists.push(format!("mount target {id} in {zone}"));
                }
            }
        }
        if let Value::Value(replication) = &self.replication
            && let (Value::Value(id), Value::Value(region)) =
                (&replication.destination_file_system_id, &replication.destination_region)
        {
            exists.push(format!("replica {id} in {region}"));
        }
        for part in Part::ALL {
            if let Value::Value(arn) = part.role_arn(self) {
                exists.push(format!("role {arn}"));
            }
        }
        for (key, id) in known_map(&self.access_point_ids).unwrap_or_default() {
            exists.push(format!("access point {id} ({key})"));
        }
        exists
    }
}

model! {
    /// When files move between storage classes.
    #[allow(clippy::struct_field_names, reason = "AWS's names")]
    pub struct Lifecycle {
        /// To Infrequent Access.
        pub transition_to_ia: Value<String>,
        /// To Archive.
        pub transition_to_archive: Value<String>,
        /// Back on access.
        pub transition_to_primary_storage_class: Value<String>,
    }
}

model! {
    /// One access point.
    pub struct AccessPoint {
        /// Root directory.
        pub path: Value<String>,
        /// Mode of the directory when it is created.
        pub permissions: Value<String>,
        /// Owner of the directory when it is created.
        pub owner_uid: Value<i64>,
        /// Group of the directory when it is created.
        pub owner_gid: Value<i64>,
        /// Whom every client acts as.
        pub posix_user: Value<PosixUser>,
    }
}

model! {
    /// A POSIX identity.
    pub struct PosixUser {
        /// User.
        pub uid: Value<i64>,
        /// Group.
        pub gid: Value<i64>,
        /// Further groups.
        pub secondary_gids: Value<Vec<Value<i64>>>,
    }
}

model! {
    /// A replica in another region or zone.
    pub struct Replication {
        /// Region of the replica.
        pub destination_region: Value<String>,
        /// Key of the replica.
        pub kms_key_arn: Value<String>,
        /// One Zone replica.
        pub availability_zone_name: Value<String>,
        /// The replica.
        pub destination_file_system_id: Value<String>,
        /// State of the replication.
        pub status: Value<String>,
    }
}

model! {
    /// Whom the CSI driver runs as.
    pub struct CsiPodIdentity {
        /// Kubernetes namespace.
        pub namespace: Value<String>,
        /// Makes access points.
        pub controller_service_account: Value<String>,
        /// Mounts.
        pub node_service_account: Value<String>,
    }
}

model! {
    /// The StorageClass rendered for the driver.
    pub struct StorageClass {
        /// Name.
        pub name: Value<String>,
        /// Mode of each directory.
        pub directory_perms: Value<String>,
        /// Options of each mount.
        pub mount_options: Value<Vec<Value<String>>>,
        /// Owner of each directory.
        pub uid: Value<i64>,
        /// Group of each directory.
        pub gid: Value<i64>,
        /// First group handed out.
        pub gid_range_start: Value<i64>,
        /// Last group handed out.
        pub gid_range_end: Value<i64>,
        /// Under which directories are made.
        pub base_path: Value<String>,
        /// Pattern of directory names.
        pub sub_path_pattern: Value<String>,
        /// Whether names get a unique suffix.
        pub ensure_unique_directory: Value<bool>,
        /// Whether claims of one name share an access point.
        pub reuse_access_point: Value<bool>,
        /// `Delete` or `Retain`.
        pub reclaim_policy: Value<String>,
        /// `Immediate` or `WaitForFirstConsumer`.
        pub volume_binding_mode: Value<String>,
    }
}

model! {
    /// A mount target as it is.
    pub struct MountTarget {
        /// `fsmt-…`.
        pub id: Value<String>,
        /// Where it is.
        pub subnet_id: Value<String>,
        /// Its address.
        pub ip_address: Value<String>,
        /// Its own name.
        pub dns_name: Value<String>,
        /// Its interface.
        pub network_interface_id: Value<String>,
        /// Its state.
        pub state: Value<String>,
    }
}
