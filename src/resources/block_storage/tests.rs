//! The rules of `officeless_block_storage`, each with the message a practitioner sees, and its plan
//! without AWS.

use serde_json::{Value as Json, json};

use super::{BlockStorage, Model};
use crate::aws::eks::addons::OfferedVersion;
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::resources::tests::Room;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-0000";
const ROLE: &str = "arn:aws:iam::123456789012:role/driver";

fn room() -> Room {
    Room::new(BlockStorage)
}

/// Every rule: a configuration that breaks it, the attribute blamed, what the message says.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_inputs() -> Vec<(Json, &'static str, &'static str)> {
    let class = |class: Json| json!({ "storage_class": class });
    vec![
        (json!({ "cluster_name": "-x" }), "cluster_name", "is not an EKS cluster name"),
        (
            json!({ "addon_version": "1.42.0" }),
            "addon_version",
            "must be a version of the add-on such as v1.42.0-eksbuild.1",
        ),
        (
            json!({ "resolve_conflicts_on_create": "PRESERVE" }),
            "resolve_conflicts_on_create",
            "must be one of NONE, OVERWRITE",
        ),
        (
            json!({ "resolve_conflicts_on_update": "KEEP" }),
            "resolve_conflicts_on_update",
            "must be one of NONE, OVERWRITE, PRESERVE",
        ),
        (json!({ "configuration_values": "[]" }), "configuration_values", "must be a JSON object"),
        (json!({ "configuration_values": "a: 1" }), "configuration_values", "must be JSON"),
        (json!({ "namespace": "a.b" }), "namespace", "is not a Kubernetes label name"),
        (json!({ "service_account": "A" }), "service_account", "is not a Kubernetes object name"),
        (json!({ "wait_for": "ready" }), "wait_for", "must be one of active, degraded_ok, none"),
        (json!({ "role_name": "a/b" }), "role_name", "is not an IAM role name"),
        (json!({ "role_arn": "driver" }), "role_arn", "is not the ARN of an IAM role"),
        (
            json!({ "role_arn": ROLE, "role_name": "driver" }),
            "role_name",
            "role_name is for the role that this makes; role_arn names one of your own",
        ),
        (
            json!({ "role_arn": ROLE, "managed_policy": "legacy" }),
            "managed_policy",
            "managed_policy is for the role that this makes",
        ),
        (
            json!({ "role_arn": ROLE, "kms_key_arns": [KEY] }),
            "kms_key_arns",
            "kms_key_arns is for the role that this makes",
        ),
        (json!({ "managed_policy": "V1" }), "managed_policy", "must be one of V2, EKSClusterSc"),
        (
            json!({ "managed_policy": "EKSClusterScoped" }),
            "managed_policy",
            "needs driver 1.58.0 or newer, which tags volumes with their cluster; the driver of \
             addon_version is 1.42.0. Raise addon_version, or use \"V2\".",
        ),
        (json!({ "kms_key_arns": ["alias/a"] }), "kms_key_arns", "an alias or a bare id"),
        (class(json!({ "name": "GP3" })), "storage_class.name", "is not a Kubernetes object name"),
        (
            class(json!({ "provisioner": "efs.csi.aws.com" })),
            "storage_class.provisioner",
            "must be one of ebs.csi.aws.com",
        ),
        (
            class(json!({ "fs_type": "EXT4" })),
            "storage_class.fs_type",
            "must be one of ext3, ext4, xfs",
        ),
        (
            class(json!({ "iops": 100 })),
            "storage_class.iops",
            "must be a whole number from 3000 to 80000",
        ),
        (
            class(json!({ "iops": 20_000 })),
            "storage_class.iops",
            "version 1.42.0 of the EBS CSI driver makes gp3 volumes of at most 16000 IOPS whatever \
             the class says; lower iops to 16000, or use version 1.50.0 or newer of the driver.",
        ),
        (
            class(json!({ "iops": 4_000, "iops_per_gb": 50 })),
            "storage_class.iops_per_gb",
            "iops and iops_per_gb of the StorageClass exclude each other. Remove one of the two.",
        ),
        (
            class(json!({ "iops_per_gb": 501 })),
            "storage_class.iops_per_gb",
            "must be a whole number from 1 to 500",
        ),
        (
            class(json!({ "throughput": 3_000 })),
            "storage_class.throughput",
            "must be a whole number from 125 to 2000",
        ),
        (
            class(json!({ "throughput": 1_000 })),
            "storage_class.throughput",
            "throughput = 1000 MiB/s is too much for iops = 3000",
        ),
        (
            class(json!({ "encrypted": false, "kms_key_arn": KEY })),
            "storage_class.kms_key_arn",
            "needs encrypted = true; set it, or remove kms_key_arn.",
        ),
        (class(json!({ "kms_key_arn": "x" })), "storage_class.kms_key_arn", "not the ARN of a KMS"),
        (
            class(json!({ "volume_binding_mode": "Later" })),
            "storage_class.volume_binding_mode",
            "must be one of WaitForFirstConsumer, Immediate",
        ),
        (
            class(json!({ "reclaim_policy": "Recycle" })),
            "storage_class.reclaim_policy",
            "must be one of Delete, Retain",
        ),
        (
            class(json!({ "allowed_zones": ["a"] })),
            "storage_class.allowed_zones",
            "is not the name of an Availability Zone",
        ),
        (
            class(json!({ "tags": { "kubernetes.io/x": "y" } })),
            "storage_class.tags",
            "tag \"kubernetes.io/x\" cannot be put on volumes: the key is the driver's own or \
             reserved; choose another.",
        ),
        (
            json!({ "data_classification": "secret" }),
            "data_classification",
            "must be one of public, internal, confidential, restricted",
        ),
        (
            json!({ "data_classification": "confidential",
                "storage_class": { "encrypted": false } }),
            "storage_class.encrypted",
            "requires encryption at rest; set storage_class.encrypted = true",
        ),
        (
            json!({ "data_classification": "restricted" }),
            "storage_class.kms_key_arn",
            "requires a customer key",
        ),
        (json!({ "timeouts": { "create": "soon" } }), "timeouts.create", "is not a duration"),
    ]
}

