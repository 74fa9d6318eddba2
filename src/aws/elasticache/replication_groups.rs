//! Replication groups: what they are, from creation to deletion.

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::{
    AutomaticFailoverStatus, DataTieringStatus, DestinationDetails, MultiAzStatus,
    ReplicationGroup as SdkGroup, ReplicationGroupPendingModifiedValues as SdkPending,
};
use aws_smithy_types::date_time::Format;

use super::modify::{LogDelivery, log_requests};
use super::{failed, write_tags};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service, non_empty};
use crate::aws::tags::Tags;
use crate::aws::wait::{Seen, Wait};
use crate::sensitive::Sensitive;

/// A replication group as AWS describes it. What it leaves out a [member](super::members) tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicationGroup {
    /// Id, in lower case.
    pub id: String,
    /// The ARN; AWS leaves it out of some answers.
    pub arn: Option<String>,
    /// Free text.
    pub description: String,
    /// `creating`, `available`, `modifying`, `deleting`, `create-failed` or `snapshotting`.
    pub status: String,
    /// `valkey` or `redis`.
    pub engine: Option<String>,
    /// Such as `cache.r7g.large`.
    pub node_type: Option<String>,
    /// `disabled`, `compatible` or `enabled`.
    pub cluster_mode: String,
    /// Whether it is on or turning on.
    pub automatic_failover: bool,
    /// Whether it is on.
    pub multi_az: bool,
    /// The shards.
    pub node_groups: Vec<NodeGroup>,
    /// Ids of the nodes.
    pub member_clusters: Vec<String>,
    /// Where cluster clients begin.
    pub configuration_endpoint: Option<Endpoint>,
    /// Days.
    pub snapshot_retention_limit: i32,
    /// Daily, in UTC.
    pub snapshot_window: Option<String>,
    /// Whether clients need a token.
    pub auth_token_enabled: bool,
    /// RFC 3339.
    pub auth_token_last_modified: Option<String>,
    /// Whether TLS is on.
    pub transit_encryption_enabled: bool,
    /// `preferred` or `required`.
    pub transit_encryption_mode: Option<String>,
    /// What the flag says; see `storage_encryption_type`.
    pub at_rest_encryption_enabled: bool,
    /// `none`, `sse-elasticache` or `sse-kms`.
    pub storage_encryption_type: Option<String>,
    /// The customer's key.
    pub kms_key_id: Option<String>,
    /// At most one.
    pub user_group_ids: Vec<String>,
    /// Where logs go.
    pub log_delivery: Vec<LogDelivery>,
    /// Whether data goes to disks.
    pub data_tiering: bool,
    /// Whether patches come by themselves.
    pub auto_minor_version_upgrade: Option<bool>,
    /// `ipv4`, `ipv6` or `dual_stack`.
    pub network_type: Option<String>,
    /// `ipv4` or `ipv6`.
    pub ip_discovery: Option<String>,
    /// As configured.
    pub durability: Option<String>,
    /// As it is.
    pub effective_durability: Option<String>,
    /// What is on its way, by AWS's names.
    pub pending: BTreeMap<String, String>,
}

impl ReplicationGroup {
    /// How many replicas each shard has.
    pub fn replica_counts(&self) -> Vec<usize> {
        self.node_groups.iter().map(|group| group.members.saturating_sub(1)).collect()
    }

    /// The port, as an endpoint tells it.
    pub fn port(&self) -> Option<i32> {
        let of_shards = self.node_groups.iter().filter_map(|group| group.primary_endpoint.as_ref());
        self.configuration_endpoint.iter().chain(of_shards).find_map(|endpoint| endpoint.port)
    }

    /// Whether nothing is on its way.
    pub fn is_available(&self) -> bool {
        self.status == "available"
    }
}

/// A shard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeGroup {
    /// Four digits.
    pub id: String,
    /// Where writes go, unless it is one of a cluster.
    pub primary_endpoint: Option<Endpoint>,
    /// Where reads go, unless it is one of a cluster.
    pub reader_endpoint: Option<Endpoint>,
    /// Number of nodes.
    pub members: usize,
}

/// A host and port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name.
    pub address: Option<String>,
    /// TCP port.
    pub port: Option<i32>,
}

impl From<aws_sdk_elasticache::types::Endpoint> for Endpoint {
    fn from(endpoint: aws_sdk_elasticache::types::Endpoint) -> Self {
        Self { address: non_empty(endpoint.address), port: endpoint.port }
    }
}

