//! One configuration a resource: the one that makes the most objects, a change of many settings in
//! place, and a change that replaces.

use serde_json::{Value, json};

use crate::ground::{CLUSTER, Ground, REGION, REPLICA_REGIONS};
use crate::operation::Operation;
use crate::wish::Wish;

/// The three configurations of a resource.
pub(crate) struct Configurations {
    /// What is created, and destroyed.
    pub(crate) first: Value,
    /// What the first is updated to in place.
    pub(crate) changed: Value,
    /// What the first is replaced by.
    pub(crate) replaced: Value,
}

/// One resource under faults.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    /// Its full type name.
    pub(crate) type_name: &'static str,
    /// What its configurations are.
    pub(crate) configurations: fn(&Ground) -> Configurations,
    /// Kinds of objects that destroy keeps on purpose.
    pub(crate) keeps: &'static [&'static str],
    /// Those of them that each further destroy makes one more of.
    pub(crate) uncounted: &'static [&'static str],
}

/// All resources.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        type_name: "officeless_shared_storage",
        configurations: shared_storage,
        keeps: &["Replica"],
        uncounted: &[],
    },
    scenario("officeless_observability_buckets", observability_buckets),
    scenario("officeless_application_bucket", application_bucket),
    scenario("officeless_pod_identity", pod_identity),
    scenario("officeless_block_storage", block_storage),
    Scenario {
        type_name: "officeless_block_volume",
        configurations: block_volume,
        keeps: &["Snapshot"],
        uncounted: &["Snapshot"],
    },
    scenario("officeless_cache", cache),
    scenario("officeless_backup_plan", backup_plan),
];

const fn scenario(
    type_name: &'static str,
    configurations: fn(&Ground) -> Configurations,
) -> Scenario {
    Scenario { type_name, configurations, keeps: &[], uncounted: &[] }
}

/// Every operation of every scenario.
pub(crate) fn all() -> impl Iterator<Item = (Scenario, Operation)> {
    ALL.iter().flat_map(|scenario| Operation::ALL.map(|operation| (*scenario, operation)))
}

/// The operations that are asked for, by scenario.
pub(crate) fn asked_for(wish: &Wish) -> Vec<(Scenario, Operation)> {
    let asked = |(scenario, operation): &(Scenario, Operation)| {
        wish.wants(&format!("{}/{}", short(scenario.type_name), operation.name()))
    };
    all().filter(asked).collect()
}

/// A type name without the provider's.
pub(crate) fn short(type_name: &str) -> &str {
    type_name.trim_start_matches("officeless_")
}

/// An object with some attributes in place of its own.
fn with(base: &Value, attributes: Value) -> Value {
    let mut object = base.clone();
    if let (Value::Object(object), Value::Object(attributes)) = (&mut object, attributes) {
        object.extend(attributes);
    }
    object
}

fn shared_storage(ground: &Ground) -> Configurations {
    let first = json!({
        "name": "content", "cluster_name": CLUSTER, "deletion_protection": false,
        "create_security_group": true, "allowed_cidr_blocks": ["10.42.0.0/16"],
        "throughput_mode": "elastic", "backup_policy": "DISABLED", "backup_plan": "nightly",
        "lifecycle_policy": {
            "transition_to_ia": "AFTER_30_DAYS", "transition_to_archive": "AFTER_90_DAYS",
        },
        "enforce_encryption_in_transit": true, "csi_pod_identity": {},
        "replication_overwrite_protection": "DISABLED", "tags": { "team": "content" },
        "replication": { "destination_region": REPLICA_REGIONS[0] },
        "access_points": {
            "uploads": { "path": "/uploads", "owner_uid": 1000, "owner_gid": 1000 },
            "logs": { "path": "/logs", "posix_user": { "uid": 7, "gid": 7 } },
        },
    });
    let mut changed = with(
        &first,
        json!({
            "create_security_group": false, "subnet_ids": ground.subnets().get(1..),
            "security_group_ids": [ground.seeded.cluster_security_group_id],
            "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": 12.5,
            "backup_policy": "ENABLED", "lifecycle_policy": { "transition_to_ia": "AFTER_7_DAYS" },
            "replication_overwrite_protection": "ENABLED", "tags": { "team": "media" },
            "replication": { "destination_region": REPLICA_REGIONS[1] },
            "csi_pod_identity": null, "allow_root_access": true,
            "access_points": {
                "logs": { "path": "/logs", "posix_user": { "uid": 8, "gid": 8 } },
                "media": { "path": "/media" },
            },
        }),
    );
    if let Some(changed) = changed.as_object_mut() {
        changed.remove("allowed_cidr_blocks");
    }
    let replaced = with(&first, json!({ "kms_key_arn": ground.key }));
    Configurations { first, changed, replaced }
}

