//! The rules of `officeless_cache`, each with the message a practitioner sees: shape and network here,
//! who may connect in [`authentication`].

#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "tables: one line for each rule, made of literals"
)]

mod authentication;

use serde_json::{Value as Json, json};

use super::{Cache, Model};
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::Diagnostics;
use crate::resources::tests::Room;

fn room() -> Room {
    Room::new(Cache)
}

/// The least configuration, with `more` over it.
fn cache(more: Json) -> Json {
    let mut config = json!({
        "name": "app", "node_type": "cache.r7g.large", "subnet_ids": ["subnet-00000001"],
    });
    for (key, value) in more.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}

fn wrong_basics() -> Vec<(Json, &'static str, &'static str)> {
    vec![
        (json!({ "name": null }), "name", "name is required"),
        (json!({ "name": "App" }), "name", "must be 1 to 40 lower-case letters"),
        (json!({ "name": "a--b" }), "name", "without two in a row"),
        (json!({ "name": "x".repeat(41) }), "name", "must be 1 to 40"),
        (json!({ "description": "" }), "description", "must be 1 to 255 characters long"),
        (json!({ "engine_version": "8" }), "engine_version", "must be a version such as 8.0"),
        (
            json!({ "engine_version": "7.1" }),
            "engine_version",
            "Valkey on ElastiCache begins with 7.2",
        ),
        (json!({ "node_type": null }), "node_type", "node_type is required"),
        (json!({ "node_type": "db.r7g.large" }), "node_type", "must be a node type such as"),
        (
            json!({ "description": "x".repeat(256) }),
            "description",
            "must be 1 to 255 characters long",
        ),
        (json!({ "port": 0 }), "port", "must be a whole number from 1 to 65535"),
        (json!({ "port": 65_536 }), "port", "must be a whole number from 1 to 65535"),
        (
            json!({ "cluster_mode": "on" }),
            "cluster_mode",
            "must be one of disabled, compatible, enabled",
        ),
        (json!({ "num_node_groups": 0 }), "num_node_groups", "from 1 to 500"),
        (
            json!({ "num_node_groups": 3 }),
            "num_node_groups",
            "num_node_groups = 3 needs cluster_mode = \"enabled\", and it is \"disabled\".",
        ),
        (
            json!({ "num_node_groups": 2, "cluster_mode": "compatible" }),
            "num_node_groups",
            "and it is \"compatible\"",
        ),
        (json!({ "replicas_per_node_group": 6 }), "replicas_per_node_group", "from 0 to 5"),
        (
            json!({ "replicas_per_node_group": 0 }),
            "replicas_per_node_group",
            "multi_az_enabled, which is on unless set to false, needs a replica",
        ),
        (
            json!({ "replicas_per_node_group": 0, "multi_az_enabled": false }),
            "replicas_per_node_group",
            "automatic_failover_enabled, which is on unless set to false, needs a replica to fail over to.",
        ),
        (
            json!({ "automatic_failover_enabled": false }),
            "multi_az_enabled",
            "Turn both on, or both off.",
        ),
        (
            json!({ "automatic_failover_enabled": false, "multi_az_enabled": false, "cluster_mode": "enabled" }),
            "automatic_failover_enabled",
            "A cluster always fails over",
        ),
        (
            json!({ "single_instance": true, "multi_az_enabled": true }),
            "multi_az_enabled",
            "single_instance = true makes one node and nothing else, which excludes multi_az_enabled.",
        ),
        (
            json!({ "single_instance": true, "automatic_failover_enabled": true }),
            "automatic_failover_enabled",
            "excludes automatic_failover_enabled",
        ),
        (
            json!({ "single_instance": true, "replicas_per_node_group": 1 }),
            "replicas_per_node_group",
            "excludes replicas_per_node_group",
        ),
        (
            json!({ "single_instance": true, "num_node_groups": 2 }),
            "num_node_groups",
            "excludes num_node_groups",
        ),
        (
            json!({ "single_instance": true, "cluster_mode": "enabled" }),
            "cluster_mode",
            "excludes cluster_mode",
        ),
        (
            json!({ "single_instance": true, "autoscaling": scaling(json!({})) }),
            "autoscaling",
            "excludes autoscaling",
        ),
        (
            json!({ "data_tiering_enabled": true }),
            "data_tiering_enabled",
            "needs nodes of the family r6gd",
        ),
        (
            json!({ "node_type": "cache.r6gd.xlarge" }),
            "data_tiering_enabled",
            "need data_tiering_enabled = true",
        ),
        (
            json!({ "node_type": "cache.r7g.large", "data_tiering_enabled": true }),
            "data_tiering_enabled",
            "Choose such a node_type, or set it to false.",
        ),
        (
            json!({ "durability": "sync", "engine_version": "8.0" }),
            "durability",
            "durability = \"sync\" needs Valkey 9.0 or later",
        ),
        (
            json!({ "durability": "always" }),
            "durability",
            "must be one of default, async, sync, disabled",
        ),
        (
            json!({ "parameters": { "cluster-enabled": "yes" } }),
            "parameters",
            "cluster-enabled follows cluster_mode",
        ),
        (json!({ "timeouts": { "create": "soon" } }), "timeouts.create", "is not a duration"),
    ]
}

