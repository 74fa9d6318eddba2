//! What an application bucket asks of AWS.

use crate::platform::permissions::Grant;
use crate::resources::bucket::permissions::{BUCKET, EMPTYING};
use crate::resources::workload_access::permissions::{association, inline_policies, role};

/// All of it.
pub const PERMISSIONS: &[Grant] = &[
    BUCKET,
    Grant {
        when: "",
        calls: &[
            "s3:DeleteBucketCors",
            "s3:DeleteBucketReplication",
            "s3:GetBucketCors",
            "s3:GetBucketNotificationConfiguration",
            "s3:GetBucketReplication",
            "s3:GetObjectLockConfiguration",
            "s3:PutBucketCors",
            "s3:PutBucketNotificationConfiguration",
        ],
        also: &[],
    },
    Grant { when: "with `object_lock`", calls: &["s3:PutObjectLockConfiguration"], also: &[] },
    Grant { when: "with `replication`", calls: &["s3:PutBucketReplication"], also: &[] },
    role("with `access` or `replication`"),
    inline_policies("with `access` or `replication`"),
    association("with `access`"),
    EMPTYING,
    Grant {
        when: "with `force_destroy` and `object_lock`",
        calls: &["s3:GetObjectRetention"],
        also: &[],
    },
    Grant {
        when: "with `bypass_governance_retention`",
        calls: &[],
        also: &["s3:BypassGovernanceRetention"],
    },
];
