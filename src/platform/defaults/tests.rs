//! The defaults agree with the platform document, with themselves, and with the rules.

use serde_json::{Value, json};

use super::*;
use crate::platform::classification::DataClassification;
use crate::platform::naming::{BucketNamespace, Form, check, check_bucket_name};
use crate::platform::stores::Store;
use crate::platform::{duration, kubernetes};

fn tree() -> Value {
    serde_json::to_value(PLATFORM).unwrap()
}

#[test]
fn the_facts_of_the_platform_document_are_where_a_module_looks_for_them() {
    let tree = tree();
    for (pointer, value) in [
        ("/block_storage/addon_version", json!("v1.42.0-eksbuild.1")),
        ("/block_storage/storage_class/name", json!("gp3-sc")),
        ("/block_storage/storage_class/provisioner", json!("ebs.csi.aws.com")),
        ("/block_storage/storage_class/type", json!("gp3")),
        ("/block_storage/storage_class/fs_type", json!("ext4")),
        ("/block_storage/storage_class/iops", json!(3000)),
        ("/block_storage/storage_class/throughput", json!(125)),
        ("/block_volume/size", json!(200)),
        ("/shared_storage/name", json!("eks-shared-storage")),
        ("/shared_storage/csi_chart_version", json!("3.1.8")),
        ("/shared_storage/performance_mode", json!("generalPurpose")),
        ("/shared_storage/throughput_mode", json!("bursting")),
        ("/shared_storage/encrypted", json!(true)),
        ("/shared_storage/storage_class/directory_perms", json!("700")),
        ("/shared_storage/storage_class/mount_options", json!(["iam"])),
        ("/observability/components", json!(["mimir", "loki", "tempo"])),
        ("/observability/pod_identity/role_name", json!("monitoring-role")),
        ("/observability/pod_identity/service_account", json!("monitoring-sa")),
        ("/cache/engine", json!("valkey")),
        ("/network/availability_zones", json!(3)),
        (
            "/data_classification/levels",
            json!(["public", "internal", "confidential", "restricted"]),
        ),
    ] {
        assert_eq!(tree.pointer(pointer), Some(&value), "{pointer}");
    }
}

#[test]
fn the_six_buckets_are_a_map_by_key() {
    let tree = tree();
    let buckets = tree["observability"]["buckets"].as_object().unwrap();
    let keys: Vec<&str> = buckets.keys().map(String::as_str).collect();
    assert_eq!(keys, Store::ALL.map(Store::key));
    assert_eq!(
        buckets["mimir-metrics"],
        json!({
            "name": "mimir-metrics",
            "versioning": "Disabled",
            "noncurrent_version_expiration_days": 7,
        })
    );
    assert_eq!(
        buckets["loki-ruler"],
        json!({
            "name": "loki-ruler",
            "versioning": "Enabled",
            "noncurrent_version_expiration_days": 30,
        })
    );
}

#[test]
fn only_configuration_stores_are_versioned() {
    let versioned: Vec<Store> = Store::ALL
        .into_iter()
        .filter(|s| OBSERVABILITY.buckets.of(*s).unwrap().versioning == "Enabled")
        .collect();
    assert_eq!(versioned, [Store::MimirAlertmanager, Store::MimirRuler, Store::LokiRuler]);
}

#[test]
fn no_leaf_is_null_and_every_name_is_snake_case() {
    fn walk(path: &str, value: &Value) {
        match value {
            Value::Null => panic!("{path} is null"),
            Value::Array(items) => {
                assert!(items.iter().all(Value::is_string), "{path} is not a list of strings");
            }
            Value::Object(entries) => {
                for (key, inner) in entries {
                    let bucket_key = path.ends_with("/buckets");
                    let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                    assert!(bucket_key || key.chars().all(snake), "{path}/{key}");
                    walk(&format!("{path}/{key}"), inner);
                }
            }
            _ => {}
        }
    }
    walk("", &tree());
}

#[test]
fn every_timeout_is_a_duration() {
    let all = [
        BLOCK_STORAGE.timeouts,
        BLOCK_VOLUME.timeouts,
        SHARED_STORAGE.timeouts,
        OBSERVABILITY.timeouts,
        APPLICATION_BUCKET.timeouts,
        CACHE.timeouts,
    ];
    for Timeouts { create, update, delete } in all {
        for text in [create, update, delete] {
            assert!(duration::parse(text).is_ok_and(|d| !d.is_zero()), "{text}");
        }
    }
    assert!(duration::Retention::parse(OBSERVABILITY.tempo_default_retention).is_ok());
}

#[test]
fn default_names_pass_the_rules() {
    for store in Store::ALL {
        assert_eq!(check_bucket_name(store.key()), Ok(()));
    }
    let identity = OBSERVABILITY.pod_identity;
    let csi = SHARED_STORAGE.csi_pod_identity;
    for (form, name) in [
        (Form::RoleName, identity.role_name),
        (Form::DnsLabel, identity.namespace),
        (Form::DnsSubdomain, identity.service_account),
        (Form::DnsLabel, csi.namespace),
        (Form::DnsSubdomain, csi.controller_service_account),
        (Form::DnsSubdomain, csi.node_service_account),
        (Form::DnsSubdomain, SHARED_STORAGE.storage_class.name),
        (Form::DnsSubdomain, BLOCK_STORAGE.storage_class.name),
    ] {
        assert_eq!(check(form, name), Ok(()));
    }
    assert!(BucketNamespace::parse(OBSERVABILITY.bucket_namespace).is_some());
    assert!(BucketNamespace::parse(APPLICATION_BUCKET.bucket_namespace).is_some());
}

#[test]
fn the_default_chart_version_is_a_known_one() {
    let driver = kubernetes::driver_for_chart(SHARED_STORAGE.csi_chart_version).unwrap();
    assert_eq!((driver.version.to_string().as_str(), driver.note), ("2.1.7", None));
}

#[test]
fn the_classification_thresholds_are_those_of_the_rules() {
    for level in DataClassification::ALL {
        assert_eq!(level.requires_encryption(), level >= CLASSIFICATION.encryption_from);
        assert_eq!(level.requires_customer_key(), level >= CLASSIFICATION.customer_key_from);
    }
}