fn scaling(more: Json) -> Json {
    let mut scaling = json!({ "dimension": "NodeGroups", "target_value": 50, "min": 1, "max": 4 });
    for (key, value) in more.as_object().unwrap() {
        scaling[key] = value.clone();
    }
    scaling
}

/// A clustered cache that scales by itself.
fn scaled(more: Json) -> Json {
    json!({ "cluster_mode": "enabled", "autoscaling": scaling(more) })
}

fn wrong_scaling() -> Vec<(Json, &'static str, &'static str)> {
    let with = |mut config: Json, key: &str, value: Json| {
        config[key] = value;
        config
    };
    vec![
        (
            json!({ "autoscaling": scaling(json!({})) }),
            "autoscaling",
            "autoscaling needs cluster_mode = \"enabled\", and it is \"disabled\".",
        ),
        (
            with(scaled(json!({})), "node_type", json!("cache.t4g.small")),
            "autoscaling",
            "families r7g, r6g, r6gd, r5, m7g, m6g, m5, c7gn, and t4g is none of them",
        ),
        (
            with(scaled(json!({})), "node_type", json!("cache.r7g.4xlarge")),
            "autoscaling",
            "sizes large, xlarge, 2xlarge, and 4xlarge is none of them",
        ),
        (
            with(scaled(json!({})), "num_node_groups", json!(2)),
            "num_node_groups",
            "autoscaling of NodeGroups owns num_node_groups",
        ),
        (
            with(scaled(json!({ "dimension": "Replicas" })), "replicas_per_node_group", json!(2)),
            "replicas_per_node_group",
            "autoscaling of Replicas owns replicas_per_node_group",
        ),
        (
            scaled(json!({ "dimension": "Nodes" })),
            "autoscaling.dimension",
            "must be one of NodeGroups, Replicas",
        ),
        (
            scaled(json!({ "target_value": 80 })),
            "autoscaling.target_value",
            "must be from 35 to 70 percent",
        ),
        (scaled(json!({ "min": 5 })), "autoscaling.min", "min = 5 must not be above max = 4"),
        (scaled(json!({ "min": 0 })), "autoscaling.min", "there can be 1 to 500 of NodeGroups"),
        (scaled(json!({ "max": 501 })), "autoscaling.max", "must be a whole number from 0 to 500"),
        (
            scaled(json!({ "dimension": "Replicas", "max": 6 })),
            "autoscaling.max",
            "there can be 1 to 5 of Replicas",
        ),
        (
            scaled(json!({ "dimension": "Replicas", "min": 0 })),
            "autoscaling.min",
            "min = 0: there can be 1 to 5 of Replicas",
        ),
        (
            with(
                with(
                    scaled(
                        json!({ "metric": "ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage" }),
                    ),
                    "node_type",
                    json!("cache.r6gd.xlarge"),
                ),
                "data_tiering_enabled",
                json!(true),
            ),
            "autoscaling.metric",
            "does not go with nodes of the family r6gd, whose memory is full while their disks are not. \
             Choose ElastiCacheDatabaseCapacityUsageCountedForEvictPercentage.",
        ),
        (
            scaled(json!({ "target_value": 34 })),
            "autoscaling.target_value",
            "must be from 35 to 70 percent",
        ),
        (
            scaled(json!({ "metric": "CPU" })),
            "autoscaling.metric",
            "must be one of ElastiCachePrimaryEngineCPUUtilization",
        ),
        (
            scaled(json!({ "metric": "ElastiCacheReplicaEngineCPUUtilization" })),
            "autoscaling.metric",
            "does not go with dimension = \"NodeGroups\"",
        ),
        (
            scaled(json!({ "dimension": "Replicas", "min": 0 })),
            "replicas_per_node_group",
            "multi_az_enabled, which is on",
        ),
    ]
}

