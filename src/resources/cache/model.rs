//! The shapes of `officeless_cache`: what Terraform sees, attribute by attribute.

use std::collections::BTreeMap;

use crate::framework::value::{StringMap, Strings, Value};
use crate::model;
use crate::platform::cache;
use crate::resources::composite::{Composite, common_attributes};
use crate::resources::timeouts::{Defaults, Timeouts};
use crate::sensitive::Sensitive;

model! {
    /// The whole resource.
    pub struct Model {
        /// Id of the replication group.
        pub name: Value<String>,
        /// Free text.
        pub description: Value<String>,
        /// Major and minor version.
        pub engine_version: Value<String>,
        /// Such as `cache.r7g.large`.
        pub node_type: Value<String>,
        /// Where nodes may be.
        pub subnet_ids: Value<Strings>,
        /// The group of those subnets.
        pub subnet_group_name: Value<String>,
        /// Groups of every node, beside the created one.
        pub security_group_ids: Value<Strings>,
        /// Groups whose members may connect.
        pub allowed_security_group_ids: Value<Strings>,
        /// Ranges that may connect.
        pub allowed_cidr_blocks: Value<Strings>,
        /// TCP port.
        pub port: Value<i64>,
        /// One node and no more.
        pub single_instance: Value<bool>,
        /// `disabled`, `compatible` or `enabled`.
        pub cluster_mode: Value<String>,
        /// Shards.
        pub num_node_groups: Value<i64>,
        /// Replicas of each shard.
        pub replicas_per_node_group: Value<i64>,
        /// Whether replicas stand in other zones.
        pub multi_az_enabled: Value<bool>,
        /// Whether a replica takes over by itself.
        pub automatic_failover_enabled: Value<bool>,
        /// At rest.
        pub at_rest_encryption_enabled: Value<bool>,
        /// Customer key.
        pub kms_key_arn: Value<String>,
        /// In transit.
        pub transit_encryption_enabled: Value<bool>,
        /// `preferred` or `required`.
        pub transit_encryption_mode: Value<String>,
        /// The token clients authenticate with; never stored.
        pub auth_token_wo: Value<Sensitive>,
        /// Raised when the token changes.
        pub auth_token_wo_version: Value<i64>,
        /// How a new token comes in.
        pub auth_token_update_strategy: Value<String>,
        /// Users by name.
        pub users: Value<BTreeMap<String, Value<User>>>,
        /// A user group of somebody else.
        pub user_group_ids: Value<Strings>,
        /// Parameters that depart from AWS's defaults.
        pub parameters: Value<StringMap>,
        /// What scales by itself.
        pub autoscaling: Value<Autoscaling>,
        /// Days a daily snapshot is kept.
        pub snapshot_retention_limit: Value<i64>,
        /// When the daily snapshot is taken.
        pub snapshot_window: Value<String>,
        /// When AWS may interrupt.
        pub maintenance_window: Value<String>,
        /// The last snapshot, taken when it is destroyed.
        pub final_snapshot_identifier: Value<String>,
        /// A snapshot to start from.
        pub snapshot_name: Value<String>,
        /// Snapshot files in S3 to start from.
        pub snapshot_arns: Value<Strings>,
        /// Whether patches come by themselves.
        pub auto_minor_version_upgrade: Value<bool>,
        /// Whether changes wait for the maintenance window.
        pub apply_immediately: Value<bool>,
        /// Logs by type.
        pub log_delivery: Value<BTreeMap<String, Value<LogDelivery>>>,
        /// SNS topic of events.
        pub notification_topic_arn: Value<String>,
        /// Whether rarely used data goes to disks.
        pub data_tiering_enabled: Value<bool>,
        /// `ipv4`, `ipv6` or `dual_stack`.
        pub network_type: Value<String>,
        /// Which addresses clients are told.
        pub ip_discovery: Value<String>,
        /// How writes are kept.
        pub durability: Value<String>,
        /// AWS region.
        pub region: Value<String>,
        /// The practitioner's tags.
        pub tags: Value<StringMap>,
        /// With the provider's default tags.
        pub tags_all: Value<StringMap>,
        /// Durations.
        pub timeouts: Value<Timeouts>,
        /// Sensitivity of the data.
        pub data_classification: Value<String>,
        /// Guard against destroy.
        pub deletion_protection: Value<bool>,
        /// Id of the replication group.
        pub id: Value<String>,
        /// ARN.
        pub arn: Value<String>,
        /// `complete` or `incomplete`.
        pub status: Value<String>,
        /// Why it is incomplete.
        pub status_reason: Value<String>,
        /// `valkey`, or `redis` before a conversion.
        pub engine: Value<String>,
        /// Id of the replication group.
        pub replication_group_id: Value<String>,
        /// Where writes go.
        pub primary_endpoint_address: Value<String>,
        /// Where reads may go.
        pub reader_endpoint_address: Value<String>,
        /// Where cluster clients begin.
        pub configuration_endpoint_address: Value<String>,
        /// The nodes.
        pub member_clusters: Value<Vec<Value<String>>>,
        /// With its patch.
        pub engine_version_actual: Value<String>,
        /// What the durability came to.
        pub effective_durability: Value<String>,
        /// What encrypts at rest.
        pub storage_encryption_type: Value<String>,
        /// The created group.
        pub security_group_id: Value<String>,
        /// The group in force.
        pub parameter_group_name: Value<String>,
        /// Shards there are.
        pub num_node_groups_actual: Value<i64>,
        /// Replicas there are in each shard.
        pub replicas_per_node_group_actual: Value<i64>,
        /// What waits for the maintenance window.
        pub pending_modified_values: Value<StringMap>,
        /// The created user group.
        pub user_group_id: Value<String>,
        /// How clients connect.
        pub connection_url: Value<String>,
        /// RFC 3339.
        pub auth_token_last_modified: Value<String>,
    }
}

