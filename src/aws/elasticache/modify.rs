//! Changing a replication group: settings, shards, replicas.
//!
//! "Nothing to change" is success, as AWS says it: `NoOperationFault`, or the words "No
//! modifications were requested" under a code that also tells real mistakes.

use aws_sdk_elasticache::types::{
    CloudWatchLogsDestinationDetails, DestinationDetails, KinesisFirehoseDestinationDetails,
    LogDeliveryConfigurationRequest,
};

use super::failed;
use crate::aws::clients::Clients;
use crate::aws::error::Error;
use crate::sensitive::Sensitive;

/// Where one kind of log goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogDelivery {
    /// `slow-log` or `engine-log`.
    pub log_type: String,
    /// `cloudwatch-logs` or `kinesis-firehose`.
    pub destination_type: String,
    /// Log group or delivery stream.
    pub destination: String,
    /// `json` or `text`.
    pub format: String,
    /// `active`, `enabling`, `modifying`, `disabling` or `error`; only read.
    pub status: Option<String>,
    /// Why it is in error; only read.
    pub message: Option<String>,
}

/// What is to change; what is `None` or empty stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Free text.
    pub description: Option<String>,
    /// All groups of every node.
    pub security_group_ids: Option<Vec<String>>,
    /// Weekly, in UTC.
    pub maintenance_window: Option<String>,
    /// SNS topic; empty turns notifications off.
    pub notification_topic_arn: Option<String>,
    /// The parameter group.
    pub parameter_group_name: Option<String>,
    /// `valkey`, for a replication group of Redis OSS.
    pub engine: Option<String>,
    /// Major and minor version.
    pub engine_version: Option<String>,
    /// Whether patches come by themselves.
    pub auto_minor_version_upgrade: Option<bool>,
    /// Days.
    pub snapshot_retention_limit: Option<i32>,
    /// Daily, in UTC.
    pub snapshot_window: Option<String>,
    /// Such as `cache.r7g.large`.
    pub node_type: Option<String>,
    /// Whether a replica takes over.
    pub automatic_failover: Option<bool>,
    /// Whether replicas stand in other zones.
    pub multi_az: Option<bool>,
    /// Logs to deliver.
    pub log_delivery: Vec<LogDelivery>,
    /// Kinds of logs that are delivered no more, as they were.
    pub log_delivery_off: Vec<LogDelivery>,
    /// `ipv4` or `ipv6`.
    pub ip_discovery: Option<String>,
    /// How writes are kept.
    pub durability: Option<String>,
    /// TLS.
    pub transit_encryption: Option<bool>,
    /// `preferred` or `required`.
    pub transit_encryption_mode: Option<String>,
    /// `compatible` or `enabled`.
    pub cluster_mode: Option<String>,
    /// What clients authenticate with.
    pub auth_token: Option<Sensitive>,
    /// `ROTATE`, `SET` or `DELETE`.
    pub auth_token_update_strategy: Option<String>,
    /// User groups to attach.
    pub user_groups_to_add: Vec<String>,
    /// User groups to detach.
    pub user_groups_to_remove: Vec<String>,
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Changes settings. With `immediately` false, what interrupts waits for the maintenance window.
/// IAM: elasticache:ModifyReplicationGroup
pub async fn modify_replication_group(
    clients: &Clients,
    id: &str,
    changes: &Changes,
    immediately: bool,
) -> Result<(), Error> {
    let list = |items: &[String]| (!items.is_empty()).then(|| items.to_vec());
    let topic = changes.notification_topic_arn.as_deref();
    let request = clients
        .elasticache()
        .modify_replication_group()
        .replication_group_id(id)
        .apply_immediately(immediately)
        .set_replication_group_description(changes.description.clone())
        .set_security_group_ids(changes.security_group_ids.clone())
        .set_preferred_maintenance_window(changes.maintenance_window.clone())
        .set_notification_topic_arn(topic.filter(|topic| !topic.is_empty()).map(str::to_owned))
        .set_notification_topic_status(topic.map(|topic| {
            if topic.is_empty() { "inactive".to_owned() } else { "active".to_owned() }
        }))
        .set_cache_parameter_group_name(changes.parameter_group_name.clone())
        .set_engine(changes.engine.clone())
        .set_engine_version(changes.engine_version.clone())
        .set_auto_minor_version_upgrade(changes.auto_minor_version_upgrade)
        .set_snapshot_retention_limit(changes.snapshot_retention_limit)
        .set_snapshot_window(changes.snapshot_window.clone())
        .set_cache_node_type(changes.node_type.clone())
        .set_automatic_failover_enabled(changes.automatic_failover)
        .set_multi_az_enabled(changes.multi_az)
        .set_log_delivery_configurations(log_requests(
            &changes.log_delivery,
            &changes.log_delivery_off,
        ))
        .set_ip_discovery(changes.ip_discovery.as_deref().map(Into::into))
        .set_durability(changes.durability.as_deref().map(Into::into))
        .set_transit_encryption_enabled(changes.transit_encryption)
        .set_transit_encryption_mode(changes.transit_encryption_mode.as_deref().map(Into::into))
        .set_cluster_mode(changes.cluster_mode.as_deref().map(Into::into))
        .set_auth_token(changes.auth_token.as_ref().map(|token| token.expose().to_owned()))
        .set_auth_token_update_strategy(
            changes.auth_token_update_strategy.as_deref().map(Into::into),
        )
        .set_user_group_ids_to_add(list(&changes.user_groups_to_add))
        .set_user_group_ids_to_remove(list(&changes.user_groups_to_remove));
    nothing_to_do(request.send().await.map(drop).map_err(failed("ModifyReplicationGroup")))
}

