//! The rules of `officeless_shared_storage`, each with the message a practitioner sees, and its
//! plan without AWS.

use serde_json::{Value as Json, json};

use super::{Model, SharedStorage};
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::resources::tests::Room;

fn room() -> Room {
    Room::new(SharedStorage)
}

/// Every rule: a configuration that breaks it, the attribute blamed, what the message says.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_inputs() -> Vec<(Json, &'static str, &'static str)> {
    let long = "x".repeat(257);
    let point = |point: Json| json!({ "access_points": { "a": point } });
    vec![
        (json!({ "name": "" }), "name", "must be 1 to 256 characters long, and has 0"),
        (json!({ "name": long }), "name", "must be 1 to 256 characters long, and has 257"),
        (json!({ "creation_token": "x".repeat(65) }), "creation_token", "must be 1 to 64"),
        (json!({ "cluster_name": "-x" }), "cluster_name", "-x"),
        (json!({ "subnet_ids": [] }), "subnet_ids", "must have 1 to 20 elements, and has 0"),
        (json!({ "subnet_ids": ["vpc-1"] }), "subnet_ids", "\"vpc-1\" must be a subnet id"),
        (
            json!({ "security_group_ids": ["default"] }),
            "security_group_ids",
            "\"default\" must be a security group id",
        ),
        (
            json!({ "security_group_ids": ["sg-00000001", "sg-00000002", "sg-00000003",
                "sg-00000004", "sg-00000005", "sg-00000006"] }),
            "security_group_ids",
            "must have 1 to 5 elements, and has 6",
        ),
        (
            json!({ "create_security_group": true, "security_group_ids": ["sg-00000001"] }),
            "security_group_ids",
            "Remove security_group_ids, or set create_security_group = false.",
        ),
        (
            json!({ "allowed_cidr_blocks": ["10.0.0.0/8"] }),
            "allowed_cidr_blocks",
            "Set create_security_group = true",
        ),
        (
            json!({ "allowed_security_group_ids": ["sg-00000001"] }),
            "allowed_security_group_ids",
            "Set create_security_group = true",
        ),
        (
            json!({ "create_security_group": true, "allowed_cidr_blocks": ["10.0.0.0/33"] }),
            "allowed_cidr_blocks",
            "\"10.0.0.0/33\" must be an address range such as 10.0.0.0/16",
        ),
        (
            json!({ "create_security_group": true, "allowed_cidr_blocks": ["10.42.0.1/16"] }),
            "allowed_cidr_blocks",
            "\"10.42.0.1/16\" must be written 10.42.0.0/16",
        ),
        (
            json!({ "create_security_group": true, "allowed_cidr_blocks": ["FD00::0/8"] }),
            "allowed_cidr_blocks",
            "\"FD00::0/8\" must be written fd00::/8",
        ),
        (
            json!({ "performance_mode": "fast" }),
            "performance_mode",
            "performance_mode = \"fast\": must be one of generalPurpose, maxIO.",
        ),
        (
            json!({ "performance_mode": "maxIO", "throughput_mode": "elastic" }),
            "performance_mode",
            "does not go with throughput_mode = \"elastic\"",
        ),
        (
            json!({ "performance_mode": "maxIO", "availability_zone_name": "us-east-1a" }),
            "performance_mode",
            "does not go with a One Zone file system",
        ),
        (
            json!({ "throughput_mode": "burst" }),
            "throughput_mode",
            "throughput_mode = \"burst\": must be one of bursting, provisioned, elastic.",
        ),
        (
            json!({ "throughput_mode": "provisioned" }),
            "provisioned_throughput_in_mibps",
            "needs provisioned_throughput_in_mibps. Set it, in MiB/s, or choose another mode.",
        ),
        (
            json!({ "provisioned_throughput_in_mibps": 8 }),
            "provisioned_throughput_in_mibps",
            "for throughput_mode = \"provisioned\" only",
        ),
        (
            json!({ "throughput_mode": "provisioned", "provisioned_throughput_in_mibps": 4000 }),
            "provisioned_throughput_in_mibps",
            "must be from 1 to 3414 MiB/s",
        ),
        (
            json!({ "encrypted": false,
                "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-0000" }),
            "kms_key_arn",
            "kms_key_arn needs encrypted = true. Remove one of the two.",
        ),
        (json!({ "kms_key_arn": "alias/mine" }), "kms_key_arn", "alias/mine"),
        (
            json!({ "availability_zone_name": "us-east-1a",
                "subnet_ids": ["subnet-00000001", "subnet-00000002"] }),
            "subnet_ids",
            "Give exactly one subnet, in that zone.",
        ),
        (
            json!({ "lifecycle_policy": {} }),
            "lifecycle_policy",
            "lifecycle_policy has no transition.",
        ),
        (
            json!({ "lifecycle_policy": { "transition_to_ia": "AFTER_2_DAYS" } }),
            "lifecycle_policy.transition_to_ia",
            "must be one of AFTER_1_DAY, AFTER_7_DAYS",
        ),
        (
            json!({ "lifecycle_policy": { "transition_to_primary_storage_class": "NEVER" } }),
            "lifecycle_policy.transition_to_primary_storage_class",
            "must be one of AFTER_1_ACCESS",
        ),
        (
            json!({ "throughput_mode": "elastic", "lifecycle_policy": {
                "transition_to_ia": "AFTER_30_DAYS", "transition_to_archive": "AFTER_30_DAYS" } }),
            "lifecycle_policy.transition_to_archive",
            "must come later than transition_to_ia = \"AFTER_30_DAYS\"",
        ),
        (
            json!({ "lifecycle_policy": { "transition_to_archive": "AFTER_30_DAYS" } }),
            "lifecycle_policy.transition_to_archive",
            "Archive needs throughput_mode = \"elastic\"",
        ),
        (
            json!({ "backup_plan": "every day" }),
            "backup_plan",
            "must be the name of a backup plan: 1 to 50 letters, digits and _.-",
        ),
        (json!({ "backup_plan": "" }), "backup_plan", "must be the name of a backup plan"),
        (
            json!({ "backup_plan": "a", "tags": { "officeless:backup": "b" } }),
            "backup_plan",
            "backup_plan writes the tag \"officeless:backup\", which tags has too. Remove one",
        ),
        (json!({ "backup_policy": "on" }), "backup_policy", "must be one of ENABLED, DISABLED"),
        (json!({ "client_role_arns": ["monitoring-role"] }), "client_role_arns", "monitoring-role"),
        (json!({ "policy": "[]" }), "policy", "must be a JSON object"),
        (json!({ "policy": "{" }), "policy", "must be JSON"),
        (
            json!({ "policy": "{}", "enforce_encryption_in_transit": false }),
            "enforce_encryption_in_transit",
            "Remove enforce_encryption_in_transit and say it in policy, or remove policy.",
        ),
        (
            json!({ "policy": "{}", "allow_root_access": true }),
            "allow_root_access",
            "policy replaces the policy",
        ),
        (
            json!({ "policy": "{}",
                "client_role_arns": ["arn:aws:iam::123456789012:role/a"] }),
            "client_role_arns",
            "policy replaces the policy",
        ),
        (point(json!({ "path": "uploads" })), "access_points[\"a\"].path", "uploads"),
        (point(json!({ "path": "/a/b/c/d/e" })), "access_points[\"a\"].path", "/a/b/c/d/e"),
        (point(json!({ "path": "/a/../b" })), "access_points[\"a\"].path", "/a/../b"),
        (
            point(json!({ "path": "/a", "permissions": "888" })),
            "access_points[\"a\"].permissions",
            "888",
        ),
        (
            point(json!({ "path": "/", "owner_uid": 7 })),
            "access_points[\"a\"].path",
            "root of the file system, which exists already",
        ),
        (
            point(json!({ "path": "/a", "owner_uid": -1 })),
            "access_points[\"a\"].owner_uid",
            "must be a whole number from 0 to 4294967295",
        ),
        (
            point(json!({ "path": "/a", "posix_user": { "uid": 1, "gid": 1,
                "secondary_gids": (0..17).collect::<Vec<i64>>() } })),
            "access_points[\"a\"].posix_user.secondary_gids",
            "must have 1 to 16 elements, and has 17",
        ),
        (
            json!({ "replication": { "destination_file_system_id": "fs-00000001",
                "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-0000" } }),
            "replication.kms_key_arn",
            "kms_key_arn is for a replica that AWS creates",
        ),
        (
            json!({ "replication": { "destination_file_system_id": "disk" } }),
            "replication.destination_file_system_id",
            "disk",
        ),
        (
            json!({ "replication_overwrite_protection": "REPLICATING" }),
            "replication_overwrite_protection",
            "must be one of ENABLED, DISABLED",
        ),
        (
            json!({ "csi_chart_version": "latest" }),
            "csi_chart_version",
            "must be a version such as 3.1.8",
        ),
        (
            json!({ "storage_class": { "uid": 7 } }),
            "storage_class.gid",
            "uid and gid of the StorageClass go together. Give both, or neither.",
        ),
        (
            json!({ "storage_class": { "gid_range_start": i64::MIN, "gid_range_end": i64::MAX } }),
            "storage_class.gid_range_end",
            "must rise and hold at most",
        ),
        (
            json!({ "storage_class": { "gid_range_start": 1, "gid_range_end": 20000 } }),
            "storage_class.gid_range_end",
            "hold at most 10000 groups",
        ),
        (
            json!({ "storage_class": { "gid_range_start": 1 } }),
            "storage_class.gid_range_end",
            "gid_range_start and gid_range_end go together.",
        ),
        (
            json!({ "storage_class": { "directory_perms": "rwx" } }),
            "storage_class.directory_perms",
            "must be an octal mode such as 700",
        ),
        (
            json!({ "data_classification": "secret" }),
            "data_classification",
            "must be one of public, internal, confidential, restricted",
        ),
        (
            json!({ "data_classification": "confidential", "encrypted": false }),
            "encrypted",
            "data_classification \"confidential\" requires encryption at rest",
        ),
        (
            json!({ "data_classification": "confidential",
                "enforce_encryption_in_transit": false }),
            "enforce_encryption_in_transit",
            "requires encryption in transit",
        ),
        (json!({ "data_classification": "restricted" }), "kms_key_arn", "requires a customer key"),
        (json!({ "timeouts": { "create": "soon" } }), "timeouts.create", "is not a duration"),
    ]
}

