//! What a volume asks of AWS.

use crate::platform::permissions::Grant;

/// All of it.
pub const PERMISSIONS: &[Grant] = &[
    Grant {
        when: "",
        calls: &[
            "ec2:CreateTags",
            "ec2:CreateVolume",
            "ec2:DeleteTags",
            "ec2:DeleteVolume",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeVolumes",
            "ec2:DescribeVolumesModifications",
            "ec2:GetEbsEncryptionByDefault",
            "ec2:ModifyVolume",
        ],
        also: &[],
    },
    Grant {
        when: "with `final_snapshot`",
        calls: &["ec2:CreateSnapshot", "ec2:DescribeSnapshots"],
        also: &[],
    },
    Grant {
        when: "with `cluster_name`",
        calls: &["ec2:DescribeSubnets", "eks:DescribeCluster"],
        also: &[],
    },
    Grant {
        when: "with `kms_key_arn`",
        calls: &[],
        also: &[
            "kms:CreateGrant",
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ],
    },
];