impl From<SdkGroup> for ReplicationGroup {
    fn from(group: SdkGroup) -> Self {
        let node_groups =
            group.node_groups.unwrap_or_default().into_iter().map(|group| NodeGroup {
                id: group.node_group_id.unwrap_or_default(),
                primary_endpoint: group.primary_endpoint.map(Endpoint::from),
                reader_endpoint: group.reader_endpoint.map(Endpoint::from),
                members: group.node_group_members.map_or(0, |members| members.len()),
            });
        let clustered = if group.cluster_enabled == Some(true) { "enabled" } else { "disabled" };
        let cluster_mode = group.cluster_mode.map(|mode| mode.as_str().to_owned());
        Self {
            id: group.replication_group_id.unwrap_or_default(),
            arn: non_empty(group.arn),
            description: group.description.unwrap_or_default(),
            status: group.status.unwrap_or_default(),
            engine: non_empty(group.engine),
            node_type: non_empty(group.cache_node_type),
            cluster_mode: non_empty(cluster_mode).unwrap_or_else(|| clustered.to_owned()),
            automatic_failover: matches!(
                group.automatic_failover,
                Some(AutomaticFailoverStatus::Enabled | AutomaticFailoverStatus::Enabling)
            ),
            multi_az: group.multi_az == Some(MultiAzStatus::Enabled),
            node_groups: node_groups.collect(),
            member_clusters: group.member_clusters.unwrap_or_default(),
            configuration_endpoint: group.configuration_endpoint.map(Endpoint::from),
            snapshot_retention_limit: group.snapshot_retention_limit.unwrap_or(0),
            snapshot_window: non_empty(group.snapshot_window),
            auth_token_enabled: group.auth_token_enabled.unwrap_or(false),
            auth_token_last_modified: group
                .auth_token_last_modified_date
                .and_then(|date| date.fmt(Format::DateTime).ok()),
            transit_encryption_enabled: group.transit_encryption_enabled.unwrap_or(false),
            transit_encryption_mode: group.transit_encryption_mode.map(|m| m.as_str().to_owned()),
            at_rest_encryption_enabled: group.at_rest_encryption_enabled.unwrap_or(false),
            storage_encryption_type: group.storage_encryption_type.map(|t| t.as_str().to_owned()),
            kms_key_id: non_empty(group.kms_key_id),
            user_group_ids: group.user_group_ids.unwrap_or_default(),
            log_delivery: group
                .log_delivery_configurations
                .unwrap_or_default()
                .into_iter()
                .filter_map(read_log)
                .collect(),
            data_tiering: group.data_tiering == Some(DataTieringStatus::Enabled),
            auto_minor_version_upgrade: group.auto_minor_version_upgrade,
            network_type: group.network_type.map(|kind| kind.as_str().to_owned()),
            ip_discovery: group.ip_discovery.map(|kind| kind.as_str().to_owned()),
            durability: group.durability.map(|kind| kind.as_str().to_owned()),
            effective_durability: group.effective_durability.map(|kind| kind.as_str().to_owned()),
            pending: group.pending_modified_values.map(read_pending).unwrap_or_default(),
        }
    }
}

fn read_log(log: aws_sdk_elasticache::types::LogDeliveryConfiguration) -> Option<LogDelivery> {
    let destination = |details: DestinationDetails| {
        let group = details.cloud_watch_logs_details.and_then(|details| details.log_group);
        let stream = details.kinesis_firehose_details.and_then(|details| details.delivery_stream);
        group.or(stream)
    };
    Some(LogDelivery {
        log_type: log.log_type?.as_str().to_owned(),
        destination_type: log.destination_type?.as_str().to_owned(),
        destination: log.destination_details.and_then(destination).unwrap_or_default(),
        format: log.log_format?.as_str().to_owned(),
        status: log.status.map(|status| status.as_str().to_owned()),
        message: non_empty(log.message),
    })
}

