//! The rules of `officeless_backup_plan`, each with the message a practitioner sees, and its plan
//! without AWS.

use serde_json::{Value as Json, json};

use super::{BackupPlan, Model};
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::resources::tests::Room;

fn room() -> Room {
    Room::new(BackupPlan)
}

/// A configuration with a name and these attributes.
fn with(attributes: &Json) -> Json {
    let mut config = json!({ "name": "daily" });
    for (name, value) in attributes.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

/// Every rule: a configuration that breaks it, the attribute blamed, what the message says.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_inputs() -> Vec<(Json, &'static str, &'static str)> {
    let rule = |attributes: Json| {
        let mut rule = json!({ "name": "r" });
        for (name, value) in attributes.as_object().unwrap() {
            rule[name] = value.clone();
        }
        with(&json!({ "rules": [rule] }))
    };
    let locked = |lock: Json, rule: Json| with(&json!({ "vault_lock": lock, "rules": [rule] }));
    let volumes: Vec<String> =
        (0..501).map(|n| format!("arn:aws:ec2:us-east-1:123456789012:volume/vol-{n}")).collect();
    let wild: Vec<String> = (0..31).map(|n| format!("arn:aws:s3:::b{n}-*")).collect();
    let copy = json!({ "destination_vault_arn": "arn:aws:backup:eu-west-1:1:backup-vault:v" });
    vec![
        (json!({}), "name", "name is required"),
        (json!({ "name": "a" }), "name", "must be 2 to 50 letters, digits, hyphens"),
        (json!({ "name": "a.b" }), "name", "must be 2 to 50 letters, digits, hyphens"),
        (with(&json!({ "kms_key_arn": "alias/mine" })), "kms_key_arn", "alias/mine"),
        (with(&json!({ "rules": [] })), "rules", "must have 1 to 1000 elements, and has 0"),
        (rule(json!({ "name": "a b" })), "rules[0].name", "must be 1 to 50 letters"),
        (
            with(&json!({ "rules": [{ "name": "r" }, { "name": "r" }] })),
            "rules[1].name",
            "Two rules have the name \"r\". Give each a name of its own.",
        ),
        (
            rule(json!({ "schedule": "rate(1 day)" })),
            "rules[0].schedule",
            "schedule = \"rate(1 day)\": must be a cron expression of AWS",
        ),
        (
            rule(json!({ "schedule": "cron(0/15 * ? * * *)" })),
            "rules[0].schedule",
            "begins a backup at most once an hour",
        ),
        (
            rule(json!({ "schedule_timezone": "local time" })),
            "rules[0].schedule_timezone",
            "must be the name of a time zone such as Etc/UTC",
        ),
        (
            rule(json!({ "start_window": 59 })),
            "rules[0].start_window",
            "must be a whole number from 60 to 52560000",
        ),
        (
            rule(json!({ "completion_window": 480 })),
            "rules[0].completion_window",
            "completion_window = 480 must be above start_window = 480",
        ),
        (
            rule(json!({ "delete_after": 0 })),
            "rules[0].delete_after",
            "must be a whole number from 1 to 36500",
        ),
        (
            rule(json!({ "delete_after": 119, "cold_storage_after": i64::MAX })),
            "rules[0].cold_storage_after",
            "must be a whole number from 1 to",
        ),
        (
            rule(json!({ "delete_after": 119, "cold_storage_after": 30 })),
            "rules[0].delete_after",
            "delete_after = 119 must be at least 120 days: 90 more than cold_storage_after = 30",
        ),
        (
            rule(json!({ "enable_continuous_backup": true, "delete_after": 36 })),
            "rules[0].delete_after",
            "A continuous backup is kept for at most 35 days.",
        ),
        (
            rule(json!({ "enable_continuous_backup": true })),
            "rules[0].delete_after",
            "Set delete_after to 35 or less",
        ),
        (
            rule(json!({ "enable_continuous_backup": true, "cold_storage_after": 1,
                "delete_after": 35 })),
            "rules[0].cold_storage_after",
            "A continuous backup cannot move to cold storage.",
        ),
        (
            rule(json!({ "enable_continuous_backup": true, "delete_after": 35 })),
            "rules[0].enable_continuous_backup",
            "is for S3 only here: EFS and EBS have no continuous backup. Set include_s3 = true",
        ),
        (
            rule(json!({ "copy_actions": [{ "destination_vault_arn": "copies" }] })),
            "rules[0].copy_actions[0].destination_vault_arn",
            "must be the ARN of a backup vault, such as arn:aws:backup:eu-west-1",
        ),
        (
            rule(json!({ "copy_actions": [copy.clone(), copy] })),
            "rules[0].copy_actions[1].destination_vault_arn",
            "Two copies go to arn:aws:backup:eu-west-1:1:backup-vault:v. Remove one of them.",
        ),
        (
            rule(json!({ "copy_actions": [{ "cold_storage_after": 1, "delete_after": 90,
                "destination_vault_arn": "arn:aws:backup:eu-west-1:1:backup-vault:v" }] })),
            "rules[0].copy_actions[0].delete_after",
            "must be at least 91 days",
        ),
        (
            rule(json!({ "recovery_point_tags": { "aws:x": "y" } })),
            "rules[0].recovery_point_tags",
            "begins with \"aws:\", which AWS reserves",
        ),
        (
            with(&json!({ "resources": ["vol-1"] })),
            "resources",
            "\"vol-1\" must be an ARN, or * for everything",
        ),
        (
            with(&json!({ "resources": volumes })),
            "resources",
            "must have at most 500 ARNs, and has 501",
        ),
        (
            with(&json!({ "resources": wild, "include_s3": true })),
            "resources",
            "must have at most 30 ARNs with a wildcard, and has 31",
        ),
        (
            with(&json!({ "resources": ["arn:aws:s3:::uploads"] })),
            "resources",
            "resources has arn:aws:s3:::uploads, and include_s3 is false",
        ),
        (
            with(&json!({ "selection_tags": {} })),
            "selection_tags",
            "the plan would back nothing up. Give resources, or remove selection_tags",
        ),
        (with(&json!({ "role_arn": "backup" })), "role_arn", "is not the ARN of an IAM role"),
        (
            with(&json!({ "vault_lock": { "changeable_for_days": 2 } })),
            "vault_lock.changeable_for_days",
            "must be a whole number from 3 to 36500",
        ),
        (
            with(&json!({ "vault_lock": { "min_retention_days": 0 } })),
            "vault_lock.min_retention_days",
            "must be a whole number from 1 to 36500",
        ),
        (
            with(&json!({ "vault_lock": { "min_retention_days": 9, "max_retention_days": 8 } })),
            "vault_lock.max_retention_days",
            "max_retention_days = 8 is below min_retention_days = 9",
        ),
        (
            locked(json!({ "min_retention_days": 30 }), json!({ "name": "r", "delete_after": 7 })),
            "rules[0].delete_after",
            "delete_after = 7 is below vault_lock.min_retention_days = 30",
        ),
        (
            locked(json!({ "max_retention_days": 30 }), json!({ "name": "r", "delete_after": 31 })),
            "rules[0].delete_after",
            "delete_after = 31 is above vault_lock.max_retention_days = 30",
        ),
        (
            locked(json!({ "max_retention_days": 30 }), json!({ "name": "r" })),
            "rules[0].delete_after",
            "A backup without delete_after is kept for ever, which is above",
        ),
        (
            with(&json!({ "data_classification": "restricted" })),
            "kms_key_arn",
            "requires a customer key",
        ),
        (
            with(&json!({ "data_classification": "secret" })),
            "data_classification",
            "must be one of public, internal, confidential, restricted",
        ),
        (
            with(&json!({ "timeouts": { "delete": "soon" } })),
            "timeouts.delete",
            "is not a duration",
        ),
    ]
}