fn wrong_network() -> Vec<(Json, &'static str, &'static str)> {
    vec![
        (json!({ "subnet_ids": null }), "subnet_ids", "A cache needs subnets"),
        (json!({ "subnet_ids": [] }), "subnet_ids", "must have 1 to 20 elements, and has 0"),
        (json!({ "subnet_ids": ["vpc-1"] }), "subnet_ids", "\"vpc-1\" must be a subnet id"),
        (json!({ "subnet_group_name": "own" }), "subnet_group_name", "Remove one of the two"),
        (
            json!({ "security_group_ids": ["default"] }),
            "security_group_ids",
            "must be a security group id",
        ),
        (
            json!({ "allowed_security_group_ids": ["x"] }),
            "allowed_security_group_ids",
            "must be a security group id",
        ),
        (
            json!({ "allowed_cidr_blocks": ["10.0.0.1/8"] }),
            "allowed_cidr_blocks",
            "\"10.0.0.1/8\" must be written 10.0.0.0/8",
        ),
        (
            json!({ "network_type": "ipv5" }),
            "network_type",
            "must be one of ipv4, ipv6, dual_stack",
        ),
        (
            json!({ "subnet_ids": null, "subnet_group_name": "" }),
            "subnet_group_name",
            "must be 1 to 255",
        ),
        (
            json!({ "network_type": "ipv6", "ip_discovery": "ipv4" }),
            "ip_discovery",
            "needs addresses of that kind, and network_type is \"ipv6\"",
        ),
        (json!({ "ip_discovery": "ipv6" }), "ip_discovery", "set network_type = \"dual_stack\""),
    ]
}