fn observability_buckets(ground: &Ground) -> Configurations {
    let prefix = format!("t{}", ground.account);
    let first = json!({
        "name_prefix": prefix, "deletion_protection": false, "force_destroy": true,
        "components": ["tempo"],
        "versioning": { "tempo-traces": "Enabled" }, "noncurrent_version_expiration_days": 14,
        "abort_incomplete_multipart_upload_days": 3, "enforce_tls": true,
        "tags": { "team": "monitoring" },
        "pod_identity": { "cluster_name": CLUSTER, "mode": "split", "role_name": "mon" },
    });
    let changed = with(
        &first,
        json!({
            "components": ["loki", "tempo"], "versioning": { "tempo-traces": "Suspended" },
            "sse_algorithm": "aws:kms", "kms_key_arn": ground.key, "enforce_tls": false,
            "access_logging": { "bucket": ground.bucket, "prefix": "logs/" },
            "noncurrent_version_expiration_days": 5, "tags": { "team": "platform" },
            "pod_identity": { "cluster_name": CLUSTER, "mode": "shared", "role_name": "other" },
        }),
    );
    let replaced = with(&first, json!({ "name_suffix": "two" }));
    Configurations { first, changed, replaced }
}

fn application_bucket(ground: &Ground) -> Configurations {
    let first = json!({
        "bucket": format!("app-{}", ground.account), "critical": true, "force_destroy": true,
        "deletion_protection": false, "cluster_name": CLUSTER, "tags": { "team": "shop" },
        "lifecycle_rules": [
            { "id": "old", "noncurrent_version_expiration": { "noncurrent_days": 30 } },
        ],
        "cors_rules": [
            { "allowed_methods": ["GET", "PUT"], "allowed_origins": ["https://a.example"] },
        ],
        "access_logging": { "bucket": ground.bucket, "prefix": "logs/" },
        "event_notifications": {
            "targets": { "q": { "arn": ground.queue, "events": ["s3:ObjectCreated:*"] } },
        },
        "policy_statements": [{
            "sid": "Partner", "principals": { "AWS": ["210987654321"] },
            "actions": ["s3:GetObject"], "resources": ["in/*"],
        }],
        "access": {
            "web": { "namespace": "shop", "service_account": "web", "level": "read_write" },
            "reports": { "namespace": "shop", "service_account": "reports", "level": "read" },
        },
        "replication": { "destination_bucket_arn": format!("arn:aws:s3:::{}", ground.bucket) },
    });
    let changed = with(
        &first,
        json!({
            "tags": { "team": "store" }, "sse_algorithm": "aws:kms", "kms_key_arn": ground.key,
            "lifecycle_rules": [{ "id": "all", "expiration": { "days": 400 } }],
            "cors_rules": null, "access_logging": null, "replication": null,
            "event_notifications": { "eventbridge": true }, "policy_statements": null,
            "object_lock": { "mode": "GOVERNANCE", "days": 1 },
            "access": {
                "web": { "namespace": "shop", "service_account": "site", "level": "read" },
                "jobs": { "namespace": "shop", "service_account": "jobs", "level": "read_write" },
            },
        }),
    );
    let other = format!("other-{}", ground.account);
    let replaced = with(&first, json!({ "bucket": other }));
    Configurations { first, changed, replaced }
}

fn pod_identity(_: &Ground) -> Configurations {
    let first = json!({
        "cluster_name": CLUSTER, "namespace": "content", "service_account": "app",
        "policy_arns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
        "presets": { "s3_read_write": { "resources": ["arn:aws:s3:::content/uploads/"] } },
        "tags": { "team": "content" },
    });
    let changed = with(
        &first,
        json!({
            "role_name": "renamed", "max_session_duration": 7200,
            "permissions_boundary_arn": "arn:aws:iam::aws:policy/PowerUserAccess",
            "policy_arns": ["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"],
            "disable_session_tags": true, "presets": null, "tags": { "team": "media" },
            "policy_statements": [{ "actions": ["ses:SendEmail"], "resources": ["*"] }],
        }),
    );
    let replaced = with(&first, json!({ "path": "/apps/" }));
    Configurations { first, changed, replaced }
}

