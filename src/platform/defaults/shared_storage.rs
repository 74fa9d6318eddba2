//! Defaults of `officeless_shared_storage`.

use serde::Serialize;

use super::Timeouts;

/// The EFS file system, its policy, its CSI driver's roles and its StorageClass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SharedStorage {
    /// Platform document, "File System ID": in truth a name, kept as the `Name` tag; an id begins
    /// with `fs-`.
    pub name: &'static str,
    /// Platform document: General Purpose, the mode with the lowest latency per operation.
    /// <https://docs.aws.amazon.com/efs/latest/ug/performance.html>
    pub performance_mode: &'static str,
    /// Platform document: Bursting. No charge beyond storage; small systems earn little.
    /// <https://docs.aws.amazon.com/efs/latest/ug/performance.html>
    pub throughput_mode: &'static str,
    /// Platform document: enabled at rest. It can never be turned on later.
    /// <https://docs.aws.amazon.com/efs/latest/ug/encryption-at-rest.html>
    pub encrypted: bool,
    /// Wider platform documents: EFS is backed up by AWS Backup; the daily automatic backup is
    /// on unless an `officeless_backup_plan` covers the system.
    /// <https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html>
    pub backup_policy: &'static str,
    /// Platform document: "TLS via IAM authentication". Only a file system policy enforces it.
    /// <https://docs.aws.amazon.com/efs/latest/ug/encryption-in-transit.html>
    pub enforce_encryption_in_transit: bool,
    /// Root on the whole system is needed only to change owners there; access points are not.
    /// <https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html>
    pub allow_root_access: bool,
    /// The platform uses the EKS cluster security group, so none is created.
    pub create_security_group: bool,
    /// ENABLED is what AWS sets: it keeps the system from becoming a replication destination.
    /// <https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemProtectionDescription.html>
    pub replication_overwrite_protection: &'static str,
    /// The system holds data that nothing else can rebuild.
    pub deletion_protection: bool,
    /// Platform document: v3.1.8, the version of the Helm chart, which carries driver 2.1.7.
    pub csi_chart_version: &'static str,
    /// The driver's name; fixed.
    pub provisioner: &'static str,
    /// Where the driver runs and as whom.
    pub csi_pod_identity: CsiIdentity,
    /// The StorageClass.
    pub storage_class: EfsStorageClass,
    /// AWS answers within minutes; mount targets have been seen above 10 minutes, and replication
    /// takes its own 20. The sum, with room.
    pub timeouts: Timeouts,
}

/// The service accounts of the EFS CSI driver, as its chart names them.
/// <https://github.com/kubernetes-sigs/aws-efs-csi-driver/tree/master/charts/aws-efs-csi-driver>
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CsiIdentity {
    /// The chart's documented namespace.
    pub namespace: &'static str,
    /// Creates access points.
    pub controller_service_account: &'static str,
    /// Mounts with `iam`: the identity that the file system policy must let in.
    pub node_service_account: &'static str,
}

/// The StorageClass of the EFS CSI driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EfsStorageClass {
    /// Platform document: `efs`.
    pub name: &'static str,
    /// Platform document: one access point for each claim; fixed.
    pub provisioning_mode: &'static str,
    /// Platform document: 700. Text, because YAML would read a number.
    pub directory_perms: &'static str,
    /// Platform document: `iam`. TLS is the driver's default and `iam` needs it.
    pub mount_options: &'static [&'static str],
    /// The platform document is silent. Delete is the Kubernetes default; the driver removes the
    /// access point and leaves the directory.
    pub reclaim_policy: &'static str,
    /// A file system has a mount target in every zone, so there is no zone to wait for.
    pub volume_binding_mode: &'static str,
}

/// The defaults of `officeless_shared_storage`.
pub const SHARED_STORAGE: SharedStorage = SharedStorage {
    name: "eks-shared-storage",
    performance_mode: "generalPurpose",
    throughput_mode: "bursting",
    encrypted: true,
    backup_policy: "ENABLED",
    enforce_encryption_in_transit: true,
    allow_root_access: false,
    create_security_group: false,
    replication_overwrite_protection: "ENABLED",
    deletion_protection: true,
    csi_chart_version: "3.1.8",
    provisioner: "efs.csi.aws.com",
    csi_pod_identity: CsiIdentity {
        namespace: "kube-system",
        controller_service_account: "efs-csi-controller-sa",
        node_service_account: "efs-csi-node-sa",
    },
    storage_class: EfsStorageClass {
        name: "efs",
        provisioning_mode: "efs-ap",
        directory_perms: "700",
        mount_options: &["iam"],
        reclaim_policy: "Delete",
        volume_binding_mode: "Immediate",
    },
    timeouts: Timeouts { create: "60m", update: "60m", delete: "60m" },
};
