//! What means the same in other words: lifecycles and policies, as they are written and as AWS gives
//! them back.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::super::Model;
use super::{room, with};
use crate::aws::s3::lifecycle::{
    Expiration, Filter, Lifecycle, LifecycleRule, NoncurrentExpiration, NoncurrentTransition,
    Transition, When,
};
use crate::framework::value::{Data as _, Value};

/// The configuration to which all spellings below are equal.
fn configured() -> Model {
    let config = with(json!({
        "transition_default_minimum_object_size": "all_storage_classes_128K",
        "lifecycle_rules": [
            { "id": "archive", "enabled": true, "prefix": "in/",
              "transitions": [{ "days": 30, "storage_class": "STANDARD_IA" },
                              { "days": 90, "storage_class": "GLACIER" }],
              "expiration": { "days": 365 } },
            { "id": "old", "enabled": true,
              "noncurrent_version_expiration": { "noncurrent_days": 30 } },
            { "id": "tagged", "enabled": true, "tags": { "a": "1", "b": "2" },
              "expiration": { "date": "2030-01-01" } },
            { "id": "now", "enabled": true,
              "transitions": [{ "days": 0, "storage_class": "INTELLIGENT_TIERING" }] },
        ]
    }));
    Model::from_dynamic(room().config(&config)).unwrap()
}