fn read_pending(pending: SdkPending) -> BTreeMap<String, String> {
    let SdkPending {
        primary_cluster_id,
        automatic_failover_status,
        resharding,
        auth_token_status,
        user_groups,
        transit_encryption_enabled,
        transit_encryption_mode,
        cluster_mode,
        ..
    } = pending;
    let progress = resharding
        .and_then(|resharding| resharding.slot_migration)
        .and_then(|migration| migration.progress_percentage);
    let groups = user_groups.map(|groups| {
        let added = groups.user_group_ids_to_add.unwrap_or_default().into_iter();
        let removed = groups.user_group_ids_to_remove.unwrap_or_default().into_iter();
        let signed = added.map(|id| format!("+{id}")).chain(removed.map(|id| format!("-{id}")));
        signed.collect::<Vec<_>>().join(" ")
    });
    let values = [
        ("PrimaryClusterId", primary_cluster_id),
        ("AutomaticFailoverStatus", automatic_failover_status.map(|s| s.as_str().to_owned())),
        ("Resharding", progress.map(|percent| format!("{percent}%"))),
        ("AuthTokenStatus", auth_token_status.map(|status| status.as_str().to_owned())),
        ("UserGroups", groups),
        ("TransitEncryptionEnabled", transit_encryption_enabled.map(|on| on.to_string())),
        ("TransitEncryptionMode", transit_encryption_mode.map(|mode| mode.as_str().to_owned())),
        ("ClusterMode", cluster_mode.map(|mode| mode.as_str().to_owned())),
    ];
    values
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), non_empty(value)?)))
        .collect()
}

/// What a replication group is created with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewReplicationGroup {
    /// Id.
    pub id: String,
    /// Free text.
    pub description: String,
    /// Major and minor version.
    pub engine_version: String,
    /// Such as `cache.r7g.large`.
    pub node_type: String,
    /// `disabled`, `compatible` or `enabled`.
    pub cluster_mode: String,
    /// Shards.
    pub num_node_groups: i32,
    /// Replicas of each shard.
    pub replicas_per_node_group: i32,
    /// Whether a replica takes over.
    pub automatic_failover: bool,
    /// Whether replicas stand in other zones.
    pub multi_az: bool,
    /// Where nodes may be.
    pub subnet_group_name: String,
    /// Groups of every node.
    pub security_group_ids: Vec<String>,
    /// TCP port.
    pub port: i32,
    /// AWS's default if absent.
    pub parameter_group_name: Option<String>,
    /// Encryption of disks.
    pub at_rest_encryption: bool,
    /// The customer's key.
    pub kms_key_id: Option<String>,
    /// TLS.
    pub transit_encryption: bool,
    /// `preferred` or `required`.
    pub transit_encryption_mode: Option<String>,
    /// What clients authenticate with.
    pub auth_token: Option<Sensitive>,
    /// At most one.
    pub user_group_ids: Vec<String>,
    /// Days.
    pub snapshot_retention_limit: i32,
    /// Daily, in UTC; chosen by AWS if absent.
    pub snapshot_window: Option<String>,
    /// Weekly, in UTC; chosen by AWS if absent.
    pub maintenance_window: Option<String>,
    /// Where to start from.
    pub snapshot_name: Option<String>,
    /// Where to start from.
    pub snapshot_arns: Vec<String>,
    /// Whether patches come by themselves.
    pub auto_minor_version_upgrade: bool,
    /// Where logs go.
    pub log_delivery: Vec<LogDelivery>,
    /// SNS topic.
    pub notification_topic_arn: Option<String>,
    /// Whether data goes to disks.
    pub data_tiering: bool,
    /// `ipv4`, `ipv6` or `dual_stack`.
    pub network_type: String,
    /// `ipv4` or `ipv6`.
    pub ip_discovery: String,
    /// AWS's default if absent.
    pub durability: Option<String>,
    /// Tags set by the call itself.
    pub tags: Tags,
}

/// Describes one replication group. IAM: elasticache:DescribeReplicationGroups
pub async fn find_replication_group(
    clients: &Clients,
    id: &str,
) -> Result<Option<ReplicationGroup>, Error> {
    const OPERATION: &str = "DescribeReplicationGroups";
    let request = clients.elasticache().describe_replication_groups().replication_group_id(id);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    let groups = answer.and_then(|answer| answer.replication_groups).unwrap_or_default();
    // An endpoint that ignores the id must not hand over somebody else's.
    Ok(groups.into_iter().map(ReplicationGroup::from).find(|group| group.id == id))
}

