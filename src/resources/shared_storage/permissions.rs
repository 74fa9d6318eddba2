//! What shared storage asks of AWS.

use crate::platform::permissions::Grant;
use crate::resources::workload_access::permissions::{association, inline_policies, role};

/// All of it.
pub const PERMISSIONS: &[Grant] = &[
    Grant {
        when: "",
        calls: &[
            "ec2:DescribeSecurityGroupRules",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "elasticfilesystem:CreateFileSystem",
            "elasticfilesystem:CreateMountTarget",
            "elasticfilesystem:DeleteFileSystem",
            "elasticfilesystem:DeleteMountTarget",
            "elasticfilesystem:DescribeAccessPoints",
            "elasticfilesystem:DescribeBackupPolicy",
            "elasticfilesystem:DescribeFileSystemPolicy",
            "elasticfilesystem:DescribeFileSystems",
            "elasticfilesystem:DescribeLifecycleConfiguration",
            "elasticfilesystem:DescribeMountTargetSecurityGroups",
            "elasticfilesystem:DescribeMountTargets",
            "elasticfilesystem:DescribeReplicationConfigurations",
            "elasticfilesystem:ModifyMountTargetSecurityGroups",
            "elasticfilesystem:PutBackupPolicy",
            "elasticfilesystem:PutFileSystemPolicy",
            "elasticfilesystem:PutLifecycleConfiguration",
            "elasticfilesystem:TagResource",
            "elasticfilesystem:UntagResource",
            "elasticfilesystem:UpdateFileSystem",
            "elasticfilesystem:UpdateFileSystemProtection",
        ],
        // A mount target is a network interface, made in the caller's name.
        also: &[
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaceAttribute",
            "ec2:DescribeNetworkInterfaces",
            "ec2:ModifyNetworkInterfaceAttribute",
            "iam:CreateServiceLinkedRole",
        ],
    },
    Grant { when: "with `cluster_name`", calls: &["eks:DescribeCluster"], also: &[] },
    Grant {
        when: "with `access_points`",
        calls: &["elasticfilesystem:CreateAccessPoint", "elasticfilesystem:DeleteAccessPoint"],
        also: &[],
    },
    Grant {
        when: "with `create_security_group`",
        calls: &[
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteTags",
            "ec2:RevokeSecurityGroupIngress",
        ],
        also: &[],
    },
    Grant {
        when: "with `replication`",
        calls: &[
            "elasticfilesystem:CreateReplicationConfiguration",
            "elasticfilesystem:DeleteReplicationConfiguration",
        ],
        also: &[],
    },
    role("with `csi_pod_identity`"),
    inline_policies("with `csi_pod_identity`"),
    association("with `csi_pod_identity`"),
    Grant {
        when: "with `kms_key_arn`",
        calls: &[],
        also: &["kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"],
    },
];
