//! Settings of a bucket: public access block, ownership, encryption, versioning, policy, logging.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    BlockedEncryptionTypes, BucketLoggingStatus, BucketVersioningStatus, EncryptionType,
    LoggingEnabled, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};

use super::{Bucket, failed, unbuildable, unless_absent};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error};

/// What is refused to the public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "AWS has these four switches")]
pub struct PublicAccessBlock {
    /// Refuse new public access lists.
    pub block_public_acls: bool,
    /// Ignore existing public access lists.
    pub ignore_public_acls: bool,
    /// Refuse new public policies.
    pub block_public_policy: bool,
    /// Let only AWS services and the account in through a public policy.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Access lists blocked, policies free to let the public in.
    pub const LISTS_ONLY: Self =
        Self { block_public_policy: false, restrict_public_buckets: false, ..Self::ALL };

    /// Everything blocked.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// How new objects are encrypted unless the writer says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub sse_algorithm: String,
    /// Key for the two with KMS; AWS's own key for S3 if absent.
    pub kms_key_id: Option<String>,
    /// One data key per bucket for a while, which saves calls to KMS.
    pub bucket_key_enabled: bool,
    /// What writers may not use, as in `SSE-C`. Left as it is where this is absent.
    pub blocked_types: Option<BTreeSet<String>>,
}

/// Where access logs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// The bucket.
    pub target_bucket: String,
    /// What their keys begin with.
    pub target_prefix: String,
}

/// The public access block. IAM: s3:GetBucketPublicAccessBlock
pub async fn find_public_access_block(
    clients: &Clients,
    bucket: Bucket<'_>,
) -> Result<Option<PublicAccessBlock>, Error> {
    let request = clients
        .s3()
        .get_public_access_block()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetPublicAccessBlock"));
    let answer = unless_absent(result, "NoSuchPublicAccessBlockConfiguration")?;
    let block = answer.and_then(|answer| answer.public_access_block_configuration);
    Ok(block.map(|block| PublicAccessBlock {
        block_public_acls: block.block_public_acls.unwrap_or(false),
        ignore_public_acls: block.ignore_public_acls.unwrap_or(false),
        block_public_policy: block.block_public_policy.unwrap_or(false),
        restrict_public_buckets: block.restrict_public_buckets.unwrap_or(false),
    }))
}

/// Object ownership, as in `BucketOwnerEnforced`. IAM: s3:GetBucketOwnershipControls
pub async fn find_ownership(
    clients: &Clients,
    bucket: Bucket<'_>,
) -> Result<Option<String>, Error> {
    let request = clients
        .s3()
        .get_bucket_ownership_controls()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetBucketOwnershipControls"));
    let answer = unless_absent(result, "OwnershipControlsNotFoundError")?;
    let rule = answer
        .and_then(|answer| answer.ownership_controls)
        .and_then(|controls| controls.rules.into_iter().next());
    Ok(rule.map(|rule| rule.object_ownership.as_str().to_owned()))
}

/// The default encryption. IAM: s3:GetEncryptionConfiguration
pub async fn find_encryption(
    clients: &Clients,
    bucket: Bucket<'_>,
) -> Result<Option<Encryption>, Error> {
    let request = clients
        .s3()
        .get_bucket_encryption()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetBucketEncryption"));
    let answer = unless_absent(result, "ServerSideEncryptionConfigurationNotFoundError")?;
    let rule = answer
        .and_then(|answer| answer.server_side_encryption_configuration)
        .and_then(|configuration| configuration.rules.into_iter().next());
    Ok(rule.and_then(|rule| {
        let default = rule.apply_server_side_encryption_by_default?;
        Some(Encryption {
            sse_algorithm: default.sse_algorithm.as_str().to_owned(),
            kms_key_id: default.kms_master_key_id.filter(|id| !id.is_empty()),
            bucket_key_enabled: rule.bucket_key_enabled.unwrap_or(false),
            blocked_types: Some(read_blocked(rule.blocked_encryption_types)),
        })
    }))
}

/// `NONE` is how AWS writes an empty list.
const NOTHING_BLOCKED: &str = "NONE";

fn read_blocked(blocked: Option<BlockedEncryptionTypes>) -> BTreeSet<String> {
    let types = blocked.and_then(|blocked| blocked.encryption_type).unwrap_or_default();
    types
        .into_iter()
        .map(|kind| kind.as_str().to_owned())
        .filter(|kind| kind != NOTHING_BLOCKED)
        .collect()
}

fn write_blocked(blocked: &BTreeSet<String>) -> BlockedEncryptionTypes {
    let mut builder = BlockedEncryptionTypes::builder();
    if blocked.is_empty() {
        builder = builder.encryption_type(EncryptionType::from(NOTHING_BLOCKED));
    }
    for kind in blocked {
        builder = builder.encryption_type(EncryptionType::from(kind.as_str()));
    }
    builder.build()
}

/// `Enabled` or `Suspended`; `None` if versioning was never enabled.
/// IAM: s3:GetBucketVersioning
pub async fn find_versioning(
    clients: &Clients,
    bucket: Bucket<'_>,
) -> Result<Option<String>, Error> {
    let request = clients
        .s3()
        .get_bucket_versioning()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let answer = request.send().await.map_err(failed("GetBucketVersioning"))?;
    Ok(answer.status.map(|status| status.as_str().to_owned()))
}

