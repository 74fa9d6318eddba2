#![doc = include_str!("description.md")]

mod schema;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

use super::asked;
use crate::aws::Clients;
use crate::aws::elasticache::members::{Member, find_member};
use crate::aws::elasticache::replication_groups::{
    Endpoint, ReplicationGroup, find_replication_group,
};
use crate::framework::data_source;
use crate::framework::resource::Context;
use crate::framework::schema::Schema;
use crate::framework::value::{AttributePath, Diagnostic, StringMap, Value, string_map};
use crate::model;
use crate::platform::cache;
use crate::provider::ProviderContext;
use crate::resources::step::{During as _, Report, StepError, Verb};

model! {
    /// What Terraform sees.
    pub struct Model {
        /// The cache.
        pub replication_group_id: Value<String>,
        /// Region.
        pub region: Value<String>,
        /// ARN.
        pub arn: Value<String>,
        /// Free text.
        pub description: Value<String>,
        /// AWS's word for it.
        pub status: Value<String>,
        /// `valkey` or `redis`.
        pub engine: Value<String>,
        /// With its patch.
        pub engine_version: Value<String>,
        /// Such as `cache.r7g.large`.
        pub node_type: Value<String>,
        /// `disabled`, `compatible` or `enabled`.
        pub cluster_mode: Value<String>,
        /// Shards.
        pub num_node_groups: Value<i64>,
        /// Replicas of the smallest shard.
        pub replicas_per_node_group: Value<i64>,
        /// The nodes.
        pub member_clusters: Value<Vec<String>>,
        /// What is on its way.
        pub pending_modified_values: Value<StringMap>,
        /// Where writes go.
        pub primary_endpoint_address: Value<String>,
        /// Where reads may go.
        pub reader_endpoint_address: Value<String>,
        /// Where cluster clients begin.
        pub configuration_endpoint_address: Value<String>,
        /// TCP port.
        pub port: Value<i64>,
        /// How clients connect.
        pub connection_url: Value<String>,
        /// Whether a replica takes over.
        pub automatic_failover_enabled: Value<bool>,
        /// Whether replicas stand in other zones.
        pub multi_az_enabled: Value<bool>,
        /// TLS.
        pub transit_encryption_enabled: Value<bool>,
        /// `preferred` or `required`.
        pub transit_encryption_mode: Value<String>,
        /// What encrypts at rest.
        pub storage_encryption_type: Value<String>,
        /// Whether there is a token.
        pub auth_token_enabled: Value<bool>,
        /// Attached user groups.
        pub user_group_ids: Value<Vec<String>>,
        /// Groups of the nodes.
        pub security_group_ids: Value<Vec<String>>,
        /// Subnet group.
        pub subnet_group_name: Value<String>,
        /// Parameter group.
        pub parameter_group_name: Value<String>,
        /// Days.
        pub snapshot_retention_limit: Value<i64>,
        /// Daily.
        pub snapshot_window: Value<String>,
        /// Weekly.
        pub maintenance_window: Value<String>,
    }
}