/// Adds shards, or removes those named. IAM: elasticache:ModifyReplicationGroupShardConfiguration
pub async fn change_shards(
    clients: &Clients,
    id: &str,
    count: i32,
    remove: &[String],
) -> Result<(), Error> {
    let request = clients
        .elasticache()
        .modify_replication_group_shard_configuration()
        .replication_group_id(id)
        .node_group_count(count)
        // AWS takes nothing else here.
        .apply_immediately(true)
        .set_node_groups_to_remove((!remove.is_empty()).then(|| remove.to_vec()));
    let answer = request.send().await.map(drop);
    nothing_to_do(answer.map_err(failed("ModifyReplicationGroupShardConfiguration")))
}

/// Raises the number of replicas of every shard. IAM: elasticache:IncreaseReplicaCount
pub async fn increase_replicas(clients: &Clients, id: &str, count: i32) -> Result<(), Error> {
    let request = clients
        .elasticache()
        .increase_replica_count()
        .replication_group_id(id)
        .new_replica_count(count)
        .apply_immediately(true);
    nothing_to_do(request.send().await.map(drop).map_err(failed("IncreaseReplicaCount")))
}

/// Lowers the number of replicas of every shard; AWS chooses which go, never the primary.
/// IAM: elasticache:DecreaseReplicaCount
pub async fn decrease_replicas(clients: &Clients, id: &str, count: i32) -> Result<(), Error> {
    let request = clients
        .elasticache()
        .decrease_replica_count()
        .replication_group_id(id)
        .new_replica_count(count)
        .apply_immediately(true);
    nothing_to_do(request.send().await.map(drop).map_err(failed("DecreaseReplicaCount")))
}

/// A change that changes nothing is done.
pub(super) fn nothing_to_do(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.is_code("NoOperationFault") => Ok(()),
        Err(error)
            if error.is_code("InvalidParameterCombination")
                && error.message.contains("No modifications were requested") =>
        {
            Ok(())
        }
        result => result,
    }
}

pub(super) fn log_requests(
    on: &[LogDelivery],
    off: &[LogDelivery],
) -> Option<Vec<LogDeliveryConfigurationRequest>> {
    let request = |log: &LogDelivery, enabled: bool| {
        let request = LogDeliveryConfigurationRequest::builder()
            .log_type(log.log_type.as_str().into())
            .enabled(enabled);
        if !enabled {
            return request.build();
        }
        let details = DestinationDetails::builder();
        let details = if log.destination_type == "kinesis-firehose" {
            let stream = KinesisFirehoseDestinationDetails::builder();
            details.kinesis_firehose_details(stream.delivery_stream(&log.destination).build())
        } else {
            let group = CloudWatchLogsDestinationDetails::builder();
            details.cloud_watch_logs_details(group.log_group(&log.destination).build())
        };
        request
            .destination_type(log.destination_type.as_str().into())
            .destination_details(details.build())
            .log_format(log.format.as_str().into())
            .build()
    };
    let all: Vec<_> = on
        .iter()
        .map(|log| request(log, true))
        .chain(off.iter().map(|log| request(log, false)))
        .collect();
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::error::{Kind, Service};

    fn answered(code: &str, message: &str) -> Result<(), Error> {
        let mut error = Error::new(Service::ElastiCache, "Any", Kind::Invalid, message);
        error.code = Some(code.into());
        nothing_to_do(Err(error))
    }

    #[test]
    fn nothing_to_change_is_success_and_a_mistake_is_not() {
        assert!(answered("NoOperationFault", "").is_ok());
        let code = "InvalidParameterCombination";
        assert!(answered(code, "No modifications were requested").is_ok());
        assert!(answered(code, "Auth token needs TLS").is_err());
    }

    #[test]
    fn changes_do_not_show_their_secret() {
        let changes =
            Changes { auth_token: Some(Sensitive::new("horse".to_owned())), ..Changes::default() };
        assert!(!format!("{changes:?}").contains("horse"));
        assert!(!changes.is_empty() && Changes::default().is_empty());
    }
}
