//! Defaults of `officeless_cache`.

use serde::Serialize;

use super::Timeouts;

/// The Valkey cache on ElastiCache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cache {
    /// Platform document: Valkey.
    pub engine: &'static str,
    /// AWS requires a text.
    pub description: &'static str,
    /// The port clients of Redis and Valkey expect.
    pub port: u16,
    /// Platform document: single-instance mode is optional.
    pub single_instance: bool,
    /// The mode every client understands.
    pub cluster_mode: &'static str,
    /// Shards.
    pub num_node_groups: u32,
    /// One replica, so that failover has somewhere to go; none with a single instance.
    pub replicas_per_node_group: u32,
    /// Platform document: optional; on, unless it is a single instance.
    pub multi_az_enabled: bool,
    /// Platform document: optional; on, unless it is a single instance.
    pub automatic_failover_enabled: bool,
    /// Platform document: optional. On, because it can never be turned on later.
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/at-rest-encryption.html>
    pub at_rest_encryption_enabled: bool,
    /// Platform document: optional. On, because tokens and sessions cross the network.
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption.html>
    pub transit_encryption_enabled: bool,
    /// No plain connection beside TLS.
    pub transit_encryption_mode: &'static str,
    /// The old token stays valid while clients change.
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html>
    pub auth_token_update_strategy: &'static str,
    /// Days of daily snapshots: AWS Backup does not cover ElastiCache.
    pub snapshot_retention_limit: u32,
    /// Patches come in the maintenance window.
    pub auto_minor_version_upgrade: bool,
    /// Changes that interrupt wait for the window unless told otherwise.
    pub apply_immediately: bool,
    /// A cache can be filled again.
    pub deletion_protection: bool,
    /// Up to an hour for many shards.
    pub timeouts: Timeouts,
}

/// The defaults of `officeless_cache`.
pub const CACHE: Cache = Cache {
    engine: "valkey",
    description: "Managed by officeless",
    port: 6_379,
    single_instance: false,
    cluster_mode: "disabled",
    num_node_groups: 1,
    replicas_per_node_group: 1,
    multi_az_enabled: true,
    automatic_failover_enabled: true,
    at_rest_encryption_enabled: true,
    transit_encryption_enabled: true,
    transit_encryption_mode: "required",
    auth_token_update_strategy: "ROTATE_AND_SET",
    snapshot_retention_limit: 7,
    auto_minor_version_upgrade: true,
    apply_immediately: false,
    deletion_protection: false,
    timeouts: Timeouts { create: "60m", update: "60m", delete: "45m" },
};