fn record(region: &str, group: ReplicationGroup, member: Option<Member>) -> Model {
    let member = member.unwrap_or_default();
    let address = |endpoint: Option<&Endpoint>| {
        let address: Value<String> = endpoint.and_then(|endpoint| endpoint.address.clone()).into();
        address
    };
    let count = |count: usize| Value::Value(i64::try_from(count).unwrap_or(i64::MAX));
    let first = group.node_groups.first();
    let primary = address(first.and_then(|shard| shard.primary_endpoint.as_ref()));
    let reader = address(first.and_then(|shard| shard.reader_endpoint.as_ref()));
    let configuration = address(group.configuration_endpoint.as_ref());
    let port = group.port().map(i64::from);
    let host = configuration.clone().as_option().or_else(|| primary.clone().as_option());
    let url = host
        .zip(port)
        .map(|(host, port)| cache::connection_url(&host, port, group.transit_encryption_enabled));
    let mut pending = group.pending.clone();
    // What waits for the maintenance window is told by the nodes.
    let of_member = [
        ("EngineVersion", member.pending_engine_version),
        ("CacheNodeType", member.pending_node_type),
    ];
    pending
        .extend(of_member.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    let fewest = group.replica_counts().into_iter().min();
    let tls = group.transit_encryption_enabled;
    Model {
        replication_group_id: Value::Value(group.id),
        region: Value::Value(region.to_owned()),
        arn: group.arn.into(),
        description: Value::Value(group.description),
        status: Value::Value(group.status),
        engine: group.engine.or(member.engine).into(),
        engine_version: member.engine_version.into(),
        node_type: group.node_type.into(),
        cluster_mode: Value::Value(group.cluster_mode),
        num_node_groups: count(group.node_groups.len()),
        replicas_per_node_group: fewest.map_or(Value::Null, count),
        member_clusters: Value::Value(group.member_clusters),
        pending_modified_values: string_map(&pending),
        primary_endpoint_address: primary,
        reader_endpoint_address: reader,
        configuration_endpoint_address: configuration,
        port: port.into(),
        connection_url: url.into(),
        automatic_failover_enabled: Value::Value(group.automatic_failover),
        multi_az_enabled: Value::Value(group.multi_az),
        transit_encryption_enabled: Value::Value(tls),
        transit_encryption_mode: group.transit_encryption_mode.filter(|_| tls).into(),
        storage_encryption_type: group.storage_encryption_type.into(),
        auth_token_enabled: Value::Value(group.auth_token_enabled),
        user_group_ids: Value::Value(group.user_group_ids),
        security_group_ids: Value::Value(member.security_group_ids),
        subnet_group_name: member.subnet_group_name.into(),
        parameter_group_name: member.parameter_group_name.into(),
        snapshot_retention_limit: Value::Value(i64::from(group.snapshot_retention_limit)),
        snapshot_window: group.snapshot_window.into(),
        maintenance_window: member.maintenance_window.into(),
    }
}

/// `officeless_cache`.
#[derive(Debug)]
pub struct DataSource;

#[async_trait]
impl data_source::DataSource<ProviderContext> for DataSource {
    type Model = Model;

    fn type_name(&self) -> &'static str {
        "officeless_cache"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    async fn read(
        &self,
        cx: Option<&Context<ProviderContext>>,
        config: Model,
    ) -> Result<Model, Diagnostic> {
        let clients = asked::clients(cx, &config.region)?;
        let id = config.replication_group_id.clone().unwrap_or_default();
        let report = Report { verb: Verb::Reading, noun: "cache", name: &id, exists: vec![] };
        let (group, member) =
            find(&clients, &id).await.map_err(|error| report.diagnostic(&error))?;
        Ok(Model {
            replication_group_id: Value::Value(id),
            ..record(clients.region(), group, member)
        })
    }
}

/// The replication group, and the first of its nodes, which tells what the group leaves out.
async fn find(
    clients: &Clients,
    id: &str,
) -> Result<(ReplicationGroup, Option<Member>), StepError> {
    const STEP: &str = "replication_group";
    let doing = format!("describing the replication group {id:?}");
    // AWS stores ids in lower case, whatever they were created with.
    let found = find_replication_group(clients, &id.to_lowercase()).await;
    let Some(group) = found.during(STEP, &*doing)? else {
        let why =
            format!("the account has no replication group of this id in {}", clients.region());
        let next = "Correct the id or the region. A serverless cache has no replication group.";
        return Err(StepError::refused(STEP, &doing, why, next)
            .blame(AttributePath::new("replication_group_id")));
    };
    let member = match group.member_clusters.first() {
        Some(member) => find_member(clients, member)
            .await
            .during(STEP, format!("describing the node {member:?}"))?,
        None => None,
    };
    Ok((group, member))
}
