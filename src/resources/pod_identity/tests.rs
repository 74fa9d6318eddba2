//! The rules of `officeless_pod_identity`, each with the message a practitioner sees, and its plan
//! without AWS.

use serde_json::{Value as Json, json};

use super::{Model, PodIdentity};
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::{Diagnostics, Dynamic};
use crate::resources::tests::Room;

const ROLE: &str = "arn:aws:iam::123456789012:role/made-elsewhere";
const SYSTEM: &str =
    "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123456789abcdef0";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0d1f5a1e-0000-4000-8000-00000000abcd";

fn room() -> Room {
    Room::new(PodIdentity)
}

/// A right configuration with these attributes over it.
fn with(attributes: Json) -> Json {
    let mut all =
        json!({ "cluster_name": "demo", "namespace": "content", "service_account": "app" });
    let Json::Object(attributes) = attributes else { panic!("attributes are an object") };
    for (name, value) in attributes {
        all[name] = value;
    }
    all
}

#[allow(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn preset(name: &str, grant: Json) -> Json {
    with(json!({ "presets": { name: grant } }))
}

#[allow(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn statement(statement: Json) -> Json {
    with(json!({ "policy_statements": [statement] }))
}

/// Every rule: a configuration that breaks it, the attribute blamed, what the message says.
#[allow(clippy::too_many_lines, reason = "a table: one line for each rule")]
fn wrong_inputs() -> Vec<(Json, &'static str, &'static str)> {
    let long = "x".repeat(10_300);
    let allow = json!({ "actions": ["s3:GetObject"], "resources": ["*"] });
    let labelled = json!({ "sid": "A", "actions": ["s3:GetObject"], "resources": ["*"] });
    vec![
        (
            json!({ "service_account": "app" }),
            "namespace",
            "namespace is required, and is null here",
        ),
        (json!({ "namespace": "content" }), "service_account", "is required, and is null here"),
        (with(json!({ "cluster_name": "-x" })), "cluster_name", "-x"),
        (with(json!({ "namespace": "Content" })), "namespace", "Kubernetes label name"),
        (with(json!({ "namespace": "a.b" })), "namespace", "use 1 to 63 lower-case"),
        (with(json!({ "service_account": "App" })), "service_account", "Kubernetes object name"),
        (with(json!({ "role_name": "a b" })), "role_name", "is not an IAM role name"),
        (with(json!({ "role_name": "x".repeat(65) })), "role_name", "use 1 to 64 letters"),
        (with(json!({ "role_arn": "app" })), "role_arn", "is not the ARN of an IAM role"),
        (
            with(json!({ "role_arn": ROLE, "role_name": "app" })),
            "role_name",
            "Remove role_name, or remove role_arn to have a role made here.",
        ),
        (
            with(json!({ "role_arn": ROLE, "presets": {} })),
            "presets",
            "role_arn names a role that was made elsewhere, of which nothing is changed.",
        ),
        (
            with(json!({ "role_arn": ROLE, "path": "/a/" })),
            "path",
            "Remove path, or remove role_arn",
        ),
        (with(json!({ "role_arn": ROLE, "policy_arns": [] })), "policy_arns", "Remove policy_arns"),
        (
            with(json!({ "role_arn": ROLE, "policy_statements": [allow] })),
            "policy_statements",
            "Remove policy_statements",
        ),
        (
            with(json!({ "role_arn": ROLE, "max_session_duration": 3600 })),
            "max_session_duration",
            "Remove max_session_duration",
        ),
        (
            with(json!({ "role_arn": ROLE,
                "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/b" })),
            "permissions_boundary_arn",
            "Remove permissions_boundary_arn",
        ),
        (
            with(json!({ "role_arn": ROLE, "condition_session_tags": true })),
            "condition_session_tags",
            "Remove condition_session_tags",
        ),
        (with(json!({ "path": "a" })), "path", "must begin and end with a slash"),
        (with(json!({ "path": "/a" })), "path", "must begin and end with a slash"),
        (
            with(json!({ "permissions_boundary_arn": "boundary" })),
            "permissions_boundary_arn",
            "must be the ARN of a managed policy",
        ),
        (
            with(json!({ "max_session_duration": 60 })),
            "max_session_duration",
            "max_session_duration = 60: must be a whole number from 3600 to 43200.",
        ),
        (
            with(json!({ "max_session_duration": 43_201 })),
            "max_session_duration",
            "must be a whole number from 3600 to 43200",
        ),
        (
            with(json!({ "policy_arns": ["x"] })),
            "policy_arns",
            "\"x\" must be the ARN of a managed",
        ),
        (
            with(json!({ "policy_arns":
                (0..21).map(|n| format!("arn:aws:iam::aws:policy/p{n}")).collect::<Vec<_>>() })),
            "policy_arns",
            "must have 0 to 20 elements, and has 21",
        ),
        (
            preset("admin", json!({})),
            "presets",
            "\"admin\" is no key of it; the keys are s3_read, s3_read_write, efs_client, ebs_csi",
        ),
        (
            preset("s3_read", json!({})),
            "presets[\"s3_read\"].resources",
            "The preset s3_read needs resources: the ARNs it is granted on.",
        ),
        (
            preset("s3_read_write", json!({ "resources": ["arn:aws:s3:::content/uploads"] })),
            "presets[\"s3_read_write\"].resources",
            "or of a part of it that ends with a slash",
        ),
        (
            preset("mimir", json!({ "resources": ["arn:aws:s3:::mimir/a/"] })),
            "presets[\"mimir\"].resources",
            "must be the ARN of a whole bucket",
        ),
        (preset("loki", json!({})), "presets[\"loki\"].resources", "needs resources"),
        (
            preset("efs_client", json!({ "resources": ["fs-0123456789abcdef0"] })),
            "presets[\"efs_client\"].resources",
            "must be the ARN of a file system",
        ),
        (
            preset("efs_client", json!({ "resources": [SYSTEM], "kms_key_arns": [KEY] })),
            "presets[\"efs_client\"].kms_key_arns",
            "EFS itself uses the key of a file system",
        ),
        (
            preset("efs_csi", json!({ "allow_root_access": true })),
            "presets[\"efs_csi\"].allow_root_access",
            "allow_root_access is of the preset efs_client. Remove it from efs_csi.",
        ),
        (
            preset("ebs_csi", json!({ "resources": ["arn:aws:s3:::a"] })),
            "presets[\"ebs_csi\"].resources",
            "has no place here: the driver acts on whatever carries its tag",
        ),
        (
            preset("ebs_csi", json!({ "kms_key_arns": ["alias/a"] })),
            "presets[\"ebs_csi\"].kms_key_arns",
            "is not the ARN of a KMS key",
        ),
        (
            statement(json!({ "resources": ["*"] })),
            "policy_statements[0].actions",
            "is required, and is null here",
        ),
        (
            statement(json!({ "actions": ["GetObject"], "resources": ["*"] })),
            "policy_statements[0].actions",
            "\"GetObject\" must be an action such as s3:GetObject",
        ),
        (
            statement(json!({ "actions": ["s3:*"], "resources": [] })),
            "policy_statements[0].resources",
            "must have 1 to 500 elements, and has 0",
        ),
        (
            statement(json!({ "actions": ["s3:*"], "resources": ["*"], "effect": "allow" })),
            "policy_statements[0].effect",
            "must be one of Allow, Deny",
        ),
        (
            statement(json!({ "actions": ["s3:*"], "resources": ["*"], "sid": "a-b" })),
            "policy_statements[0].sid",
            "must be 1 to 64 letters and digits",
        ),
        (
            with(json!({ "policy_statements": [labelled, labelled] })),
            "policy_statements",
            "Of presets and policy_statements together: policy statement \"A\" occurs twice; give \
             each statement a Sid of its own.",
        ),
        (
            statement(json!({ "actions": ["s3:*"], "resources": [long] })),
            "policy_statements",
            "AWS takes at most 10240, so shorten or merge its statements.",
        ),
        (
            with(json!({ "session_policy": "{}" })),
            "session_policy",
            "Set disable_session_tags = true, or remove session_policy.",
        ),
        (
            with(json!({ "disable_session_tags": true, "session_policy": "[]" })),
            "session_policy",
            "must be a JSON object",
        ),
        (
            with(json!({ "disable_session_tags": true, "condition_session_tags": true })),
            "condition_session_tags",
            "would let nobody in. Remove one of the two.",
        ),
        (with(json!({ "target_role_arn": "x" })), "target_role_arn", "the ARN of an IAM role"),
        (with(json!({ "timeouts": { "create": "soon" } })), "timeouts.create", "soon"),
    ]
}

