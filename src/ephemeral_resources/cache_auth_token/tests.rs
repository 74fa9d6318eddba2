use super::*;
use crate::framework::codec;
use crate::framework::diagnostic::path_text;
use crate::framework::ephemeral::{Openable, OpenableResource};
use crate::framework::schema::testing::assert_model_fits;
use crate::framework::value::Dynamic;
use crate::platform::auth_token;

use serde_json::{Value as Json, json};

fn room() -> Box<dyn OpenableResource<ProviderContext>> {
    Box::new(Openable::new(CacheAuthToken))
}

fn config(json: &Json) -> Dynamic {
    codec::from_json(&serde_json::to_vec(json).unwrap(), &schema().kind()).unwrap()
}

#[test]
fn schema_and_model_agree() {
    assert_model_fits::<Model>(&schema());
}

#[test]
fn each_wrong_configuration_is_told_by_attribute_and_rule() {
    let secret = json!({ "id": "cache/token" });
    let iam = json!({ "replication_group_id": "production-cache", "user_id": "app" });
    for (given, attribute, detail) in [
        (json!({ "length": 15 }), "length", "length = 15: must be a whole number from 16 to 128."),
        (
            json!({ "length": 129 }),
            "length",
            "length = 129: must be a whole number from 16 to 128.",
        ),
        (
            json!({ "secret": secret, "iam": iam }),
            "iam",
            "secret and iam are both set, and a token comes from one of them. Remove one.",
        ),
        (
            json!({ "secret": secret, "length": 32 }),
            "length",
            "length is that of a generated token, and secret is set, which brings a token as it \
             is. Remove length or secret.",
        ),
        (
            json!({ "iam": iam, "length": 32 }),
            "length",
            "length is that of a generated token, and iam is set, which brings a token as it is. \
             Remove length or iam.",
        ),
        (
            json!({ "secret": {} }),
            "secret.id",
            "secret.id is required, and is null here. Give it a value.",
        ),
        (
            json!({ "iam": { "replication_group_id": "a--b", "user_id": "app" } }),
            "iam.replication_group_id",
            "iam.replication_group_id = \"a--b\": must be the id of a replication group: letters, \
             digits and single hyphens.",
        ),
        (
            json!({ "iam": { "replication_group_id": "a", "user_id": "app user" } }),
            "iam.user_id",
            "iam.user_id = \"app user\": must be the id of a user: letters, digits and single \
             hyphens.",
        ),
        (
            json!({ "auth_token": "hunter2hunter2hunter2" }),
            "auth_token",
            "auth_token is set by the provider. Remove it from the configuration.",
        ),
    ] {
        let errors = room().validate(&config(&given)).errors;
        let told: Vec<(String, &str)> =
            errors.iter().map(|error| (path_text(&error.attribute), &*error.detail)).collect();
        assert_eq!(told, [(attribute.to_owned(), detail)], "{given}");
    }
    for fine in
        [json!({}), json!({ "length": 128 }), json!({ "secret": secret }), json!({ "iam": iam })]
    {
        assert!(room().validate(&config(&fine)).errors.is_empty(), "{fine}");
    }
}

#[test]
fn unknown_values_break_no_rule() {
    let Dynamic::Map(mut object) = config(&json!({})) else { panic!("a schema is an object") };
    for name in ["length", "secret", "iam", "region"] {
        object.insert(name.to_owned(), Dynamic::Unknown);
    }
    assert!(room().validate(&Dynamic::Map(object)).errors.is_empty());
}

#[tokio::test]
async fn a_token_is_generated_without_any_provider() {
    for (given, length) in [(json!({}), 64), (json!({ "length": 16 }), 16)] {
        let open = room().open(None, config(&given)).await;
        assert!(open.diagnostics.errors.is_empty(), "{:?}", open.diagnostics);
        let Dynamic::String(token) = open.result.get("auth_token") else { panic!("no token") };
        assert_eq!(token.len(), length);
        assert_eq!(auth_token::check(token), Ok(()));
        assert_eq!(open.result.get("source"), &Dynamic::from("generated"));
        assert_eq!(open.result.get("expires_at"), &Dynamic::Null);
        assert_eq!(open.renew_at, None);
        assert_eq!(room().renew(None, &mut Private::default()).await, Ok(Renewal::default()));
        assert_eq!(room().close(None, open.private).await, Ok(()));
    }
}

/// A token of such a length would never be finished.
#[tokio::test]
async fn what_no_rule_allows_is_not_opened_though_nobody_has_validated_it() {
    let open = room().open(None, config(&json!({ "length": i64::MAX }))).await;
    assert_eq!(open.result, Dynamic::Null);
    let error = &open.diagnostics.errors[0];
    assert_eq!(path_text(&error.attribute), "length");
    assert!(error.detail.ends_with("must be a whole number from 16 to 128."), "{}", error.detail);
}

#[tokio::test]
async fn what_needs_aws_waits_for_the_provider_block() {
    for given in [
        json!({ "secret": { "id": "cache/token" } }),
        json!({ "iam": { "replication_group_id": "a", "user_id": "b" }, "region": "us-east-1" }),
    ] {
        let open = room().open(None, config(&given)).await;
        assert_eq!(open.diagnostics.errors[0].summary, "Provider Configuration Not Known Yet");
        assert_eq!(open.result, Dynamic::Null);
    }
}

#[tokio::test]
async fn a_signed_token_that_ends_is_warned_of_and_not_renewed() {
    let mut private = Private::default();
    private.set_text(SIGNED_FOR, "production-cache/app");
    let renewal = room().renew(None, &mut private).await.unwrap();
    assert_eq!(renewal.renew_at, None);
    let warning = renewal.warning.unwrap().detail;
    assert!(warning.starts_with("The IAM token for production-cache/app lets nobody"), "{warning}");
}

#[test]
fn times_are_written_without_fractions() {
    let at = time::macros::datetime!(2026-11-24 00:00:00.25 UTC);
    assert_eq!(rfc3339(at.into()).unwrap(), "2026-11-24T00:00:00Z");
}
