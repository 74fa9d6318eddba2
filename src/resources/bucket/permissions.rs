//! What one bucket asks of AWS.

use crate::platform::permissions::Grant;

/// A bucket with the settings that each has.
pub const BUCKET: Grant = Grant {
    when: "",
    calls: &[
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:DeleteBucketLifecycle",
        "s3:DeleteBucketPolicy",
        "s3:GetBucketEncryption",
        "s3:GetBucketLifecycleConfiguration",
        "s3:GetBucketLogging",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetPublicAccessBlock",
        "s3:HeadBucket",
        "s3:PutBucketEncryption",
        "s3:PutBucketLifecycleConfiguration",
        "s3:PutBucketLogging",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPolicy",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "s3:PutPublicAccessBlock",
    ],
    also: &["s3:TagResource"],
};

/// Emptying it before it is deleted.
pub const EMPTYING: Grant = Grant {
    when: "with `force_destroy`",
    calls: &[
        "s3:AbortMultipartUpload",
        "s3:DeleteObjects",
        "s3:ListMultipartUploads",
        "s3:ListObjectVersions",
    ],
    also: &[],
};
