//! Copying new objects into another bucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html>

use aws_sdk_s3::types::{
    DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination, EncryptionConfiguration,
    ReplicationConfiguration, ReplicationRule as SdkRule, ReplicationRuleFilter,
    ReplicationRuleStatus, SourceSelectionCriteria, SseKmsEncryptedObjects,
    SseKmsEncryptedObjectsStatus,
};

use super::{Bucket, failed, unbuildable, unless_absent};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error};

/// Replication of a whole bucket into one other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replication {
    /// The role S3 assumes.
    pub role_arn: String,
    /// Where copies go.
    pub destination_bucket_arn: String,
    /// Key of the copies; objects encrypted with KMS are copied only if there is one.
    pub destination_kms_key_arn: Option<String>,
    /// Storage class of the copies; that of the original if absent.
    pub storage_class: Option<String>,
    /// Whether delete markers are copied.
    pub delete_markers: bool,
    /// What of the configuration found is none of the above, in words; never written.
    pub otherwise: Option<String>,
}

/// The id of the one rule.
const RULE: &str = "officeless-replication";

/// The replication; `None` if there is none. IAM: s3:GetReplicationConfiguration
pub async fn find_replication(
    clients: &Clients,
    bucket: Bucket<'_>,
) -> Result<Option<Replication>, Error> {
    let request = clients
        .s3()
        .get_bucket_replication()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    let result = request.send().await.map_err(failed("GetBucketReplication"));
    let answer = unless_absent(result, "ReplicationConfigurationNotFoundError")?;
    Ok(answer.and_then(|answer| answer.replication_configuration).map(read))
}

fn read(configuration: ReplicationConfiguration) -> Replication {
    let count = configuration.rules.len();
    let mut found = Replication { role_arn: configuration.role, ..Replication::default() };
    let Some(rule) = configuration.rules.into_iter().next() else { return found };
    found.otherwise = otherwise(count, &rule);
    found.delete_markers = rule
        .delete_marker_replication
        .and_then(|markers| markers.status)
        .is_some_and(|status| status == DeleteMarkerReplicationStatus::Enabled);
    if let Some(destination) = rule.destination {
        found.destination_bucket_arn = destination.bucket;
        found.storage_class = destination.storage_class.map(|class| class.as_str().to_owned());
        found.destination_kms_key_arn =
            destination.encryption_configuration.and_then(|key| key.replica_kms_key_id);
    }
    found
}

/// What a rule does that this provider never asks for.
fn otherwise(count: usize, rule: &SdkRule) -> Option<String> {
    #[allow(deprecated, reason = "rules of the first version have their prefix there")]
    let old_prefix = rule.prefix.as_ref();
    let partial = match &rule.filter {
        Some(filter) => {
            filter.tag.is_some()
                || filter.and.is_some()
                || filter.prefix.as_ref().is_some_and(|prefix| !prefix.is_empty())
        }
        None => old_prefix.is_some_and(|prefix| !prefix.is_empty()),
    };
    let destination = rule.destination.as_ref();
    let modifications = rule
        .source_selection_criteria
        .as_ref()
        .is_some_and(|criteria| criteria.replica_modifications.is_some());
    let extras = modifications
        || destination.is_some_and(|destination| {
            destination.access_control_translation.is_some()
                || destination.replication_time.is_some()
                || destination.metrics.is_some()
        });
    if count > 1 {
        return Some(format!("it has {count} rules"));
    }
    let (disabled, some) = (rule.status != ReplicationRuleStatus::Enabled, partial);
    match (disabled, some, extras) {
        (true, ..) => Some("its rule is disabled".to_owned()),
        (_, true, _) => Some("its rule is for some of the objects only".to_owned()),
        (.., true) => Some("its rule has options that were not asked for".to_owned()),
        _ => None,
    }
}

/// Replaces the replication. `InvalidRequest`: versioning is not enabled on both ends.
/// IAM: s3:PutReplicationConfiguration, iam:PassRole
pub async fn put_replication(
    clients: &Clients,
    bucket: Bucket<'_>,
    replication: &Replication,
) -> Result<(), Error> {
    const OPERATION: &str = "PutBucketReplication";
    let key = replication.destination_kms_key_arn.as_ref();
    let destination = Destination::builder()
        .bucket(&replication.destination_bucket_arn)
        .set_storage_class(replication.storage_class.as_deref().map(Into::into))
        .set_encryption_configuration(
            key.map(|key| EncryptionConfiguration::builder().replica_kms_key_id(key).build()),
        )
        .build()
        .map_err(unbuildable(OPERATION))?;
    let markers = if replication.delete_markers {
        DeleteMarkerReplicationStatus::Enabled
    } else {
        DeleteMarkerReplicationStatus::Disabled
    };
    let mut rule = SdkRule::builder()
        .id(RULE)
        .priority(0)
        .status(ReplicationRuleStatus::Enabled)
        .filter(ReplicationRuleFilter::builder().prefix("").build())
        .delete_marker_replication(DeleteMarkerReplication::builder().status(markers).build())
        .destination(destination);
    if key.is_some() {
        let encrypted = SseKmsEncryptedObjects::builder()
            .status(SseKmsEncryptedObjectsStatus::Enabled)
            .build()
            .map_err(unbuildable(OPERATION))?;
        let criteria =
            SourceSelectionCriteria::builder().sse_kms_encrypted_objects(encrypted).build();
        rule = rule.source_selection_criteria(criteria);
    }
    let configuration = ReplicationConfiguration::builder()
        .role(&replication.role_arn)
        .rules(rule.build().map_err(unbuildable(OPERATION))?)
        .build()
        .map_err(unbuildable(OPERATION))?;
    clients
        .s3()
        .put_bucket_replication()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner())
        .replication_configuration(configuration)
        .send()
        .await
        .map_err(failed(OPERATION))?;
    Ok(())
}

/// Ends the replication; copies stay. IAM: s3:PutReplicationConfiguration
pub async fn delete_replication(clients: &Clients, bucket: Bucket<'_>) -> Result<(), Error> {
    let request = clients
        .s3()
        .delete_bucket_replication()
        .bucket(bucket.name)
        .set_expected_bucket_owner(bucket.owner());
    error::gone(request.send().await.map_err(failed("DeleteBucketReplication")))
}
