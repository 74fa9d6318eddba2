//! What only AWS can tell.

use crate::framework::schema::{Attribute, Type};
use crate::resources::attributes;

/// What moves endpoints.
const ENDPOINTS: &[&str] = &["cluster_mode", "transit_encryption_enabled", "status"];

/// What changes the number of nodes.
const COUNTS: &[&str] = &[
    "autoscaling",
    "cluster_mode",
    "num_node_groups",
    "replicas_per_node_group",
    "single_instance",
    "status",
];

pub(super) fn outputs() -> Vec<Attribute> {
    let [status, status_reason] = attributes::status();
    let text = |name: &'static str| Attribute::string(name).computed();
    vec![
        attributes::id("Id of the replication group: the name."),
        attributes::arn("ARN of the replication group."),
        status,
        status_reason,
        text("engine").planned().describe(
            "`valkey`. A Redis OSS cache that was imported shows `redis` until the next apply \
             converts it in place.",
        ),
        text("replication_group_id").stable().describe("Id of the replication group."),
        text("primary_endpoint_address")
            .follows(ENDPOINTS)
            .describe("Host name for reads and writes, unless `cluster_mode` is `enabled`."),
        text("reader_endpoint_address")
            .follows(ENDPOINTS)
            .describe("Host name for reads, unless `cluster_mode` is `enabled`."),
        text("configuration_endpoint_address")
            .follows(ENDPOINTS)
            .describe("Host name at which cluster clients find the shards."),
        Attribute::of("member_clusters", Type::list(Type::String))
            .computed()
            .follows(COUNTS)
            .describe("Ids of the nodes."),
        text("engine_version_actual")
            .follows(&["engine", "engine_version", "status"])
            .describe("Version the nodes run, with its patch."),
        text("effective_durability")
            .follows(&["durability", "engine_version", "status"])
            .describe("What `durability` came to."),
        text("storage_encryption_type")
            .stable()
            .describe("What encrypts at rest: `none`, `sse-elasticache` or `sse-kms`."),
        text("security_group_id").planned().describe("Security group made for the cache, if any."),
        text("parameter_group_name").planned().describe("Parameter group in force."),
        Attribute::number("num_node_groups_actual")
            .computed()
            .follows(COUNTS)
            .describe("Number of shards there are, whoever made them."),
        Attribute::number("replicas_per_node_group_actual")
            .computed()
            .follows(COUNTS)
            .describe("Number of replicas in each shard, whoever made them."),
        attributes::computed_map("pending_modified_values")
            .describe("Changes that wait for the maintenance window, by AWS's names."),
        text("user_group_id").planned().describe("User group made of `users`, if any."),
        text("connection_url")
            .follows(ENDPOINTS)
            .describe("How clients connect, such as `rediss://host:6379`; without a secret."),
        text("auth_token_last_modified")
            .follows(&["auth_token_wo_version", "status", "user_group_ids", "users"])
            .describe("When the token last changed, in RFC 3339."),
    ]
}