#[test]
fn each_wrong_input_is_refused_by_attribute_and_rule() {
    room().refuses(&wrong_inputs());
}

#[test]
fn the_least_configuration_breaks_no_rule() {
    assert_eq!(room().validated(&json!({})), Diagnostics::default());
}

#[test]
fn unknown_values_break_no_rule() {
    assert_eq!(room().validated_unknown(), Diagnostics::default());
}

#[test]
fn model_and_schema_agree() {
    assert_model_fits::<Model>(&super::schema::schema());
}

#[tokio::test]
async fn a_plan_without_a_known_provider_leaves_open_what_depends_on_it() {
    let output = room().planned(&json!({ "access_points": { "a": { "path": "/a" } } })).await;
    assert_eq!(output.diagnostics, Diagnostics::default());
    for name in ["region", "subnet_ids", "security_group_ids", "tags_all", "id", "policy_json"] {
        assert_eq!(output.planned.get(name), &Dynamic::Unknown, "{name}");
    }
    assert_eq!(output.planned.get("name"), &Dynamic::from("eks-shared-storage"));
    assert_eq!(output.planned.get("access_point_ids").get("a"), &Dynamic::Unknown);
    assert_eq!(
        output.planned.get("access_points").get("a").get("permissions"),
        &Dynamic::from("755")
    );
}

#[tokio::test]
async fn a_chart_whose_driver_is_not_known_is_refused_when_planned() {
    let output = room().planned(&json!({ "csi_chart_version": "1.0.0" })).await;
    assert!(!output.diagnostics.errors.is_empty());
}