/// The policy document, JSON. IAM: s3:GetBucketPolicy
pub async fn find_policy(clients: &Clients, bucket: Bucket<'_>) -> Result<Option<String>, Error> {
    let request = clients
        .s3()
        .get_bucket_policy()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetBucketPolicy"));
    Ok(unless_absent(result, "NoSuchBucketPolicy")?.and_then(|answer| answer.policy))
}

/// Where access logs go; `None` if nowhere. IAM: s3:GetBucketLogging
pub async fn find_logging(clients: &Clients, bucket: Bucket<'_>) -> Result<Option<Logging>, Error> {
    let request = clients
        .s3()
        .get_bucket_logging()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let answer = request.send().await.map_err(failed("GetBucketLogging"))?;
    Ok(answer.logging_enabled.map(|logging| Logging {
        target_bucket: logging.target_bucket,
        target_prefix: logging.target_prefix,
    }))
}

/// Sets the public access block. IAM: s3:PutBucketPublicAccessBlock
pub async fn put_public_access_block(
    clients: &Clients,
    bucket: Bucket<'_>,
    block: PublicAccessBlock,
) -> Result<(), Error> {
    let configuration = PublicAccessBlockConfiguration::builder()
        .block_public_acls(block.block_public_acls)
        .ignore_public_acls(block.ignore_public_acls)
        .block_public_policy(block.block_public_policy)
        .restrict_public_buckets(block.restrict_public_buckets)
        .build();
    clients
        .s3()
        .put_public_access_block()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .public_access_block_configuration(configuration)
        .send()
        .await
        .map_err(failed("PutPublicAccessBlock"))?;
    Ok(())
}

/// Sets object ownership, as in `BucketOwnerEnforced`. IAM: s3:PutBucketOwnershipControls
pub async fn put_ownership(
    clients: &Clients,
    bucket: Bucket<'_>,
    ownership: &str,
) -> Result<(), Error> {
    const OPERATION: &str = "PutBucketOwnershipControls";
    let rule = OwnershipControlsRule::builder().object_ownership(ownership.into()).build();
    let controls =
        OwnershipControls::builder().rules(rule.map_err(unbuildable(OPERATION))?).build();
    clients
        .s3()
        .put_bucket_ownership_controls()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .ownership_controls(controls.map_err(unbuildable(OPERATION))?)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

/// Sets the default encryption; existing objects keep theirs. IAM: s3:PutEncryptionConfiguration
pub async fn put_encryption(
    clients: &Clients,
    bucket: Bucket<'_>,
    encryption: &Encryption,
) -> Result<(), Error> {
    const OPERATION: &str = "PutBucketEncryption";
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(encryption.sse_algorithm.as_str().into())
        .set_kms_master_key_id(encryption.kms_key_id.clone())
        .build()
        .map_err(unbuildable(OPERATION))?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(encryption.bucket_key_enabled)
        .set_blocked_encryption_types(encryption.blocked_types.as_ref().map(write_blocked))
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder().rules(rule).build();
    clients
        .s3()
        .put_bucket_encryption()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .server_side_encryption_configuration(configuration.map_err(unbuildable(OPERATION))?)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

/// Enables or suspends versioning; it can never be switched off again. AWS advises to wait 15
/// minutes after first enabling before relying on it. IAM: s3:PutBucketVersioning
pub async fn put_versioning(
    clients: &Clients,
    bucket: Bucket<'_>,
    enabled: bool,
) -> Result<(), Error> {
    let status =
        if enabled { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
    clients
        .s3()
        .put_bucket_versioning()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .versioning_configuration(VersioningConfiguration::builder().status(status).build())
        .send()
        .await
        .map_err(failed("PutBucketVersioning"))?;
    Ok(())
}

/// Replaces the policy. IAM: s3:PutBucketPolicy
pub async fn put_policy(clients: &Clients, bucket: Bucket<'_>, policy: &str) -> Result<(), Error> {
    clients
        .s3()
        .put_bucket_policy()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .policy(policy)
        .send()
        .await
        .map_err(failed("PutBucketPolicy"))?;
    Ok(())
}

/// Sets where access logs go, or stops them. IAM: s3:PutBucketLogging
pub async fn put_logging(
    clients: &Clients,
    bucket: Bucket<'_>,
    logging: Option<&Logging>,
) -> Result<(), Error> {
    const OPERATION: &str = "PutBucketLogging";
    let mut status = BucketLoggingStatus::builder();
    if let Some(logging) = logging {
        let enabled = LoggingEnabled::builder()
            .target_bucket(&logging.target_bucket)
            .target_prefix(&logging.target_prefix)
            .build();
        status = status.logging_enabled(enabled.map_err(unbuildable(OPERATION))?);
    }
    clients
        .s3()
        .put_bucket_logging()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .bucket_logging_status(status.build())
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

/// Deletes the policy. IAM: s3:DeleteBucketPolicy
pub async fn delete_policy(clients: &Clients, bucket: Bucket<'_>) -> Result<(), Error> {
    let request = clients
        .s3()
        .delete_bucket_policy()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    error::gone(request.send().await.map_err(failed("DeleteBucketPolicy")))
}
