//! What the role of a workload and its association ask of AWS.

use crate::platform::permissions::Grant;

/// A role with its trust and its tags.
pub const fn role(when: &'static str) -> Grant {
    Grant {
        when,
        calls: &[
            "iam:CreateRole",
            "iam:DeleteRole",
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
        ],
        also: &["iam:PassRole"],
    }
}

/// Inline policies of a role.
pub const fn inline_policies(when: &'static str) -> Grant {
    Grant {
        when,
        calls: &["iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"],
        also: &[],
    }
}

/// Managed policies on a role.
pub const fn managed_policies(when: &'static str) -> Grant {
    Grant { when, calls: &["iam:AttachRolePolicy", "iam:DetachRolePolicy"], also: &[] }
}

/// The association that hands a role to a service account.
pub const fn association(when: &'static str) -> Grant {
    Grant {
        when,
        calls: &[
            "eks:CreatePodIdentityAssociation",
            "eks:DeletePodIdentityAssociation",
            "eks:DescribePodIdentityAssociation",
            "eks:ListPodIdentityAssociations",
            "eks:TagResource",
            "eks:UntagResource",
            "eks:UpdatePodIdentityAssociation",
        ],
        also: &["iam:PassRole"],
    }
}