/// Creates a replication group of engine `valkey`. `ReplicationGroupAlreadyExists`: the id is taken.
/// IAM: elasticache:CreateReplicationGroup, elasticache:AddTagsToResource
pub async fn create_replication_group(
    clients: &Clients,
    new: &NewReplicationGroup,
) -> Result<ReplicationGroup, Error> {
    const OPERATION: &str = "CreateReplicationGroup";
    let list = |items: &[String]| (!items.is_empty()).then(|| items.to_vec());
    let request = clients
        .elasticache()
        .create_replication_group()
        .replication_group_id(&new.id)
        .replication_group_description(&new.description)
        .engine("valkey")
        .engine_version(&new.engine_version)
        .cache_node_type(&new.node_type)
        .automatic_failover_enabled(new.automatic_failover)
        .multi_az_enabled(new.multi_az)
        .cache_subnet_group_name(&new.subnet_group_name)
        .set_security_group_ids(list(&new.security_group_ids))
        .port(new.port)
        .set_cache_parameter_group_name(new.parameter_group_name.clone())
        .at_rest_encryption_enabled(new.at_rest_encryption)
        .set_kms_key_id(new.kms_key_id.clone())
        .transit_encryption_enabled(new.transit_encryption)
        .set_transit_encryption_mode(new.transit_encryption_mode.as_deref().map(Into::into))
        .set_auth_token(new.auth_token.as_ref().map(|token| token.expose().to_owned()))
        .set_user_group_ids(list(&new.user_group_ids))
        .snapshot_retention_limit(new.snapshot_retention_limit)
        .set_snapshot_window(new.snapshot_window.clone())
        .set_preferred_maintenance_window(new.maintenance_window.clone())
        .set_snapshot_name(new.snapshot_name.clone())
        .set_snapshot_arns(list(&new.snapshot_arns))
        .auto_minor_version_upgrade(new.auto_minor_version_upgrade)
        .set_log_delivery_configurations(log_requests(&new.log_delivery, &[]))
        .set_notification_topic_arn(new.notification_topic_arn.clone())
        .set_data_tiering_enabled(new.data_tiering.then_some(true))
        .network_type(new.network_type.as_str().into())
        .ip_discovery(new.ip_discovery.as_str().into())
        .set_durability(new.durability.as_deref().map(Into::into))
        .set_tags(write_tags(&new.tags));
    // One shard that is no cluster is counted in nodes, a cluster in shards and replicas.
    let request = if new.cluster_mode == "disabled" {
        request.num_cache_clusters(new.replicas_per_node_group + 1)
    } else {
        request
            .cluster_mode(new.cluster_mode.as_str().into())
            .num_node_groups(new.num_node_groups)
            .replicas_per_node_group(new.replicas_per_node_group)
    };
    let answer = request.send().await.map_err(failed(OPERATION))?;
    let missing = || Error::incomplete(Service::ElastiCache, OPERATION, "ReplicationGroup");
    answer.replication_group.map(ReplicationGroup::from).ok_or_else(missing)
}

/// Deletes a replication group with its nodes, after a last snapshot if one is named. Gone or going
/// already is fine. `SnapshotAlreadyExistsFault`: the name is taken.
/// IAM: elasticache:DeleteReplicationGroup, elasticache:CreateSnapshot
pub async fn delete_replication_group(
    clients: &Clients,
    id: &str,
    final_snapshot: Option<&str>,
) -> Result<(), Error> {
    let request = clients
        .elasticache()
        .delete_replication_group()
        .replication_group_id(id)
        .retain_primary_cluster(false)
        .set_final_snapshot_identifier(final_snapshot.map(str::to_owned));
    error::gone(request.send().await.map_err(failed("DeleteReplicationGroup")))
}

/// Waits until the replication group is available and `reached` finds nothing left to wait for; it
/// answers what is still missing. `what` completes the sentence "waiting for …".
/// IAM: elasticache:DescribeReplicationGroups
pub async fn wait_replication_group<F>(
    clients: &Clients,
    id: &str,
    what: &str,
    wait: &Wait,
    reached: F,
) -> Result<ReplicationGroup, Error>
where
    F: Fn(&ReplicationGroup) -> Option<String>,
{
    wait.until(Service::ElastiCache, "DescribeReplicationGroups", what, async || {
        let Some(group) = find_replication_group(clients, id).await? else {
            // Not visible yet: a new one may take a moment to be described.
            return Ok(Seen::Pending("not visible".to_owned()));
        };
        Ok(match group.status.as_str() {
            "available" => match reached(&group) {
                None => Seen::Done(group),
                Some(missing) => Seen::Pending(format!("available, {missing}")),
            },
            "creating" | "modifying" | "snapshotting" => Seen::Pending(group.status),
            other => Seen::Failed(format!("state {other:?}, expected available")),
        })
    })
    .await
}

/// Waits until the replication group is gone. IAM: elasticache:DescribeReplicationGroups
pub async fn wait_replication_group_deleted(
    clients: &Clients,
    id: &str,
    wait: &Wait,
) -> Result<(), Error> {
    let what = format!("the replication group {id} to be deleted");
    wait.until(Service::ElastiCache, "DescribeReplicationGroups", &what, async || {
        Ok(match find_replication_group(clients, id).await? {
            None => Seen::Done(()),
            Some(group) => Seen::Pending(group.status),
        })
    })
    .await
}
