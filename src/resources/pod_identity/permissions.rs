//! What a pod identity asks of AWS.

use crate::platform::permissions::Grant;
use crate::resources::workload_access::permissions::{
    association, inline_policies, managed_policies, role,
};

/// All of it.
pub const PERMISSIONS: &[Grant] = &[
    association(""),
    Grant { when: "", calls: &["eks:DescribeAddon", "eks:DescribeCluster"], also: &[] },
    role("without `role_arn`"),
    inline_policies("without `role_arn`"),
    managed_policies("with `policy_arns`"),
    Grant { when: "with `max_session_duration`", calls: &["iam:UpdateRole"], also: &[] },
    Grant {
        when: "with `permissions_boundary_arn`",
        calls: &["iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"],
        also: &[],
    },
];
