//! Members: the nodes, which tell what their replication group leaves out.

use super::failed;
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, non_empty};

/// A node as AWS describes it; all nodes of a replication group are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Id.
    pub id: String,
    /// `available`, `modifying` and others.
    pub status: String,
    /// `valkey` or `redis`.
    pub engine: Option<String>,
    /// With its patch.
    pub engine_version: Option<String>,
    /// The parameter group.
    pub parameter_group_name: Option<String>,
    /// The subnet group.
    pub subnet_group_name: Option<String>,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
    /// Weekly, in UTC.
    pub maintenance_window: Option<String>,
    /// SNS topic, while notifications are on.
    pub notification_topic_arn: Option<String>,
    /// The version that waits for the maintenance window.
    pub pending_engine_version: Option<String>,
    /// The node type that waits for the maintenance window.
    pub pending_node_type: Option<String>,
}

/// Describes one node. IAM: elasticache:DescribeCacheClusters
pub async fn find_member(clients: &Clients, id: &str) -> Result<Option<Member>, Error> {
    let request = clients.elasticache().describe_cache_clusters().cache_cluster_id(id);
    let answer = error::found(request.send().await.map_err(failed("DescribeCacheClusters")))?;
    let described = answer.and_then(|answer| answer.cache_clusters).unwrap_or_default();
    let found = described.into_iter().find(|node| node.cache_cluster_id.as_deref() == Some(id));
    Ok(found.map(|node| {
        let topic = node.notification_configuration.filter(|notification| {
            // Nothing said counts as on.
            notification.topic_status.as_deref() != Some("inactive")
        });
        let pending = node.pending_modified_values.unwrap_or_else(|| {
            aws_sdk_elasticache::types::PendingModifiedValues::builder().build()
        });
        let mut groups: Vec<String> = node
            .security_groups
            .unwrap_or_default()
            .into_iter()
            .filter_map(|group| group.security_group_id)
            .collect();
        groups.sort_unstable();
        Member {
            id: id.to_owned(),
            status: node.cache_cluster_status.unwrap_or_default(),
            engine: non_empty(node.engine),
            engine_version: non_empty(node.engine_version),
            parameter_group_name: node
                .cache_parameter_group
                .and_then(|group| non_empty(group.cache_parameter_group_name)),
            subnet_group_name: non_empty(node.cache_subnet_group_name),
            security_group_ids: groups,
            maintenance_window: non_empty(node.preferred_maintenance_window),
            notification_topic_arn: topic.and_then(|topic| non_empty(topic.topic_arn)),
            pending_engine_version: non_empty(pending.engine_version),
            pending_node_type: non_empty(pending.cache_node_type),
        }
    }))
}
