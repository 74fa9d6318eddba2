//! Each wrong input of `officeless_application_bucket`, with the attribute that is told and the message
//! that a practitioner sees.

use serde_json::{Value as Json, json};

use super::{room, rule, with};
use crate::resources::application_bucket::wanted::RETENTION_RULE;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0e5f0000-0000-4000-8000-5e6ecbf04dfb";

fn statement(members: Json) -> Json {
    let mut statement =
        json!({ "principals": { "AWS": ["210987654321"] }, "actions": ["s3:GetObject"] });
    if let (Some(statement), Json::Object(members)) = (statement.as_object_mut(), members) {
        statement.extend(members);
    }
    with(json!({ "policy_statements": [statement] }))
}

fn entry(members: Json) -> Json {
    let mut entry = json!({ "namespace": "shop", "service_account": "web", "level": "read" });
    if let (Some(entry), Json::Object(members)) = (entry.as_object_mut(), members) {
        entry.extend(members);
    }
    with(json!({ "access": { "web": entry } }))
}

/// Every rule on names, protection and data.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_settings() -> Vec<(Json, &'static str, &'static str)> {
    vec![
        (json!({}), "bucket", "Neither bucket nor bucket_prefix is given"),
        (with(json!({ "bucket_prefix": "a" })), "bucket_prefix", "are both given"),
        (json!({ "bucket": "ab" }), "bucket", "must be 3 to 63"),
        (json!({ "bucket": "a.b" }), "bucket", "contains a dot"),
        (json!({ "bucket": "Acme" }), "bucket", "upper-case letter"),
        (json!({ "bucket": "acme-an" }), "bucket", "account-regional"),
        (json!({ "bucket_prefix": "x".repeat(38) }), "bucket_prefix", "must be 1 to 37"),
        (json!({ "bucket_prefix": "-x" }), "bucket_prefix", "must be lower-case letters"),
        (with(json!({ "bucket_namespace": "x" })), "bucket_namespace", "must be one of global"),
        (with(json!({ "versioning": "on" })), "versioning", "must be one of Enabled"),
        (
            with(json!({ "versioning": "Suspended", "critical": true })),
            "versioning",
            "critical = true needs versioning to be Enabled",
        ),
        (
            with(json!({ "versioning": "Disabled", "object_lock": {} })),
            "versioning",
            "object_lock needs versioning to be Enabled",
        ),
        (
            with(json!({ "versioning": "Suspended",
                "replication": { "destination_bucket_arn": "arn:aws:s3:::copies" } })),
            "versioning",
            "replication needs versioning to be Enabled",
        ),
        (with(json!({ "sse_algorithm": "aes" })), "sse_algorithm", "must be one of AES256"),
        (with(json!({ "kms_key_arn": KEY })), "kms_key_arn", "needs sse_algorithm to be aws:kms"),
        (
            with(json!({ "sse_algorithm": "aws:kms", "kms_key_arn": "alias/x" })),
            "kms_key_arn",
            "is not the ARN of a KMS key",
        ),
        (
            with(json!({ "blocked_encryption_types": ["SSE-S3"] })),
            "blocked_encryption_types",
            "must be one of SSE-C",
        ),
        (
            with(json!({ "transition_default_minimum_object_size": "none" })),
            "transition_default_minimum_object_size",
            "must be one of all_storage_classes_128K",
        ),
        (with(json!({ "retention_days": 0 })), "retention_days", "must be a whole number from 1"),
        (
            with(json!({ "retention_days": 29,
                "object_lock": { "mode": "GOVERNANCE", "days": 30 } })),
            "retention_days",
            "is shorter than the 30 days for which object_lock keeps every version",
        ),
        (
            with(json!({ "retention_days": 364,
                "object_lock": { "mode": "COMPLIANCE", "years": 1 } })),
            "retention_days",
            "is shorter than the 365 days",
        ),
        (
            with(json!({ "object_lock": { "mode": "LEGAL", "days": 1 } })),
            "object_lock.mode",
            "must be one of GOVERNANCE, COMPLIANCE",
        ),
        (
            with(json!({ "object_lock": { "mode": "GOVERNANCE", "days": 1, "years": 1 } })),
            "object_lock",
            "has days = 1 and years = 1. Keep one of the two.",
        ),
        (
            with(json!({ "object_lock": { "mode": "GOVERNANCE" } })),
            "object_lock",
            "and no time. Give days or years.",
        ),
        (with(json!({ "object_lock": { "days": 1 } })), "object_lock", "has a time and no mode"),
        (
            with(json!({ "access_logging": { "bucket": "acme-uploads" } })),
            "access_logging.bucket",
            "is this very bucket",
        ),
        (
            with(json!({ "access_logging": {} })),
            "access_logging.bucket",
            "access_logging.bucket is required",
        ),
        (
            with(json!({ "bypass_governance_retention": true })),
            "bypass_governance_retention",
            "does nothing without force_destroy = true",
        ),
        (
            with(json!({ "data_classification": "confidential", "enforce_tls": false })),
            "enforce_tls",
            "requires encryption in transit",
        ),
        (
            with(json!({ "data_classification": "restricted" })),
            "kms_key_arn",
            "requires a customer key",
        ),
        (
            with(json!({ "block_public_access": false })),
            "block_public_access",
            "needs data_classification = \"public\", and it is \"internal\" here",
        ),
        (with(json!({ "timeouts": { "create": "soon" } })), "timeouts.create", "is not a duration"),
    ]
}