#[test]
fn the_model_fits_the_schema() {
    assert_model_fits::<Model>(&super::schema::schema());
}

#[test]
fn wrong_inputs_are_refused() {
    room().refuses(&wrong_inputs());
}

#[test]
fn right_inputs_are_accepted() {
    for right in [
        with(json!({})),
        with(json!({ "role_arn": ROLE, "target_role_arn": ROLE })),
        with(json!({ "disable_session_tags": true, "session_policy": "{}" })),
        preset("efs_csi", json!({})),
        preset("ebs_csi", json!({ "kms_key_arns": [KEY] })),
        preset("efs_client", json!({ "resources": [SYSTEM], "allow_root_access": true })),
        preset("s3_read", json!({ "resources": ["arn:aws:s3:::a/b/", "arn:aws:s3:::c"] })),
    ] {
        let Diagnostics { errors, .. } = room().validated(&right);
        let told: Vec<_> = errors.iter().map(|error| &error.detail).collect();
        assert!(errors.is_empty(), "{right}\n{told:?}");
    }
}

#[test]
fn unknown_values_break_no_rule() {
    let Diagnostics { errors, .. } = room().validated_unknown();
    assert!(errors.is_empty(), "{errors:?}");
}

#[tokio::test]
async fn the_plan_shows_the_policies_before_anything_exists() {
    let config = with(json!({
        "region": "us-east-1",
        "presets": { "s3_read": { "resources": ["arn:aws:s3:::a"] } },
        "policy_statements": [{ "actions": ["ses:SendEmail"], "resources": ["*"],
            "conditions": { "StringEquals": { "ses:FromAddress": ["a@b"] } } }],
        "target_role_arn": ROLE,
    }));
    let planned = room().planned(&config).await;
    assert!(planned.diagnostics.errors.is_empty());
    let planned = planned.planned;
    assert_eq!(planned.get("role_name"), &Dynamic::from("demo-content-app"));
    assert_eq!(planned.get("id"), &Dynamic::from("demo/content/app"));
    assert_eq!(planned.get("role_arn"), &Dynamic::Unknown);
    assert_eq!(
        planned.get("policy_json"),
        &Dynamic::from(concat!(
            r#"{"Version":"2012-10-17","Statement":["#,
            r#"{"Sid":"S3ReadList","Effect":"Allow","Action":["s3:ListBucket"],"#,
            r#""Resource":["arn:aws:s3:::a"]},"#,
            r#"{"Sid":"S3ReadObjects","Effect":"Allow","Action":["s3:GetObject"],"#,
            r#""Resource":["arn:aws:s3:::a/*"]},"#,
            r#"{"Effect":"Allow","Action":["ses:SendEmail"],"Resource":["*"],"#,
            r#""Condition":{"StringEquals":{"ses:FromAddress":["a@b"]}}},"#,
            r#"{"Sid":"AssumeTargetRole","Effect":"Allow","#,
            r#""Action":["sts:AssumeRole","sts:TagSession"],"#,
            r#""Resource":["arn:aws:iam::123456789012:role/made-elsewhere"]}]}"#,
        ))
    );
    let Dynamic::String(trust) = planned.get("assume_role_policy_json") else { panic!("unknown") };
    assert!(trust.contains(r#""aws:RequestTag/eks-cluster-name":"demo""#), "{trust}");
}

#[tokio::test]
async fn without_session_tags_the_trust_policy_cannot_be_limited_by_them() {
    let planned = room().planned(&with(json!({ "disable_session_tags": true }))).await.planned;
    assert_eq!(planned.get("condition_session_tags"), &Dynamic::from(false));
    let Dynamic::String(trust) = planned.get("assume_role_policy_json") else { panic!("unknown") };
    assert!(!trust.contains("Condition"), "{trust}");
}

#[tokio::test]
async fn a_role_made_elsewhere_keeps_its_policies() {
    let planned = room().planned(&with(json!({ "role_arn": ROLE }))).await.planned;
    assert_eq!(planned.get("role_name"), &Dynamic::from("made-elsewhere"));
    for name in ["assume_role_policy_json", "policy_json", "condition_session_tags"] {
        assert_eq!(planned.get(name), &Dynamic::Null, "{name}");
    }
}
