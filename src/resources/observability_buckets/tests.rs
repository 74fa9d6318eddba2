//! The rules of `officeless_observability_buckets`, each with the message a practitioner sees, and
//! its plan without AWS.

use serde_json::{Value as Json, json};

use super::{Model, ObservabilityBuckets};
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::resources::tests::Room;

fn room() -> Room {
    Room::new(ObservabilityBuckets)
}

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-0000-4000-8000-5e6ecbf04dfb";

/// Every rule: a configuration that breaks it, the attribute blamed, what the message says.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_inputs() -> Vec<(Json, &'static str, &'static str)> {
    let rule = |rule: Json| json!({ "extra_lifecycle_rules": { "x": rule } });
    let bucket = |bucket: Json| json!({ "buckets": { "loki-chunks": bucket } });
    vec![
        (json!({ "name_prefix": "Acme" }), "name_prefix", "must be lower-case letters"),
        (json!({ "name_prefix": "a.b" }), "name_prefix", "must be lower-case letters"),
        (json!({ "name_suffix": "-b" }), "name_suffix", "must be lower-case letters"),
        (
            json!({ "bucket_namespace": "private" }),
            "bucket_namespace",
            "must be one of global, account-regional",
        ),
        (
            json!({ "components": ["mimir", "grafana"] }),
            "components",
            "\"grafana\" must be one of mimir, loki, tempo",
        ),
        (json!({ "buckets": { "grafana": {} } }), "buckets", "\"grafana\" is no key of it"),
        (bucket(json!({ "name": "ab" })), "buckets[\"loki-chunks\"].name", "must be 3 to 63"),
        (
            bucket(json!({ "versioning": "on" })),
            "buckets[\"loki-chunks\"].versioning",
            "must be one of Enabled, Suspended, Disabled",
        ),
        (
            bucket(json!({ "noncurrent_version_expiration_days": 0 })),
            "buckets[\"loki-chunks\"].noncurrent_version_expiration_days",
            "must be a whole number from 1",
        ),
        (
            bucket(json!({ "kms_key_arn": KEY })),
            "buckets[\"loki-chunks\"].kms_key_arn",
            "needs sse_algorithm to be aws:kms or aws:kms:dsse",
        ),
        (
            json!({ "buckets": { "loki-chunks": { "versioning": "Enabled" } },
                "versioning": { "loki-chunks": "Enabled" } }),
            "buckets[\"loki-chunks\"].versioning",
            "is set in buckets and in versioning. Remove one of them.",
        ),
        (
            json!({ "sse_algorithm": "aes" }),
            "sse_algorithm",
            "must be one of AES256, aws:kms, aws:kms:dsse",
        ),
        (json!({ "sse_algorithm": "aws:kms", "kms_key_arn": "alias/x" }), "kms_key_arn", "alias/x"),
        (
            json!({ "kms_key_arn": KEY }),
            "kms_key_arn",
            "needs sse_algorithm to be aws:kms or aws:kms:dsse, and it is AES256 here",
        ),
        (
            json!({ "versioning": { "grafana": "Enabled" } }),
            "versioning",
            "\"grafana\" is no key of it",
        ),
        (
            json!({ "versioning": { "loki-ruler": "on" } }),
            "versioning",
            "\"on\" must be one of Enabled, Suspended, Disabled",
        ),
        (
            json!({ "noncurrent_version_expiration_days": 0 }),
            "noncurrent_version_expiration_days",
            "must be a whole number from 1",
        ),
        (
            json!({ "noncurrent_version_expiration_days": 1.5 }),
            "noncurrent_version_expiration_days",
            "must be a whole number from 1",
        ),
        (
            json!({ "abort_incomplete_multipart_upload_days": 0 }),
            "abort_incomplete_multipart_upload_days",
            "must be a whole number from 1",
        ),
        (
            json!({ "retention": { "metrics": "long" } }),
            "retention.metrics",
            "is not a retention period",
        ),
        (json!({ "retention": { "logs": "1h" } }), "retention.logs", "24h"),
        (
            rule(json!({ "bucket": "grafana", "expiration_days": 9 })),
            "extra_lifecycle_rules[\"x\"].bucket",
            "must be one of mimir-metrics",
        ),
        (
            rule(json!({ "bucket": "loki-chunks", "expiration_days": 9 })),
            "extra_lifecycle_rules[\"x\"]",
            "loki-chunks",
        ),
        (
            rule(json!({ "bucket": "loki-chunks", "prefix": "index/", "expiration_days": 9 })),
            "extra_lifecycle_rules[\"x\"]",
            "index/",
        ),
        (
            rule(json!({ "bucket": "mimir-metrics", "prefix": "a/", "expiration_days": 9 })),
            "extra_lifecycle_rules[\"x\"]",
            "mimir-metrics",
        ),
        (
            rule(json!({ "bucket": "mimir-ruler", "prefix": "a/", "expiration_days": 9 })),
            "extra_lifecycle_rules[\"x\"]",
            "mimir-ruler",
        ),
        (
            json!({ "retention": { "traces": "30d" },
                "extra_lifecycle_rules": { "x": { "bucket": "tempo-traces", "prefix": "a/",
                    "expiration_days": 9 } } }),
            "extra_lifecycle_rules[\"x\"]",
            "tempo-traces",
        ),
        (
            rule(json!({ "bucket": "tempo-traces", "prefix": "a/" })),
            "extra_lifecycle_rules[\"x\"]",
            "does nothing. Set expiration_days",
        ),
        (
            rule(json!({ "bucket": "tempo-traces", "prefix": "a/", "transition_days": 9 })),
            "extra_lifecycle_rules[\"x\"].transition_days",
            "no transition_storage_class. Say where objects move",
        ),
        (
            json!({ "access_logging": { "bucket": "x" } }),
            "access_logging.bucket",
            "must be 3 to 63",
        ),
        (
            json!({ "access_logging": { "prefix": "x" } }),
            "access_logging.bucket",
            "access_logging.bucket is required",
        ),
        (
            json!({ "pod_identity": { "mode": "both" } }),
            "pod_identity.mode",
            "must be one of shared, split",
        ),
        (json!({ "pod_identity": { "namespace": "Mon" } }), "pod_identity.namespace", "Mon"),
        (
            json!({ "pod_identity": { "mode": "split", "role_name": "x".repeat(64) } }),
            "pod_identity.role_name",
            "64",
        ),
        (
            json!({ "data_classification": "confidential", "enforce_tls": false }),
            "enforce_tls",
            "requires encryption in transit",
        ),
        (json!({ "data_classification": "restricted" }), "kms_key_arn", "requires a customer key"),
        (json!({ "timeouts": { "delete": "1 hour" } }), "timeouts.delete", "is not a duration"),
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
    let output = room().planned(&json!({ "name_prefix": "acme" })).await;
    assert_eq!(output.diagnostics.errors, []);
    for name in ["region", "bucket_arns", "helm_values", "tags_all", "role_arns"] {
        assert!(!output.planned.get(name).is_wholly_known(), "{name}");
    }
    assert_eq!(output.planned.get("sse_algorithm"), &Dynamic::from("AES256"));
}
