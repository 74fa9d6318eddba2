//! What `officeless_cache` tells.

use crate::data_sources::asked;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema, Type};
use crate::resources::attributes;

pub(super) fn schema() -> Schema {
    let mut attributes = vec![
        Attribute::string("replication_group_id")
            .required()
            .check(Check::length(1, 40))
            .describe("Id of the replication group: the `name` of an `officeless_cache`."),
        asked::region_attribute(),
    ];
    attributes.extend(state());
    attributes.extend(endpoints());
    attributes.extend(settings());
    Schema { version: 0, description: include_str!("description.md"), attributes, blocks: vec![] }
}

fn text(name: &'static str) -> Attribute {
    Attribute::string(name).computed()
}

fn list(name: &'static str) -> Attribute {
    Attribute::of(name, Type::list(Type::String)).computed()
}

fn state() -> Vec<Attribute> {
    vec![
        text("arn").describe("ARN of the replication group."),
        text("description").describe("Its description."),
        text("status").describe(
            "What AWS says of it: `available`, `creating`, `modifying`, `snapshotting`, `deleting` \
             or `create-failed`.",
        ),
        text("engine").describe("`valkey` or `redis`."),
        text("engine_version").describe("Version the nodes run, with its patch."),
        text("node_type").describe("Node type, such as `cache.r7g.large`."),
        text("cluster_mode").describe("`disabled`, `compatible` or `enabled`."),
        Attribute::number("num_node_groups").computed().describe("Number of shards."),
        Attribute::number("replicas_per_node_group")
            .computed()
            .describe("Number of replicas in the shard that has the fewest."),
        list("member_clusters").describe("Ids of the nodes."),
        attributes::computed_map("pending_modified_values")
            .describe("Changes under way or waiting for the maintenance window, by AWS's names."),
    ]
}

fn endpoints() -> Vec<Attribute> {
    vec![
        text("primary_endpoint_address")
            .describe("Host name for reads and writes; null when `cluster_mode` is `enabled`."),
        text("reader_endpoint_address")
            .describe("Host name for reads; null when `cluster_mode` is `enabled`."),
        text("configuration_endpoint_address")
            .describe("Host name at which cluster clients find the shards; null without shards."),
        Attribute::number("port").computed().describe("TCP port."),
        text("connection_url")
            .describe("How clients connect, such as `rediss://host:6379`; without a secret."),
    ]
}

fn settings() -> Vec<Attribute> {
    vec![
        Attribute::bool("automatic_failover_enabled")
            .computed()
            .describe("Whether a replica takes over by itself."),
        Attribute::bool("multi_az_enabled")
            .computed()
            .describe("Whether replicas stand in other availability zones."),
        Attribute::bool("transit_encryption_enabled").computed().describe("Whether TLS is on."),
        text("transit_encryption_mode").describe("`preferred` or `required`; null without TLS."),
        text("storage_encryption_type")
            .describe("What encrypts at rest: `none`, `sse-elasticache` or `sse-kms`."),
        Attribute::bool("auth_token_enabled")
            .computed()
            .describe("Whether clients authenticate with a token."),
        list("user_group_ids").describe("User groups attached."),
        list("security_group_ids").describe("Security groups of the nodes."),
        text("subnet_group_name").describe("Subnet group."),
        text("parameter_group_name").describe("Parameter group in force."),
        Attribute::number("snapshot_retention_limit")
            .computed()
            .describe("Days a daily snapshot is kept; 0 when none is taken."),
        text("snapshot_window").describe("When the daily snapshot is taken, in UTC."),
        text("maintenance_window").describe("When AWS may interrupt, in UTC."),
    ]
}
