//! Defaults of `officeless_block_storage` and `officeless_block_volume`.

use serde::Serialize;

use super::Timeouts;

/// The EBS CSI add-on and its StorageClass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BlockStorage {
    /// The EKS add-on's name.
    /// <https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html>
    pub addon_name: &'static str,
    /// Platform document.
    pub addon_version: &'static str,
    /// NONE: somebody else's driver must be seen, not overwritten.
    pub resolve_conflicts_on_create: &'static str,
    /// PRESERVE: changes made in the cluster stay.
    pub resolve_conflicts_on_update: &'static str,
    /// Removing the resource removes the driver, as its plan says.
    pub preserve: bool,
    /// `AmazonEBSCSIDriverPolicyV2`, which acts on volumes of the driver only.
    /// <https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html>
    pub managed_policy: &'static str,
    /// Where the add-on runs.
    pub namespace: &'static str,
    /// The add-on's controller.
    pub service_account: &'static str,
    /// Apply ends when the driver is usable.
    pub wait_for: &'static str,
    /// The StorageClass.
    pub storage_class: EbsStorageClass,
    /// The EKS waiter's ten minutes, with room for a node group that comes up meanwhile.
    pub timeouts: Timeouts,
}

/// The StorageClass of the EBS CSI driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EbsStorageClass {
    /// Platform document.
    pub name: &'static str,
    /// The CSI driver's name. The platform document has the in-tree name `kubernetes.io/aws-ebs`,
    /// which only the migration layer still translates.
    /// <https://kubernetes.io/docs/concepts/storage/volumes/#aws-ebs-csi-migration>
    pub provisioner: &'static str,
    /// Platform document; fixed.
    pub r#type: &'static str,
    /// Platform document.
    pub fs_type: &'static str,
    /// Platform document: the gp3 baseline, included in the price.
    /// <https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html>
    pub iops: u32,
    /// Platform document, in MiB/s (it writes "MB/s"): the gp3 baseline.
    pub throughput: u32,
    /// Platform document: encrypted. The driver's own default is not.
    pub encrypted: bool,
    /// Platform document: zone-aware scheduling.
    pub volume_binding_mode: &'static str,
    /// Platform document.
    pub reclaim_policy: &'static str,
    /// Platform document.
    pub allow_volume_expansion: bool,
    /// A cluster's default class is the operator's decision.
    pub is_default: bool,
}

/// A gp3 volume for a database pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BlockVolume {
    /// GiB. Platform document: 200 GB for each volume in the diagram.
    pub size: u32,
    /// The gp3 type, as the platform document.
    pub r#type: &'static str,
    /// The gp3 baseline.
    pub iops: u32,
    /// MiB/s: the gp3 baseline.
    pub throughput: u32,
    /// Platform document: encrypted with the AWS managed key.
    pub encrypted: bool,
    /// Platform document.
    pub fs_type: &'static str,
    /// Platform document: single-pod access.
    pub access_mode: &'static str,
    /// A volume made by hand outlives its claim.
    pub reclaim_policy: &'static str,
    /// The data of a database: a snapshot is the last way back.
    pub final_snapshot: bool,
    /// The volume holds data that nothing else can rebuild.
    pub deletion_protection: bool,
    /// A volume is usable while it is being optimised, which may take hours.
    pub wait_for_optimization: bool,
    /// Volumes appear within seconds; a final snapshot of a large one takes long.
    pub timeouts: Timeouts,
}

const GP3: &str = "gp3";
const GP3_BASELINE_IOPS: u32 = 3_000;
const GP3_BASELINE_THROUGHPUT: u32 = 125;

/// The defaults of `officeless_block_storage`.
pub const BLOCK_STORAGE: BlockStorage = BlockStorage {
    addon_name: "aws-ebs-csi-driver",
    addon_version: "v1.42.0-eksbuild.1",
    resolve_conflicts_on_create: "NONE",
    resolve_conflicts_on_update: "PRESERVE",
    preserve: false,
    managed_policy: "V2",
    namespace: "kube-system",
    service_account: "ebs-csi-controller-sa",
    wait_for: "active",
    storage_class: EbsStorageClass {
        name: "gp3-sc",
        provisioner: "ebs.csi.aws.com",
        r#type: GP3,
        fs_type: "ext4",
        iops: GP3_BASELINE_IOPS,
        throughput: GP3_BASELINE_THROUGHPUT,
        encrypted: true,
        volume_binding_mode: "WaitForFirstConsumer",
        reclaim_policy: "Delete",
        allow_volume_expansion: true,
        is_default: false,
    },
    timeouts: Timeouts { create: "20m", update: "20m", delete: "40m" },
};

/// The defaults of `officeless_block_volume`.
pub const BLOCK_VOLUME: BlockVolume = BlockVolume {
    size: 200,
    r#type: GP3,
    iops: GP3_BASELINE_IOPS,
    throughput: GP3_BASELINE_THROUGHPUT,
    encrypted: true,
    fs_type: "ext4",
    access_mode: "ReadWriteOnce",
    reclaim_policy: "Retain",
    final_snapshot: true,
    deletion_protection: true,
    wait_for_optimization: false,
    timeouts: Timeouts { create: "10m", update: "10m", delete: "60m" },
};
