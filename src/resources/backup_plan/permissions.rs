//! What a backup plan asks of AWS.

use crate::platform::permissions::Grant;
use crate::resources::workload_access::permissions::{managed_policies, role};

/// All of it.
pub const PERMISSIONS: &[Grant] = &[
    Grant {
        when: "",
        calls: &[
            "backup:CreateBackupPlan",
            "backup:CreateBackupSelection",
            "backup:CreateBackupVault",
            "backup:DeleteBackupPlan",
            "backup:DeleteBackupSelection",
            "backup:DeleteBackupVault",
            "backup:DescribeBackupVault",
            "backup:GetBackupPlan",
            "backup:GetBackupSelection",
            "backup:ListBackupPlans",
            "backup:ListBackupSelections",
            "backup:ListRecoveryPointsByBackupVault",
            "backup:ListTags",
            "backup:TagResource",
            "backup:UntagResource",
            "backup:UpdateBackupPlan",
        ],
        // A vault is storage of a service behind AWS Backup, with grants on its key.
        also: &[
            "backup-storage:MountCapsule",
            "iam:CreateServiceLinkedRole",
            "iam:PassRole",
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "kms:RetireGrant",
        ],
    },
    role("without `role_arn`"),
    managed_policies("without `role_arn`"),
    Grant {
        when: "with `resources`",
        calls: &["elasticfilesystem:DescribeBackupPolicy"],
        also: &[],
    },
    Grant {
        when: "with `include_s3`",
        calls: &["backup:DescribeRegionSettings", "s3:GetBucketVersioning"],
        also: &[],
    },
    Grant {
        when: "with `manage_region_settings`",
        calls: &["backup:UpdateRegionSettings"],
        also: &[],
    },
    Grant {
        when: "with `vault_lock`",
        calls: &[
            "backup:DeleteBackupVaultLockConfiguration",
            "backup:PutBackupVaultLockConfiguration",
        ],
        also: &[],
    },
    Grant { when: "with `force_destroy`", calls: &["backup:DeleteRecoveryPoint"], also: &[] },
];
