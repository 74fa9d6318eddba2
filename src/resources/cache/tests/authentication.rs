//! The rules on tokens and users; no message repeats a secret.

use serde_json::{Value as Json, json};

use super::{cache, room, with_the_rest};
use crate::framework::diagnostic::path_text;

/// A user of a cache with `more`.
fn user(name: &str, more: Json) -> Json {
    let mut user = json!({ "access_string": "on ~* +@all" });
    for (key, value) in more.as_object().unwrap() {
        user[key] = value.clone();
    }
    json!({ "users": { name: user } })
}

pub(super) const SECRET: &str = "Correct-Horse-Battery-1";

fn wrong_authentication() -> Vec<(Json, &'static str, &'static str)> {
    let token = |token: &str| json!({ "auth_token_wo": token, "auth_token_wo_version": 1 });
    let with = |mut config: Json, key: &str, value: Json| {
        config[key] = value;
        config
    };
    let password = json!({ "passwords_wo": [SECRET], "passwords_wo_version": 1 });
    vec![
        (
            token("short"),
            "auth_token_wo",
            "auth_token_wo: the token has 5 characters; ElastiCache takes 16 to 128, so choose another \
             length.",
        ),
        (token(&"x".repeat(129)), "auth_token_wo", "the token has 129 characters"),
        (
            token("Correct/Horse/Battery"),
            "auth_token_wo",
            "character 8 of the token is not allowed; use letters, digits and ! & # $ ^ < > - only",
        ),
        (
            json!({ "auth_token_wo": SECRET }),
            "auth_token_wo_version",
            "give auth_token_wo_version too, and raise it with every new token",
        ),
        (json!({ "auth_token_wo_version": 1 }), "auth_token_wo", "and there is none"),
        (
            with(token(SECRET), "transit_encryption_enabled", json!(false)),
            "auth_token_wo",
            "auth_token_wo needs transit_encryption_enabled = true",
        ),
        (
            with(token(SECRET), "user_group_ids", json!(["g"])),
            "auth_token_wo",
            "Remove user_group_ids, or auth_token_wo",
        ),
        (
            with(user("app", password.clone()), "auth_token_wo", json!(SECRET)),
            "auth_token_wo",
            "Remove users, or auth_token_wo",
        ),
        (
            json!({ "auth_token_update_strategy": "DELETE" }),
            "auth_token_update_strategy",
            "must be one of ROTATE, SET, ROTATE_AND_SET",
        ),
        (
            json!({ "user_group_ids": ["a", "b"] }),
            "user_group_ids",
            "must have 0 to 1 elements, and has 2",
        ),
        (
            with(user("app", password.clone()), "user_group_ids", json!(["g"])),
            "user_group_ids",
            "users makes a user group",
        ),
        (
            with(user("app", password.clone()), "transit_encryption_enabled", json!(false)),
            "users",
            "users needs transit_encryption_enabled = true",
        ),
        (user("a b", password.clone()), "users", "the user name \"a b\" must be"),
        (
            user("app", json!({})),
            "users[\"app\"].passwords_wo",
            "authenticates with a password and has none",
        ),
        (
            user("app", json!({ "passwords_wo": [SECRET] })),
            "users[\"app\"].passwords_wo_version",
            "give passwords_wo_version too",
        ),
        (
            user("app", json!({ "passwords_wo_version": 1 })),
            "users[\"app\"].passwords_wo",
            "and there is none",
        ),
        (
            user(
                "app",
                json!({ "passwords_wo": [SECRET, SECRET, SECRET], "passwords_wo_version": 1 }),
            ),
            "users[\"app\"].passwords_wo",
            "a user has one or two passwords, and here are 3",
        ),
        (
            user("app", json!({ "passwords_wo": ["short"], "passwords_wo_version": 1 })),
            "users[\"app\"].passwords_wo[0]",
            "password 1 must be 16 to 128 characters long, and has 5",
        ),
        (
            user("app", json!({ "authentication": "none" })),
            "users[\"app\"].authentication",
            "must be one of password, iam",
        ),
        (
            user(
                "app",
                json!({ "authentication": "iam", "passwords_wo": [SECRET], "passwords_wo_version": 1 }),
            ),
            "users[\"app\"].passwords_wo",
            "authenticates with IAM and takes no password",
        ),
        (
            user("App", json!({ "authentication": "iam" })),
            "users[\"App\"].authentication",
            "the name of an IAM user is its id too",
        ),
        (
            with(user("app", json!({ "authentication": "iam" })), "engine_version", json!("7.1")),
            "users[\"app\"].authentication",
            "IAM needs Valkey 7.2 or later, and it is 7.1.",
        ),
        (
            user("app", json!({ "passwords_wo": ["x".repeat(129)], "passwords_wo_version": 1 })),
            "users[\"app\"].passwords_wo[0]",
            "password 1 must be 16 to 128 characters long, and has 129",
        ),
        (
            with(json!({ "user_group_ids": ["g"] }), "transit_encryption_enabled", json!(false)),
            "user_group_ids",
            "user_group_ids needs transit_encryption_enabled = true",
        ),
        (
            user("default", json!({ "authentication": "iam" })),
            "users[\"default\"].authentication",
            "AWS keeps the id \"default\" for its own",
        ),
        (
            user("app", json!({ "access_string": "on >secret ~* +@all" })),
            "users[\"app\"].access_string",
            "must not hold passwords",
        ),
        (
            user("app", json!({ "access_string": "on nopass" })),
            "users[\"app\"].access_string",
            "must not hold passwords",
        ),
        (
            user("app", json!({ "access_string": "reset on" })),
            "users[\"app\"].access_string",
            "must not hold reset",
        ),
    ]
}

#[test]
fn a_terraform_that_would_store_secrets_is_refused_with_the_version_it_needs() {
    let secrets = [
        (json!({ "auth_token_wo": SECRET, "auth_token_wo_version": 1 }), "auth_token_wo"),
        (
            user("app", json!({ "passwords_wo": [SECRET], "passwords_wo_version": 1 })),
            "users[\"app\"].passwords_wo",
        ),
    ];
    for (more, attribute) in secrets {
        let errors = room().validated_by_an_older_core(&cache(more)).errors;
        let told: Vec<_> = errors
            .iter()
            .map(|error| (path_text(&error.attribute), error.detail.to_string()))
            .collect();
        let says = format!(
            "{attribute} is write-only, and this version of Terraform or OpenTofu would store it in \
             the state. Use Terraform 1.11 or later, or OpenTofu 1.11 or later."
        );
        assert_eq!(told, [(attribute.to_owned(), says)]);
    }
}

#[test]
fn wrong_secrets_are_refused_and_never_repeated() {
    let cases = with_the_rest(wrong_authentication());
    room().refuses(&cases);
    for (config, ..) in &cases {
        for error in room().validated(config).errors {
            let told =
                format!("{} {} {}", error.summary, error.detail, path_text(&error.attribute));
            for secret in [SECRET, "Correct/Horse", "short"] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
}