/// Every rule on lifecycle rules.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_rules() -> Vec<(Json, &'static str, &'static str)> {
    let first = "lifecycle_rules[0]";
    let uploads = "lifecycle_rules[0].abort_incomplete_multipart_upload_days";
    vec![
        (rule(json!({})), first, "does nothing"),
        (
            rule(json!({ "id": null, "expiration": { "days": 1 } })),
            "lifecycle_rules[0].id",
            "required",
        ),
        (
            rule(json!({ "id": "x".repeat(256), "expiration": { "days": 1 } })),
            "lifecycle_rules[0].id",
            "must be 1 to 255",
        ),
        (
            rule(json!({ "id": RETENTION_RULE, "expiration": { "days": 1 } })),
            "lifecycle_rules[0].id",
            "the rule that retention_days makes",
        ),
        (
            with(json!({ "lifecycle_rules": [
                { "id": "x", "expiration": { "days": 1 } },
                { "id": "x", "expiration": { "days": 2 } } ] })),
            "lifecycle_rules[1].id",
            "is there twice",
        ),
        (
            rule(json!({ "expiration": {} })),
            "lifecycle_rules[0].expiration",
            "must have one of days",
        ),
        (
            rule(json!({ "expiration": { "days": 1, "date": "2030-01-01" } })),
            "lifecycle_rules[0].expiration",
            "must have one of days",
        ),
        (
            rule(json!({ "expiration": { "days": 1, "expired_object_delete_marker": true } })),
            "lifecycle_rules[0].expiration",
            "must have one of days",
        ),
        (
            rule(json!({ "expiration": { "date": "tomorrow" } })),
            "lifecycle_rules[0].expiration.date",
            "must be a day, as in 2030-01-01",
        ),
        (
            rule(json!({ "tags": { "a": "b" },
                "expiration": { "expired_object_delete_marker": true } })),
            "lifecycle_rules[0].expiration",
            "removes delete markers of objects with certain tags",
        ),
        (
            rule(json!({ "tags": { "a": "b" }, "abort_incomplete_multipart_upload_days": 1 })),
            uploads,
            "drops uploads of objects with certain tags",
        ),
        (
            rule(
                json!({ "object_size_less_than": 5, "abort_incomplete_multipart_upload_days": 1 }),
            ),
            uploads,
            "drops uploads of objects with certain tags or sizes",
        ),
        (
            rule(json!({ "object_size_greater_than": 5, "object_size_less_than": 5,
                "expiration": { "days": 1 } })),
            "lifecycle_rules[0].object_size_less_than",
            "for none",
        ),
        (
            rule(json!({ "transitions": [{ "storage_class": "GLACIER" }] })),
            "lifecycle_rules[0].transitions",
            "one of days and date in each transition",
        ),
        (
            rule(json!({ "transitions": [{ "days": 1, "storage_class": "STANDARD" }] })),
            "lifecycle_rules[0].transitions[0].storage_class",
            "must be one of STANDARD_IA",
        ),
        (
            rule(json!({ "transitions": [{ "days": 90, "storage_class": "GLACIER" }],
                "expiration": { "days": 90 } })),
            "lifecycle_rules[0].transitions",
            "S3 requires the deletion to be later than every move",
        ),
        (
            rule(json!({ "transitions": [{ "days": 30, "storage_class": "GLACIER" },
                { "days": 90, "storage_class": "STANDARD_IA" }] })),
            "lifecycle_rules[0].transitions",
            "which S3 does not do",
        ),
        (
            rule(json!({ "noncurrent_version_expiration": { "noncurrent_days": 0 } })),
            "lifecycle_rules[0].noncurrent_version_expiration.noncurrent_days",
            "must be a whole number from 1",
        ),
        (
            rule(json!({ "noncurrent_version_expiration":
                { "noncurrent_days": 1, "newer_noncurrent_versions": 101 } })),
            "lifecycle_rules[0].noncurrent_version_expiration.newer_noncurrent_versions",
            "must be a whole number from 1 to 100",
        ),
        (
            rule(json!({ "noncurrent_version_transitions":
                [{ "noncurrent_days": 90, "storage_class": "GLACIER" }],
                "noncurrent_version_expiration": { "noncurrent_days": 30 } })),
            "lifecycle_rules[0].noncurrent_version_transitions",
            "deletes objects on day 30 and moves them to GLACIER on day 90",
        ),
        (
            with(json!({ "retention_days": 9, "lifecycle_rules": (0..1000)
                .map(|n| json!({ "id": n.to_string(), "expiration": { "days": 1 } }))
                .collect::<Vec<_>>() })),
            "lifecycle_rules",
            "make 1001 rules, and S3 takes 1000",
        ),
    ]
}

