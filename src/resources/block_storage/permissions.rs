//! What block storage asks of AWS.

use crate::platform::permissions::Grant;
use crate::resources::workload_access::permissions::{inline_policies, managed_policies, role};

/// All of it.
pub const PERMISSIONS: &[Grant] = &[
    Grant {
        when: "",
        calls: &[
            "eks:CreateAddon",
            "eks:DeleteAddon",
            "eks:DescribeAddon",
            "eks:DescribeAddonVersions",
            "eks:DescribeCluster",
            "eks:DescribePodIdentityAssociation",
            "eks:ListPodIdentityAssociations",
            "eks:TagResource",
            "eks:UntagResource",
            "eks:UpdateAddon",
        ],
        // The association lives in the add-on; EKS makes it in the caller's name.
        also: &[
            "eks:CreatePodIdentityAssociation",
            "eks:DeletePodIdentityAssociation",
            "eks:UpdatePodIdentityAssociation",
            "iam:PassRole",
        ],
    },
    Grant {
        when: "with `configuration_values`",
        calls: &["eks:DescribeAddonConfiguration"],
        also: &[],
    },
    role("without `role_arn`"),
    inline_policies("without `role_arn`"),
    managed_policies("without `role_arn`"),
];