#[test]
fn each_wrong_input_is_refused_by_attribute_and_rule() {
    room().refuses(&wrong_inputs());
}

#[test]
fn what_the_driver_can_breaks_no_rule() {
    for accepted in [
        json!({}),
        json!({ "addon_version": "v1.58.0-eksbuild.1", "managed_policy": "EKSClusterScoped" }),
        json!({ "addon_version": "v1.50.1-eksbuild.1", "storage_class": { "iops": 80_000 } }),
        json!({ "storage_class": { "iops_per_gb": 50, "throughput": 500 } }),
        json!({ "role_arn": ROLE, "storage_class": { "kms_key_arn": KEY } }),
    ] {
        assert_eq!(room().validated(&accepted), Diagnostics::default(), "{accepted}");
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

#[tokio::test]
async fn a_plan_without_a_known_provider_leaves_open_what_depends_on_it() {
    let output = room().planned(&json!({})).await;
    assert_eq!(output.diagnostics, Diagnostics::default());
    for name in ["region", "cluster_name", "role_name", "role_arn", "addon_status", "status"] {
        assert_eq!(output.planned.get(name), &Dynamic::Unknown, "{name}");
    }
    assert_eq!(output.planned.get("driver_version"), &Dynamic::from("1.42.0"));
    let Dynamic::String(class) = output.planned.get("storage_class_manifest") else {
        panic!("the class needs nothing of AWS")
    };
    assert!(class.contains("name: gp3-sc") && class.contains("iops: \"3000\""), "{class}");
}

#[tokio::test]
async fn a_ratio_takes_the_place_of_the_figure() {
    let output = room().planned(&json!({ "storage_class": { "iops_per_gb": 50 } })).await;
    assert_eq!(output.planned.get("storage_class").get("iops"), &Dynamic::Null);
}

#[tokio::test]
async fn the_provisioner_of_old_is_warned_of() {
    let class = json!({ "storage_class": { "provisioner": "kubernetes.io/aws-ebs" } });
    let output = room().planned(&class).await;
    let [warning] = output.diagnostics.warnings.as_slice() else {
        panic!("{:?}", output.diagnostics)
    };
    assert!(warning.detail.contains("left Kubernetes in 1.27"), "{}", warning.detail);
}

#[test]
fn the_newest_version_is_told_by_its_numbers() {
    let offered = |versions: &[&str]| {
        let version = |version: &&str| OfferedVersion {
            version: (*version).to_owned(),
            ..OfferedVersion::default()
        };
        versions.iter().map(version).collect::<Vec<_>>()
    };
    let newest = super::read::latest(&offered(&[
        "v1.9.0-eksbuild.1",
        "v1.42.0-eksbuild.2",
        "v1.42.0-eksbuild.10",
        "v1.30.0-eksbuild.1",
    ]));
    assert_eq!(newest.as_deref(), Some("v1.42.0-eksbuild.10"));
    assert_eq!(super::read::latest(&[]), None);
}