/// Every rule on who may use the bucket, who is told, and where it is copied.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_access() -> Vec<(Json, &'static str, &'static str)> {
    let copies = |members: Json| with(json!({ "replication": members }));
    let target =
        |members: Json| with(json!({ "event_notifications": { "targets": { "q": members } } }));
    let cors = |members: Json| with(json!({ "cors_rules": [members] }));
    vec![
        (entry(json!({ "namespace": "Shop" })), "access[\"web\"].namespace", "Shop"),
        (entry(json!({ "service_account": "a b" })), "access[\"web\"].service_account", "a b"),
        (
            entry(json!({ "level": "admin" })),
            "access[\"web\"].level",
            "must be one of read, read_write",
        ),
        (entry(json!({ "prefix": "a*" })), "access[\"web\"].prefix", "without *, ? and $"),
        (
            with(json!({ "access": {
                "a": { "namespace": "shop", "service_account": "web", "level": "read" },
                "b": { "namespace": "shop", "service_account": "web", "level": "read_write" } } })),
            "access[\"b\"].service_account",
            "are both for service account shop/web, which can have one role only",
        ),
        (
            with(json!({ "access": {
                "a/b": { "namespace": "shop", "service_account": "web", "level": "read" } } })),
            "access[\"a/b\"]",
            "becomes part of a role's name",
        ),
        (
            statement(json!({ "principals": { "AWS": ["*"] } })),
            "policy_statements",
            "data_classification \"internal\" forbids public access",
        ),
        (
            statement(json!({ "principals": { "AWS": ["*"] } })),
            "policy_statements[0].principals",
            "which S3 refuses while block_public_access = true",
        ),
        (
            statement(json!({ "principals": null })),
            "policy_statements[0].principals",
            "one of principals and not_principals",
        ),
        (
            statement(json!({ "not_actions": ["s3:*"] })),
            "policy_statements[0].actions",
            "one of actions and not_actions",
        ),
        (
            statement(json!({ "resources": ["a"], "not_resources": ["b"] })),
            "policy_statements[0].resources",
            "one of resources and not_resources",
        ),
        (statement(json!({ "effect": "allow" })), "policy_statements[0].effect", "Allow, Deny"),
        (statement(json!({ "sid": "a-b" })), "policy_statements[0].sid", "letters and digits"),
        (
            statement(json!({ "principals": { "User": ["x"] } })),
            "policy_statements[0].principals",
            "\"User\" is no key of it",
        ),
        (
            statement(json!({ "sid": "DenyInsecureTransport" })),
            "policy_statements",
            "\"DenyInsecureTransport\" occurs twice",
        ),
        (
            statement(json!({ "resources": (0..400)
                .map(|n| format!("{n}{}", "x".repeat(60))).collect::<Vec<_>>() })),
            "policy_statements",
            "AWS takes at most 20480",
        ),
        (
            cors(json!({ "allowed_methods": ["PATCH"], "allowed_origins": ["*"] })),
            "cors_rules[0].allowed_methods",
            "must be one of GET, PUT, POST, DELETE, HEAD",
        ),
        (
            cors(json!({ "allowed_methods": ["GET"], "allowed_origins": ["*.*"] })),
            "cors_rules[0].allowed_origins",
            "must have one * at most",
        ),
        (
            cors(json!({ "allowed_methods": ["GET"] })),
            "cors_rules[0].allowed_origins",
            "is required",
        ),
        (
            with(json!({ "cors_rules": (0..101)
                .map(|_| json!({ "allowed_methods": ["GET"], "allowed_origins": ["*"] }))
                .collect::<Vec<_>>() })),
            "cors_rules",
            "must have 0 to 100 elements",
        ),
        (
            target(json!({ "arn": "arn:aws:s3:::b", "events": ["s3:ObjectCreated:*"] })),
            "event_notifications.targets[\"q\"].arn",
            "must be the ARN of an SQS queue",
        ),
        (
            target(json!({ "arn": "arn:aws:sqs:us-east-1:123456789012:q", "events": ["created"] })),
            "event_notifications.targets[\"q\"].events",
            "must be an event of S3",
        ),
        (
            target(json!({ "arn": "arn:aws:sqs:us-east-1:123456789012:q", "events": [] })),
            "event_notifications.targets[\"q\"].events",
            "must have 1 to 50 elements",
        ),
        (
            copies(json!({ "destination_bucket_arn": "copies" })),
            "replication.destination_bucket_arn",
            "must be the ARN of a bucket",
        ),
        (
            copies(json!({ "destination_bucket_arn": "arn:aws:s3:::acme-uploads" })),
            "replication.destination_bucket_arn",
            "is this very bucket",
        ),
        (
            copies(json!({ "destination_bucket_arn": "arn:aws:s3:::copies",
                "storage_class": "COLD" })),
            "replication.storage_class",
            "must be one of STANDARD",
        ),
        (
            copies(json!({ "destination_bucket_arn": "arn:aws:s3:::copies", "role_arn": "x" })),
            "replication.role_arn",
            "is not the ARN of an IAM role",
        ),
        (
            with(json!({ "sse_algorithm": "aws:kms", "kms_key_arn": KEY,
                "replication": { "destination_bucket_arn": "arn:aws:s3:::copies" } })),
            "replication.destination_kms_key_arn",
            "S3 would copy no object",
        ),
    ]
}

#[test]
fn each_wrong_input_is_refused_by_attribute_and_rule() {
    room().refuses(&wrong_settings());
    room().refuses(&wrong_rules());
    room().refuses(&wrong_access());
}
