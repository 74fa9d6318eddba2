//! `ElastiCache`: [`replication_groups`] and how they are [changed](modify), their [`members`],
//! [`subnet_groups`], [`parameter_groups`], [`users`], and what AWS [offers](catalogue).
//!
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/Welcome.html>

pub mod catalogue;
pub mod members;
pub mod modify;
pub mod parameter_groups;
pub mod replication_groups;
pub mod subnet_groups;
pub mod users;

use aws_sdk_elasticache::types::{SourceType, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::{self, Error, Kind, Service};
use super::tags::{self, TagChanges, Tags};

/// Lists the tags of an object. AWS refuses while a replication group is not available.
/// IAM: elasticache:ListTagsForResource
pub async fn list_tags(clients: &Clients, arn: &str) -> Result<Tags, Error> {
    let request = clients.elasticache().list_tags_for_resource().resource_name(arn);
    let answer = request.send().await.map_err(failed("ListTagsForResource"))?;
    Ok(read_tags(answer.tag_list))
}

/// Makes the calls of `changes` to the tags of an object, none if there are none.
/// IAM: elasticache:AddTagsToResource, elasticache:RemoveTagsFromResource
pub async fn change_tags(clients: &Clients, arn: &str, changes: &TagChanges) -> Result<(), Error> {
    if !changes.set.is_empty() {
        let tags = write_tags(&changes.set);
        let request = clients.elasticache().add_tags_to_resource().resource_name(arn);
        request.set_tags(tags).send().await.map_err(failed("AddTagsToResource"))?;
    }
    if !changes.remove.is_empty() {
        clients
            .elasticache()
            .remove_tags_from_resource()
            .resource_name(arn)
            .set_tag_keys(Some(changes.remove.clone()))
            .send()
            .await
            .map_err(failed("RemoveTagsFromResource"))?;
    }
    Ok(())
}

/// What happened to a replication group of late, newest first: the only place where AWS says why
/// a creation failed. IAM: elasticache:DescribeEvents
pub async fn list_events(clients: &Clients, id: &str) -> Result<Vec<String>, Error> {
    let answer = clients
        .elasticache()
        .describe_events()
        .source_type(SourceType::ReplicationGroup)
        .source_identifier(id)
        // Minutes: a day.
        .duration(1_440)
        .send()
        .await
        .map_err(failed("DescribeEvents"))?;
    let mut events = answer.events.unwrap_or_default();
    events.sort_by_key(|event| std::cmp::Reverse(event.date));
    Ok(events.into_iter().filter_map(|event| event.message).collect())
}

fn read_tags(tags: Option<Vec<Tag>>) -> Tags {
    tags::collect(
        tags.unwrap_or_default()
            .into_iter()
            .filter_map(|tag| tag.key.map(|key| (key, tag.value.unwrap_or_default()))),
    )
}

fn write_tags(tags: &Tags) -> Option<Vec<Tag>> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    (!tags.is_empty()).then(|| tags.iter().map(tag).collect())
}

/// The marker of the next page, when there is one and the endpoint does not go in circles.
fn next_page(answered: Option<String>, asked: Option<&String>) -> Option<String> {
    error::non_empty(answered).filter(|next| asked != Some(next))
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::ElastiCache, operation, CODES)
}

/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Operations.html>,
/// "Errors" of each operation.
const CODES: &[(&str, Kind)] = &[
    ("CacheClusterNotFound", Kind::NotFound),
    ("CacheParameterGroupNotFound", Kind::NotFound),
    ("CacheSubnetGroupNotFoundFault", Kind::NotFound),
    ("ReplicationGroupNotFoundFault", Kind::NotFound),
    ("UserGroupNotFound", Kind::NotFound),
    ("UserNotFound", Kind::NotFound),
    ("CacheParameterGroupAlreadyExists", Kind::Conflict),
    ("CacheSubnetGroupAlreadyExists", Kind::Conflict),
    ("CacheSubnetGroupInUse", Kind::Conflict),
    ("DefaultUserAssociatedToUserGroup", Kind::Conflict),
    ("DuplicateUserName", Kind::Conflict),
    ("InvalidCacheClusterState", Kind::Conflict),
    ("InvalidCacheParameterGroupState", Kind::Conflict),
    ("InvalidReplicationGroupState", Kind::Conflict),
    ("InvalidUserGroupState", Kind::Conflict),
    ("InvalidUserState", Kind::Conflict),
    ("ReplicationGroupAlreadyExists", Kind::Conflict),
    ("SnapshotAlreadyExistsFault", Kind::Conflict),
    ("SubnetInUse", Kind::Conflict),
    ("UserAlreadyExists", Kind::Conflict),
    ("UserGroupAlreadyExists", Kind::Conflict),
    ("APICallRateForCustomerExceeded", Kind::Throttled),
    ("CacheParameterGroupQuotaExceeded", Kind::Quota),
    ("CacheSubnetGroupQuotaExceeded", Kind::Quota),
    ("CacheSubnetQuotaExceededFault", Kind::Quota),
    ("ClusterQuotaForCustomerExceeded", Kind::Quota),
    ("InsufficientCacheClusterCapacity", Kind::Quota),
    ("NodeGroupsPerReplicationGroupQuotaExceeded", Kind::Quota),
    ("NodeQuotaForClusterExceeded", Kind::Quota),
    ("NodeQuotaForCustomerExceeded", Kind::Quota),
    ("SnapshotQuotaExceededFault", Kind::Quota),
    ("TagQuotaPerResourceExceeded", Kind::Quota),
    ("UserGroupQuotaExceeded", Kind::Quota),
    ("UserQuotaExceeded", Kind::Quota),
    ("DefaultUserRequired", Kind::Invalid),
    ("InvalidARN", Kind::Invalid),
    ("InvalidKMSKeyFault", Kind::Invalid),
    ("InvalidSubnet", Kind::Invalid),
    ("InvalidVPCNetworkStateFault", Kind::Invalid),
    ("SnapshotFeatureNotSupportedFault", Kind::Invalid),
    // Named by the request but not what the request is about, hence not NotFound.
    ("SnapshotNotFoundFault", Kind::Invalid),
    ("SubnetNotAllowedFault", Kind::Invalid),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_told_from_what_is_busy_and_what_is_full() {
        let kind = |code| CODES.iter().find(|(listed, _)| *listed == code).map(|(_, kind)| *kind);
        assert_eq!(kind("ReplicationGroupNotFoundFault"), Some(Kind::NotFound));
        assert_eq!(kind("CacheSubnetGroupNotFoundFault"), Some(Kind::NotFound));
        assert_eq!(kind("InvalidReplicationGroupState"), Some(Kind::Conflict));
        assert_eq!(kind("InsufficientCacheClusterCapacity"), Some(Kind::Quota));
        assert_eq!(kind("SnapshotNotFoundFault"), Some(Kind::Invalid));
    }

    #[test]
    fn pages_do_not_go_in_circles() {
        let marker = |text: &str| Some(text.to_owned());
        assert_eq!(next_page(marker("b"), marker("a").as_ref()), marker("b"));
        assert_eq!(next_page(marker("a"), marker("a").as_ref()), None);
        assert_eq!(next_page(marker(""), None), None);
    }
}
