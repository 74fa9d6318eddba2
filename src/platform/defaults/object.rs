//! Defaults of `officeless_application_bucket`.

use serde::Serialize;

use super::Timeouts;

/// A bucket of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ApplicationBucket {
    /// As for the observability buckets.
    pub bucket_namespace: &'static str,
    /// Platform document: versioning is for critical buckets, and not every bucket is one.
    pub critical: bool,
    /// Platform document: versioning of critical buckets.
    pub versioning_when_critical: &'static str,
    /// Versioning of every other bucket; once enabled it can only be suspended.
    pub versioning_otherwise: &'static str,
    /// Platform document: SSE-S3 or SSE-KMS; the one without a key to pay for.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html>
    pub sse_algorithm: &'static str,
    /// With a KMS key, one call to KMS for many objects instead of one each.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html>
    pub bucket_key_enabled: bool,
    /// Keys that travel with each request cannot be audited.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html>
    pub blocked_encryption_types: &'static [&'static str],
    /// No access control lists: policies alone decide.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
    pub object_ownership: &'static str,
    /// All four settings of the public access block.
    pub block_public_access: bool,
    /// Platform document: HTTPS for S3.
    pub enforce_tls: bool,
    /// A week is longer than any upload that is still alive.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html>
    pub abort_incomplete_multipart_upload_days: u32,
    /// Small objects stay where they are: a transition would cost more than it saves.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html>
    pub transition_default_minimum_object_size: &'static str,
    /// Emptying a bucket must be asked for.
    pub force_destroy: bool,
    /// As for the observability buckets.
    pub timeouts: Timeouts,
}

/// The defaults of `officeless_application_bucket`.
pub const APPLICATION_BUCKET: ApplicationBucket = ApplicationBucket {
    bucket_namespace: "global",
    critical: false,
    versioning_when_critical: "Enabled",
    versioning_otherwise: "Disabled",
    sse_algorithm: "AES256",
    bucket_key_enabled: true,
    blocked_encryption_types: &["SSE-C"],
    object_ownership: "BucketOwnerEnforced",
    block_public_access: true,
    enforce_tls: true,
    abort_incomplete_multipart_upload_days: 7,
    transition_default_minimum_object_size: "all_storage_classes_128K",
    force_destroy: false,
    timeouts: Timeouts { create: "20m", update: "20m", delete: "60m" },
};