/// The same rules in the plainest form of S3.
fn plain() -> Lifecycle {
    let rule =
        |id: &str| LifecycleRule { id: id.to_owned(), enabled: true, ..LifecycleRule::default() };
    let to = |days, class: &str| Transition {
        when: Some(When::Days(days)),
        storage_class: class.to_owned(),
    };
    let tags = [("a", "1"), ("b", "2")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    Lifecycle {
        rules: vec![
            LifecycleRule {
                filter: Filter { prefix: Some("in/".to_owned()), ..Filter::default() },
                transitions: vec![to(30, "STANDARD_IA"), to(90, "GLACIER")],
                expiration: Some(Expiration::Objects(When::Days(365))),
                ..rule("archive")
            },
            LifecycleRule {
                noncurrent_version_expiration: Some(NoncurrentExpiration {
                    noncurrent_days: Some(30),
                    newer_noncurrent_versions: None,
                }),
                ..rule("old")
            },
            LifecycleRule {
                filter: Filter { tags, ..Filter::default() },
                expiration: Some(Expiration::Objects(When::Date(
                    "2030-01-01T00:00:00Z".to_owned(),
                ))),
                ..rule("tagged")
            },
            LifecycleRule { transitions: vec![to(0, "INTELLIGENT_TIERING")], ..rule("now") },
        ],
        transition_default_minimum_object_size: None,
    }
}

type Spelling = (&'static str, fn(&mut Lifecycle));

/// Ways in which S3, or another tool, says the same.
const SPELLINGS: [Spelling; 20] = [
    ("as it was written", |_| {}),
    ("rules turned round", |l| l.rules.reverse()),
    ("rules rotated", |l| l.rules.rotate_left(1)),
    ("rules rotated twice", |l| l.rules.rotate_left(2)),
    ("transitions turned round", |l| l.rules[0].transitions.reverse()),
    ("the default minimum size told", |l| {
        l.transition_default_minimum_object_size = Some("all_storage_classes_128K".to_owned());
    }),
    ("an empty prefix for none", |l| l.rules[1].filter.prefix = Some(String::new())),
    ("an empty prefix beside tags", |l| l.rules[2].filter.prefix = Some(String::new())),
    ("an empty prefix beside a move", |l| l.rules[3].filter.prefix = Some(String::new())),
    ("a size above zero for any size", |l| {
        l.rules[1].filter.object_size_greater_than = Some(0);
    }),
    ("a size above zero beside tags", |l| {
        l.rules[2].filter.object_size_greater_than = Some(0);
    }),
    ("zero newer versions for none", |l| {
        l.rules[1].noncurrent_version_expiration = Some(NoncurrentExpiration {
            noncurrent_days: Some(30),
            newer_noncurrent_versions: Some(0),
        });
    }),
    ("no days for the day of creation", |l| l.rules[3].transitions[0].when = None),
    ("an empty prefix and a size above zero", |l| {
        l.rules[1].filter.prefix = Some(String::new());
        l.rules[1].filter.object_size_greater_than = Some(0);
    }),
    ("empty prefixes everywhere", |l| {
        for rule in &mut l.rules {
            rule.filter.prefix.get_or_insert_default();
        }
    }),
    ("rules and transitions turned round", |l| {
        l.rules[0].transitions.reverse();
        l.rules.reverse();
    }),
    ("turned round, with the default told", |l| {
        l.rules.reverse();
        l.transition_default_minimum_object_size = Some("all_storage_classes_128K".to_owned());
    }),
    ("no days, and an empty prefix", |l| {
        l.rules[3].transitions[0].when = None;
        l.rules[3].filter.prefix = Some(String::new());
    }),
    ("zero newer versions, rotated", |l| {
        l.rules[1].noncurrent_version_expiration = Some(NoncurrentExpiration {
            noncurrent_days: Some(30),
            newer_noncurrent_versions: Some(0),
        });
        l.rules.rotate_right(1);
    }),
    ("all of it", |l| {
        l.transition_default_minimum_object_size = Some("all_storage_classes_128K".to_owned());
        l.rules[3].transitions[0].when = None;
        l.rules[1].filter.object_size_greater_than = Some(0);
        l.rules[0].transitions.reverse();
        for rule in &mut l.rules {
            rule.filter.prefix.get_or_insert_default();
        }
        l.rules.reverse();
    }),
];

#[test]
fn twenty_spellings_of_one_lifecycle_show_no_drift() {
    for (what, respell) in SPELLINGS {
        let mut found = plain();
        respell(&mut found);
        let mut state = configured();
        state.show_lifecycle(Some(&found));
        assert_eq!(state.to_dynamic(), configured().to_dynamic(), "{what}");
        assert_eq!(configured().lifecycle().unwrap(), found, "{what}");
    }
}

#[test]
fn another_spelling_imports_as_what_means_the_same() {
    for (what, respell) in SPELLINGS {
        let mut found = plain();
        respell(&mut found);
        let mut state = Model::default();
        state.show_lifecycle(Some(&found));
        let (imported, wanted) = (state.own_rules().unwrap(), configured().own_rules().unwrap());
        assert_eq!(imported, wanted, "{what}");
    }
}

#[test]
fn every_change_of_a_lifecycle_is_drift() {
    let changes: [Spelling; 8] = [
        ("a rule gone", |l| drop(l.rules.pop())),
        ("another prefix", |l| l.rules[0].filter.prefix = Some("out/".to_owned())),
        ("another day", |l| l.rules[0].transitions[0].when = Some(When::Days(31))),
        ("another class", |l| l.rules[0].transitions[1].storage_class = "GLACIER_IR".to_owned()),
        ("a rule off", |l| l.rules[0].enabled = false),
        ("a lower bound of sizes", |l| {
            l.rules[3].filter.object_size_greater_than = Some(1);
        }),
        ("another minimum size", |l| {
            l.transition_default_minimum_object_size = Some("varies_by_storage_class".to_owned());
        }),
        ("a move of old versions", |l| {
            l.rules[1].noncurrent_version_transitions.push(NoncurrentTransition {
                noncurrent_days: Some(7),
                newer_noncurrent_versions: None,
                storage_class: "GLACIER".to_owned(),
            });
        }),
    ];
    for (what, change) in changes {
        let mut found = plain();
        change(&mut found);
        let mut state = configured();
        state.show_lifecycle(Some(&found));
        assert_ne!(state.to_dynamic(), configured().to_dynamic(), "{what}");
    }
}

#[test]
fn retention_is_a_rule_of_its_own_and_reads_back() {
    let mut state = Model { retention_days: Value::Value(90), ..configured() };
    let written = state.lifecycle().unwrap();
    assert_eq!(written.rules.len(), 5);
    let before = state.to_dynamic();
    state.show_lifecycle(Some(&written));
    assert_eq!(state.to_dynamic(), before);
    state.show_lifecycle(Some(&plain()));
    assert!(state.retention_days.is_null());
}

#[test]
fn the_policy_has_the_same_bytes_and_aws_form_is_no_drift() {
    let arn = "arn:aws:s3:::acme-uploads";
    let config = |origins: [&str; 2]| {
        let config = with(json!({ "enforce_tls": true, "policy_statements": [{
            "sid": "Partner", "effect": "Allow",
            "principals": { "AWS": origins }, "actions": ["s3:PutObject", "s3:GetObject"],
            "resources": ["in/*"],
            "conditions": [{ "operator": "Bool", "key": "aws:SecureTransport",
                "values": ["true"] }] }] }));
        Model::from_dynamic(room().config(&config)).unwrap()
    };
    let one = config(["111111111111", "222222222222"]);
    let text = one.desired_policy(arn).unwrap().unwrap().unwrap();
    let turned = config(["222222222222", "111111111111"]);
    assert_eq!(turned.desired_policy(arn).unwrap().unwrap().unwrap(), text);
    let mut normal: Json = serde_json::from_str(&text).unwrap();
    let statements = normal["Statement"].as_array_mut().unwrap();
    statements[0]["Principal"] = json!("*");
    statements[1]["Principal"] = json!({ "AWS": ["arn:aws:iam::222222222222:root",
        "arn:aws:iam::111111111111:root"] });
    statements[1]["Resource"] = json!("arn:aws:s3:::acme-uploads/in/*");
    statements[1]["Condition"] = json!({ "Bool": { "aws:SecureTransport": "true" } });
    let mut state = one.clone();
    state.show_policy(arn, Some(&normal.to_string()));
    assert_eq!(state.policy_json, Value::Value(text));
    state.policy_json = Value::Null;
    assert_eq!(state.to_dynamic(), one.to_dynamic());
}

#[test]
fn a_statement_of_somebody_else_is_drift() {
    let arn = "arn:aws:s3:::acme-uploads";
    let mut state = Model::from_dynamic(room().config(&with(json!({ "policy_statements": [] }))));
    let state = state.as_mut().unwrap();
    let text = state.desired_policy(arn).unwrap().unwrap().unwrap();
    let mut found: Json = serde_json::from_str(&text).unwrap();
    let other = json!({ "Sid": "Logs", "Effect": "Allow", "Action": "s3:PutObject",
        "Principal": { "Service": "logging.s3.amazonaws.com" }, "Resource": format!("{arn}/*") });
    found["Statement"].as_array_mut().unwrap().push(other);
    state.show_policy(arn, Some(&found.to_string()));
    let mut told = String::new();
    let _ = write!(told, "{}", state.to_dynamic());
    assert!(told.contains("logging.s3.amazonaws.com"), "{told}");
    assert_eq!(state.enforce_tls, Value::Value(true));
    state.show_policy(arn, None);
    assert_eq!(state.enforce_tls, Value::Value(false));
    assert_eq!(state.policy_statements, Value::Value(vec![]));
}