impl Composite for Model {
    const NOUN: &'static str = "cache";
    // What each operation may take: many shards have been seen to take an hour.
    const TIMEOUTS: Defaults =
        Defaults { create_minutes: 60, update_minutes: 60, delete_minutes: 45 };

    common_attributes!();

    fn title(&self) -> String {
        self.name.as_ref().as_option().or(self.id.as_ref().as_option()).cloned().unwrap_or_default()
    }

    fn inventory(&self) -> Vec<String> {
        let named = [
            ("replication group", self.arn.is_value().then(|| self.id.clone())),
            ("subnet group", own_subnet_group(self)),
            ("security group", Some(self.security_group_id.clone())),
            ("user group", Some(self.user_group_id.clone())),
        ];
        named
            .into_iter()
            .filter_map(|(what, name)| match name {
                Some(Value::Value(name)) => Some(format!("{what} {name}")),
                _ => None,
            })
            .collect()
    }

    fn is_usable(&self) -> bool {
        self.arn.is_value()
    }
}

/// The name of the subnet group, where it is the cache's own.
fn own_subnet_group(state: &Model) -> Option<Value<String>> {
    let name = state.name.clone().unwrap_or_default();
    let own = Value::Value(cache::subnet_group(&name));
    (state.subnet_group_name == own).then_some(own)
}

model! {
    /// A user and what it may do.
    pub struct User {
        /// Rules in Valkey's own language.
        pub access_string: Value<String>,
        /// `password` or `iam`.
        pub authentication: Value<String>,
        /// One password, or two while one takes over from the other; never stored.
        pub passwords_wo: Value<Vec<Value<Sensitive>>>,
        /// Raised when the passwords change.
        pub passwords_wo_version: Value<i64>,
    }
}

model! {
    /// What Application Auto Scaling keeps between two bounds.
    pub struct Autoscaling {
        /// `NodeGroups` or `Replicas`.
        pub dimension: Value<String>,
        /// What is measured.
        pub metric: Value<String>,
        /// Percent.
        pub target_value: Value<f64>,
        /// Fewest.
        pub min: Value<i64>,
        /// Most.
        pub max: Value<i64>,
        /// Seconds.
        pub scale_in_cooldown: Value<i64>,
        /// Seconds.
        pub scale_out_cooldown: Value<i64>,
        /// Whether it only ever grows.
        pub disable_scale_in: Value<bool>,
    }
}

model! {
    /// Where one kind of log goes.
    pub struct LogDelivery {
        /// `cloudwatch-logs` or `kinesis-firehose`.
        pub destination_type: Value<String>,
        /// Log group or delivery stream.
        pub destination: Value<String>,
        /// `json` or `text`.
        pub format: Value<String>,
    }
}
