//! The rules of `officeless_block_volume`, each with the message a practitioner sees, and its plan
//! without AWS.

use serde_json::{Value as Json, json};

use super::{BlockVolume, Model};
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::resources::tests::Room;

fn room() -> Room {
    Room::new(BlockVolume)
}

/// A configuration with these attributes over the least ones.
fn with(further: Json) -> Json {
    let mut least = json!({ "name": "postgres-0", "availability_zone": "us-east-1a" });
    if let (Some(least), Json::Object(further)) = (least.as_object_mut(), further) {
        least.extend(further);
    }
    least
}

/// Every rule: a configuration that breaks it, the attribute blamed, what the message says.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_inputs() -> Vec<(Json, &'static str, &'static str)> {
    let key = "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-0000";
    vec![
        (json!({ "availability_zone": "us-east-1a" }), "name", "name is required"),
        (json!({ "name": "a" }), "availability_zone", "availability_zone is required"),
        (with(json!({ "name": "" })), "name", "must be 1 to 256 characters long, and has 0"),
        (
            with(json!({ "name": "Postgres 0" })),
            "name",
            "name is also the name of the PersistentVolume: \"Postgres 0\" is not a Kubernetes \
             object name",
        ),
        (
            with(json!({ "name": "Postgres 0" })),
            "name",
            "Change it, or give persistent_volume a name of its own.",
        ),
        (
            with(json!({ "availability_zone": "use1-az1" })),
            "availability_zone",
            "\"use1-az1\" is not the name of an Availability Zone",
        ),
        (with(json!({ "size": 0 })), "size", "size = 0: must be a whole number from 1 to 65536."),
        (with(json!({ "size": 70_000 })), "size", "must be a whole number from 1 to 65536"),
        (with(json!({ "size": 1.5 })), "size", "must be a whole number from 1 to 65536"),
        (
            with(json!({ "iops": 2_000 })),
            "iops",
            "iops = 2000: must be a whole number from 3000 to 80000.",
        ),
        (
            with(json!({ "size": 10, "iops": 6_000 })),
            "iops",
            "iops = 6000 is too much for size = 10 GiB: a gp3 volume has at most 500 IOPS for each \
             GiB, or 3000 at any size; lower iops to 5000, or raise size to 12 GiB.",
        ),
        (
            with(json!({ "iops": 80_000, "size": 159 })),
            "iops",
            "lower iops to 79500, or raise size to 160 GiB.",
        ),
        (
            with(json!({ "throughput": 100 })),
            "throughput",
            "throughput = 100: must be a whole number from 125 to 2000.",
        ),
        (
            with(json!({ "throughput": 800 })),
            "throughput",
            "throughput = 800 MiB/s is too much for iops = 3000: a gp3 volume has at most 0.25 \
             MiB/s for each IOPS; lower throughput to 750, or raise iops to 3200.",
        ),
        (
            with(json!({ "encrypted": false, "kms_key_arn": key })),
            "kms_key_arn",
            "kms_key_arn needs encrypted = true. Remove one of the two.",
        ),
        (with(json!({ "kms_key_arn": "alias/aws/ebs" })), "kms_key_arn", "an alias or a bare id"),
        (
            with(json!({ "snapshot_id": "latest" })),
            "snapshot_id",
            "must be a snapshot id such as snap-0123456789abcdef0",
        ),
        (
            with(json!({ "volume_initialization_rate": 200 })),
            "volume_initialization_rate",
            "Give snapshot_id, or remove volume_initialization_rate.",
        ),
        (
            with(json!({ "snapshot_id": "snap-0123456789abcdef0",
                "volume_initialization_rate": 50 })),
            "volume_initialization_rate",
            "must be a whole number from 100 to 300",
        ),
        (with(json!({ "cluster_name": "-x" })), "cluster_name", "is not an EKS cluster name"),
        (
            with(json!({ "fs_type": "XFS" })),
            "fs_type",
            "fs_type = \"XFS\": must be one of ext3, ext4, xfs.",
        ),
        (
            with(json!({ "persistent_volume": { "name": "A" } })),
            "persistent_volume.name",
            "\"A\" is not a Kubernetes object name",
        ),
        (
            with(json!({ "persistent_volume": { "storage_class_name": "GP3" } })),
            "persistent_volume.storage_class_name",
            "\"GP3\" is not a Kubernetes object name",
        ),
        (
            with(json!({ "persistent_volume": { "reclaim_policy": "Recycle" } })),
            "persistent_volume.reclaim_policy",
            "must be one of Retain, Delete",
        ),
        (
            with(json!({ "persistent_volume": { "claim_namespace": "a.b" } })),
            "persistent_volume.claim_namespace",
            "is not a Kubernetes label name",
        ),
        (
            with(json!({ "persistent_volume": { "claim_name": "-" } })),
            "persistent_volume.claim_name",
            "is not a Kubernetes object name",
        ),
        (
            with(json!({ "backup_plan": "every day" })),
            "backup_plan",
            "must be the name of a backup plan: 1 to 50 letters, digits and _.-",
        ),
        (
            with(json!({ "backup_plan": "a", "tags": { "officeless:backup": "b" } })),
            "backup_plan",
            "backup_plan writes the tag \"officeless:backup\", which tags has too. Remove one",
        ),
        (
            with(json!({ "data_classification": "secret" })),
            "data_classification",
            "must be one of public, internal, confidential, restricted",
        ),
        (
            with(json!({ "data_classification": "confidential", "encrypted": false })),
            "encrypted",
            "data_classification \"confidential\" requires encryption at rest",
        ),
        (
            with(json!({ "data_classification": "restricted" })),
            "kms_key_arn",
            "requires a customer key",
        ),
        (with(json!({ "timeouts": { "delete": "soon" } })), "timeouts.delete", "is not a duration"),
    ]
}

#[test]
fn each_wrong_input_is_refused_by_attribute_and_rule() {
    room().refuses(&wrong_inputs());
}

#[test]
fn what_gp3_can_breaks_no_rule() {
    for (size, iops, throughput) in [(1, 3_000, 125), (160, 80_000, 2_000), (65_536, 3_000, 750)] {
        let figures = json!({ "size": size, "iops": iops, "throughput": throughput });
        assert_eq!(room().validated(&with(figures)), Diagnostics::default());
    }
    let named = json!({ "name": "Any name", "persistent_volume": { "name": "any" } });
    assert_eq!(room().validated(&with(named)), Diagnostics::default());
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
    let output = room().planned(&with(json!({}))).await;
    assert_eq!(output.diagnostics, Diagnostics::default());
    for name in ["region", "tags_all", "id", "kms_key_arn", "state", "persistent_volume_manifest"] {
        assert_eq!(output.planned.get(name), &Dynamic::Unknown, "{name}");
    }
    let volume = output.planned.get("persistent_volume");
    assert_eq!(volume.get("name"), &Dynamic::from("postgres-0"));
    assert_eq!(volume.get("claim_name"), &Dynamic::from("postgres-0"));
    let Dynamic::String(claim) = output.planned.get("persistent_volume_claim_manifest") else {
        panic!("the claim needs no volume id")
    };
    assert!(claim.contains("storage: 200Gi"), "{claim}");
}

#[tokio::test]
async fn without_encryption_no_key_is_planned() {
    let output = room().planned(&with(json!({ "encrypted": false }))).await;
    assert_eq!(output.planned.get("kms_key_arn"), &Dynamic::Null);
}