#[test]
fn each_wrong_input_is_refused_by_attribute_and_rule() {
    room().refuses(&wrong_inputs());
}

#[test]
fn a_name_is_enough() {
    assert_eq!(room().validated(&with(&json!({}))), Diagnostics::default());
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
async fn a_plan_without_a_known_provider_has_the_platforms_rule_and_tag() {
    let output = room().planned(&with(&json!({}))).await;
    assert_eq!(output.diagnostics, Diagnostics::default());
    let Dynamic::List(rules) = output.planned.get("rules") else { panic!("no rules") };
    assert_eq!(rules[0].get("schedule"), &Dynamic::from("cron(0 5 ? * * *)"));
    assert_eq!(rules[0].get("delete_after"), &Dynamic::from(35));
    assert_eq!(rules[0].get("start_window"), &Dynamic::from(480));
    let tags = output.planned.get("selection_tags");
    assert_eq!(tags.get("officeless:backup"), &Dynamic::from("daily"));
    for name in ["role_arn", "plan_id", "selection_id", "kms_key_arn", "tags_all"] {
        assert_eq!(output.planned.get(name), &Dynamic::Unknown, "{name}");
    }
}

#[tokio::test]
async fn a_lock_that_nobody_can_undo_is_warned_of() {
    let lock = |lock: Json| with(&json!({ "vault_lock": lock }));
    let output = room().planned(&lock(json!({ "changeable_for_days": 3 }))).await;
    let told: Vec<_> = output.diagnostics.warnings.iter().map(|w| w.detail.as_ref()).collect();
    assert!(told.concat().contains("3 days after this is applied the lock is final"), "{told:?}");
    let output = room().planned(&lock(json!({ "min_retention_days": 3 }))).await;
    assert!(output.diagnostics.warnings.is_empty());
}
