//! The plan of `officeless_application_bucket` without AWS, and its warnings; each wrong input is in
//! [`wrong`], what means the same in other words in [`spellings`].

mod spellings;
mod wrong;

use serde_json::{Value as Json, json};

use super::wanted::ABORT_RULE;
use super::{ApplicationBucket, Model};
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::resources::tests::Room;

fn room() -> Room {
    Room::new(ApplicationBucket)
}

/// The least configuration with these attributes.
fn with(attributes: Json) -> Json {
    let mut config = json!({ "bucket": "acme-uploads" });
    if let (Some(config), Json::Object(attributes)) = (config.as_object_mut(), attributes) {
        config.extend(attributes);
    }
    config
}

fn rule(members: Json) -> Json {
    let mut rule = json!({ "id": "x" });
    if let (Some(rule), Json::Object(members)) = (rule.as_object_mut(), members) {
        rule.extend(members);
    }
    with(json!({ "lifecycle_rules": [rule] }))
}

#[test]
fn what_only_costs_is_warned_of_and_not_refused() {
    let cases = [
        (json!([{ "days": 7, "storage_class": "STANDARD_IA" }]), 365, "on day 7"),
        (json!([{ "days": 30, "storage_class": "GLACIER_IR" }]), 60, "charges for 90 days"),
        (json!([{ "days": 0, "storage_class": "DEEP_ARCHIVE" }]), 90, "charges for 180 days"),
    ];
    for (transitions, days, says) in cases {
        let config = rule(json!({ "transitions": transitions, "expiration": { "days": days } }));
        let told = room().validated(&config);
        assert_eq!(told.errors, [], "{config}");
        assert!(told.warnings.iter().any(|w| w.detail.contains(says)), "{:?}", told.warnings);
    }
}

#[test]
fn the_least_configuration_breaks_no_rule() {
    assert_eq!(room().validated(&with(json!({}))), Diagnostics::default());
    assert_eq!(room().validated(&json!({ "bucket_prefix": "acme-" })), Diagnostics::default());
    let public = json!({ "bucket": "acme-web", "data_classification": "public",
        "block_public_access": false, "policy_statements": [
            { "principals": { "AWS": ["*"] }, "actions": ["s3:GetObject"] } ] });
    assert_eq!(room().validated(&public), Diagnostics::default());
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
    let output = room().planned(&with(json!({ "critical": true }))).await;
    assert_eq!(output.diagnostics.errors, []);
    for name in ["region", "arn", "policy_json", "tags_all", "status"] {
        assert!(!output.planned.get(name).is_wholly_known(), "{name}");
    }
    assert_eq!(output.planned.get("versioning"), &Dynamic::from("Enabled"));
    assert_eq!(output.planned.get("sse_algorithm"), &Dynamic::from("AES256"));
    let Dynamic::List(rules) = output.planned.get("lifecycle_rules") else { panic!("no rules") };
    assert_eq!(rules[0].get("id"), &Dynamic::from(ABORT_RULE));
}

#[tokio::test]
async fn versioning_follows_from_what_needs_it() {
    for (attributes, versioning) in [
        (json!({}), "Disabled"),
        (json!({ "critical": true }), "Enabled"),
        (json!({ "data_classification": "confidential" }), "Enabled"),
        (json!({ "object_lock": {} }), "Enabled"),
        (json!({ "replication": { "destination_bucket_arn": "arn:aws:s3:::c" } }), "Enabled"),
        (json!({ "versioning": "Suspended" }), "Suspended"),
    ] {
        let output = room().planned(&with(attributes.clone())).await;
        let planned = output.planned.get("versioning");
        assert_eq!(planned, &Dynamic::from(versioning), "{attributes}");
    }
}

#[tokio::test]
async fn a_plan_tells_what_cannot_be_undone() {
    for (attributes, says) in [
        (json!({ "object_lock": {} }), "can never be switched off"),
        (
            json!({ "object_lock": { "mode": "COMPLIANCE", "days": 1 } }),
            "the account's root included",
        ),
        (json!({ "critical": true, "retention_days": 30 }), "is deleted 30 days after"),
        (json!({ "force_destroy": true }), "deletes everything in it without asking"),
    ] {
        let told = room().planned(&with(attributes)).await.diagnostics;
        assert!(told.warnings.iter().any(|w| w.detail.contains(says)), "{says}: {told:?}");
    }
}