fn wrong_protection() -> Vec<(Json, &'static str, &'static str)> {
    let key = "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-0000";
    vec![
        (json!({ "kms_key_arn": "alias/mine" }), "kms_key_arn", "alias/mine"),
        (
            json!({ "at_rest_encryption_enabled": false, "kms_key_arn": key }),
            "kms_key_arn",
            "kms_key_arn needs at_rest_encryption_enabled = true",
        ),
        (
            json!({ "transit_encryption_enabled": false, "transit_encryption_mode": "preferred" }),
            "transit_encryption_mode",
            "transit_encryption_enabled is false. Remove one",
        ),
        (
            json!({ "data_classification": "secret" }),
            "data_classification",
            "must be one of public",
        ),
        (
            json!({ "data_classification": "confidential", "at_rest_encryption_enabled": false }),
            "at_rest_encryption_enabled",
            "\"confidential\" requires encryption at rest",
        ),
        (
            json!({ "data_classification": "confidential", "transit_encryption_enabled": false }),
            "transit_encryption_enabled",
            "requires encryption in transit",
        ),
        (
            json!({ "data_classification": "confidential", "transit_encryption_mode": "preferred" }),
            "transit_encryption_mode",
            "lets plain connections in beside it",
        ),
        (json!({ "data_classification": "restricted" }), "kms_key_arn", "requires a customer key"),
        (
            json!({ "data_classification": "confidential", "allowed_cidr_blocks": ["0.0.0.0/0"] }),
            "allowed_cidr_blocks",
            "\"confidential\" forbids 0.0.0.0/0",
        ),
        (
            json!({ "data_classification": "confidential", "allowed_cidr_blocks": ["::/0"] }),
            "allowed_cidr_blocks",
            "forbids ::/0",
        ),
        (json!({ "snapshot_retention_limit": 36 }), "snapshot_retention_limit", "from 0 to 35"),
        (
            json!({ "node_type": "cache.t1.micro" }),
            "snapshot_retention_limit",
            "Nodes of type t1 cannot be backed up",
        ),
        (
            json!({ "snapshot_window": "03:00-03:30" }),
            "snapshot_window",
            "must last at least 60 minutes, and lasts 30",
        ),
        (json!({ "snapshot_window": "3-4" }), "snapshot_window", "must be a daily window in UTC"),
        (
            json!({ "maintenance_window": "sun:05:00-sun:05:30" }),
            "maintenance_window",
            "must last at least 60 minutes",
        ),
        (
            json!({ "maintenance_window": "Sun:05:00-Sun:06:00" }),
            "maintenance_window",
            "in lower case",
        ),
        (
            json!({ "snapshot_window": "05:30-06:30", "maintenance_window": "sun:05:00-sun:06:00" }),
            "snapshot_window",
            "overlap, which AWS refuses",
        ),
        (
            json!({ "final_snapshot_identifier": "-x" }),
            "final_snapshot_identifier",
            "beginning with a letter",
        ),
        (
            json!({ "snapshot_name": "a", "snapshot_arns": ["arn:aws:s3:::b/k"] }),
            "snapshot_arns",
            "Remove one of the two",
        ),
        (
            json!({ "snapshot_arns": ["s3://b/k"] }),
            "snapshot_arns",
            "must be the ARN of an object in S3",
        ),
        (
            json!({ "log_delivery": { "audit-log": { "destination_type": "cloudwatch-logs", "destination": "x" } } }),
            "log_delivery",
            "\"audit-log\" is no key of it; the keys are engine-log, slow-log",
        ),
        (
            json!({ "log_delivery": { "slow-log": { "destination_type": "cloudwatch-logs", "destination": "x", "format": "xml" } } }),
            "log_delivery[\"slow-log\"].format",
            "must be one of json, text",
        ),
        (
            json!({ "log_delivery": { "slow-log": { "destination_type": "s3", "destination": "x" } } }),
            "log_delivery[\"slow-log\"].destination_type",
            "must be one of cloudwatch-logs, kinesis-firehose",
        ),
        (
            json!({ "notification_topic_arn": "topic" }),
            "notification_topic_arn",
            "must be the ARN of an SNS topic",
        ),
    ]
}

fn with_the_rest(
    cases: Vec<(Json, &'static str, &'static str)>,
) -> Vec<(Json, &'static str, &'static str)> {
    cases.into_iter().map(|(more, attribute, says)| (cache(more), attribute, says)).collect()
}

#[test]
fn each_wrong_input_is_refused_by_attribute_and_rule() {
    for cases in [wrong_basics(), wrong_scaling(), wrong_network(), wrong_protection()] {
        room().refuses(&with_the_rest(cases));
    }
}

#[test]
fn the_least_configuration_breaks_no_rule() {
    assert_eq!(room().validated(&cache(json!({}))), Diagnostics::default());
}

#[test]
fn each_kind_of_cache_breaks_no_rule() {
    let kinds = [
        json!({ "single_instance": true }),
        json!({ "replicas_per_node_group": 2, "engine_version": "8.0" }),
        scaled(json!({})),
        scaled(json!({ "dimension": "Replicas" })),
        json!({ "cluster_mode": "enabled", "num_node_groups": 3, "replicas_per_node_group": 0,
            "multi_az_enabled": false }),
        json!({ "auth_token_wo": authentication::SECRET, "auth_token_wo_version": 1 }),
        json!({ "users": {
            "app": { "access_string": "on ~* +@all", "passwords_wo": [authentication::SECRET],
                "passwords_wo_version": 1 },
            "signed": { "access_string": "on ~* +@read", "authentication": "iam" },
        } }),
        json!({ "subnet_ids": null, "subnet_group_name": "own", "user_group_ids": ["g"] }),
        json!({ "network_type": "dual_stack", "ip_discovery": "ipv6",
            "allowed_cidr_blocks": ["0.0.0.0/0"], "data_classification": "internal" }),
    ];
    for more in kinds {
        assert_eq!(room().validated(&cache(more.clone())), Diagnostics::default(), "{more}");
    }
}

#[test]
fn unknown_values_break_no_rule() {
    assert_eq!(room().validated_unknown(), Diagnostics::default());
}

#[test]
fn model_and_schema_agree() {
    assert_model_fits::<Model>(&super::schema::schema());
}
