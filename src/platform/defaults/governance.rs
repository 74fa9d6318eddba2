//! Defaults across composites: encryption, classification, backup, and the network they meet.

use serde::Serialize;

use crate::platform::classification::DataClassification;
use crate::platform::tags;

/// Encryption of every service, from the platform document's principles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Encryption {
    /// The key of EBS volumes unless a customer key is given.
    pub ebs_key: &'static str,
    /// The key of EFS unless a customer key is given.
    pub efs_key: &'static str,
    /// Server-side encryption of S3 unless a customer key is given.
    pub s3_algorithm: &'static str,
    /// Valkey at rest: optional in the platform document, on here.
    pub cache_at_rest: bool,
    /// Valkey in transit: optional in the platform document, on here.
    pub cache_in_transit: bool,
    /// EFS mounts without TLS are denied.
    pub efs_in_transit: bool,
    /// Plain HTTP to S3 is denied.
    pub s3_in_transit: bool,
}

/// Data classification, from the platform document's governance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Classification {
    /// The levels, least sensitive first.
    pub levels: &'static [DataClassification],
    /// The level of data nobody has classified.
    pub default_level: DataClassification,
    /// The lowest level that must be encrypted at rest and in transit.
    pub encryption_from: DataClassification,
    /// The lowest level that must have a customer key.
    pub customer_key_from: DataClassification,
}

/// Backup. The platform document lists strategies and no numbers; these are AWS's own for the
/// automatic backup of EFS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Daily at 05:00, the hour of AWS's default plan.
    /// <https://docs.aws.amazon.com/efs/latest/ug/automatic-backups.html>
    pub schedule: &'static str,
    /// The same plan keeps 35 days, the longest that continuous backup may.
    pub delete_after_days: u32,
    /// The tag whose value names the plan that backs an object up.
    pub selection_tag: &'static str,
}

/// Facts of the platform's network and cluster that storage depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Availability zones with a private subnet each, so as many mount targets.
    pub availability_zones: u32,
    /// The tag that marks private subnets of the cluster.
    /// <https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html>
    pub private_subnet_tag: &'static str,
    /// The value of that tag.
    pub private_subnet_tag_value: &'static str,
    /// NFS. The platform's own cluster security group opens 443 only, so this must be checked.
    /// <https://docs.aws.amazon.com/efs/latest/ug/network-access.html>
    pub nfs_port: u16,
    /// Valkey; the same check.
    pub cache_port: u16,
    /// The platform's cluster answers inside its network only: manifests are outputs, and nothing
    /// here calls the Kubernetes API.
    pub cluster_private_endpoint_only: bool,
    /// The add-on without which no Pod Identity association works.
    pub pod_identity_agent_addon: &'static str,
}

/// Encryption of every service.
pub const ENCRYPTION: Encryption = Encryption {
    ebs_key: "alias/aws/ebs",
    efs_key: "alias/aws/elasticfilesystem",
    s3_algorithm: super::OBSERVABILITY.sse_algorithm,
    cache_at_rest: super::CACHE.at_rest_encryption_enabled,
    cache_in_transit: super::CACHE.transit_encryption_enabled,
    efs_in_transit: super::SHARED_STORAGE.enforce_encryption_in_transit,
    s3_in_transit: super::OBSERVABILITY.enforce_tls,
};

/// Data classification.
pub const CLASSIFICATION: Classification = Classification {
    levels: &DataClassification::ALL,
    default_level: DataClassification::Internal,
    encryption_from: DataClassification::Confidential,
    customer_key_from: DataClassification::Restricted,
};

/// Backup.
pub const BACKUP: Backup =
    Backup { schedule: "cron(0 5 ? * * *)", delete_after_days: 35, selection_tag: tags::BACKUP };

/// The network.
pub const NETWORK: Network = Network {
    availability_zones: 3,
    private_subnet_tag: "kubernetes.io/role/internal-elb",
    private_subnet_tag_value: "1",
    nfs_port: 2_049,
    cache_port: super::CACHE.port,
    cluster_private_endpoint_only: true,
    pod_identity_agent_addon: "eks-pod-identity-agent",
};