fn block_storage(ground: &Ground) -> Configurations {
    let first = json!({
        "cluster_name": CLUSTER, "kms_key_arns": [ground.key], "tags": { "team": "platform" },
    });
    let settings = json!({ "controller": { "replicaCount": 3 } }).to_string();
    let changed = with(
        &first,
        json!({
            "addon_version": "v1.58.0-eksbuild.1", "configuration_values": settings,
            "role_name": "driver-of-demo", "managed_policy": "EKSClusterScoped",
            "kms_key_arns": null, "service_account": "ebs-driver", "tags": { "team": "storage" },
        }),
    );
    let replaced = with(&first, json!({ "namespace": "storage" }));
    Configurations { first, changed, replaced }
}

fn block_volume(ground: &Ground) -> Configurations {
    let first = json!({
        "name": "orders", "availability_zone": format!("{REGION}a"), "cluster_name": CLUSTER,
        "deletion_protection": false, "kms_key_arn": ground.key, "tags": { "team": "orders" },
    });
    let changed = with(
        &first,
        json!({
            "size": 300, "iops": 6000, "throughput": 500, "wait_for_optimization": true,
            "backup_plan": "databases", "tags": { "team": "shop" },
        }),
    );
    let replaced = with(&first, json!({ "availability_zone": format!("{REGION}b") }));
    Configurations { first, changed, replaced }
}

fn cache(ground: &Ground) -> Configurations {
    let user = |access: &str, password: &str, version: i64| {
        json!({
            "access_string": access, "passwords_wo": [password], "passwords_wo_version": version,
        })
    };
    let first = json!({
        "name": "app", "node_type": "cache.r7g.large", "subnet_ids": ground.subnets(),
        "allowed_security_group_ids": [ground.seeded.cluster_security_group_id],
        "cluster_mode": "enabled", "replicas_per_node_group": 1, "apply_immediately": true,
        "parameters": { "maxmemory-policy": "allkeys-lru" }, "tags": { "team": "web" },
        "autoscaling": { "dimension": "NodeGroups", "target_value": 50, "min": 2, "max": 4 },
        "users": {
            "reader": user("on ~* +@read", "Reader-Password-1", 1),
            "writer": user("on ~app:* +@all", "Writer-Password-1", 1),
        },
    });
    let changed = with(
        &first,
        json!({
            "node_type": "cache.r7g.xlarge", "autoscaling": null, "num_node_groups": 2,
            "parameters": { "maxmemory-policy": "volatile-lru" }, "tags": { "team": "shop" },
            "snapshot_retention_limit": 3, "description": "Sessions",
            "allowed_cidr_blocks": ["10.42.0.0/16"],
            "users": {
                "reader": user("on ~app:* +@read", "Reader-Password-2", 2),
                "signed": { "access_string": "on ~* +@all", "authentication": "iam" },
            },
        }),
    );
    let replaced = with(&first, json!({ "port": 6390 }));
    Configurations { first, changed, replaced }
}

fn backup_plan(ground: &Ground) -> Configurations {
    let account = &ground.account;
    let first = json!({
        "name": "daily", "force_destroy": true, "tags": { "team": "content" },
        "selection_tags": { "tier": "gold" },
        "resources": [format!("arn:aws:ec2:{REGION}:{account}:volume/vol-0123456789abcdef0")],
        "vault_lock": { "min_retention_days": 7 },
        "rules": [{ "name": "daily", "delete_after": 35 }],
    });
    let changed = with(
        &first,
        json!({
            "selection_tags": { "tier": "silver" }, "resources": null, "vault_lock": null,
            "include_s3": true, "manage_region_settings": true, "tags": { "team": "media" },
            "rules": [
                { "name": "daily", "delete_after": 14 },
                { "name": "weekly", "schedule": "cron(0 2 ? * SUN *)", "delete_after": 90 },
            ],
        }),
    );
    let replaced = with(&first, json!({ "name": "nightly" }));
    Configurations { first, changed, replaced }
}
