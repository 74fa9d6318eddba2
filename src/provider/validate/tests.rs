use super::*;
use crate::framework::value::Data as _;
use crate::provider::config::{DefaultTags, WebIdentity};
use crate::sensitive::Sensitive;

fn errors(config: &Config) -> Vec<(String, String)> {
    let mut diagnostics = Diagnostics::default();
    block(config, &mut diagnostics);
    let told = diagnostics.errors.iter();
    told.map(|error| {
        let path = crate::framework::diagnostic::path_text(&error.attribute);
        (path, error.detail.to_string())
    })
    .collect()
}

fn text(value: &str) -> Value<String> {
    Value::Value(value.to_owned())
}

fn set<const N: usize>(values: [&str; N]) -> Value<crate::framework::value::Strings> {
    Value::Value(values.into_iter().collect())
}

fn secret(value: &str) -> Value<Sensitive> {
    Value::Value(Sensitive::new(value.to_owned()))
}

#[test]
fn an_empty_block_is_valid() {
    assert!(errors(&Config::default()).is_empty());
}

fn assert_refused(cases: impl IntoIterator<Item = (Config, &'static str, &'static str)>) {
    for (config, path, detail) in cases {
        assert_eq!(errors(&config), [(path.to_owned(), detail.to_owned())]);
    }
}

#[test]
fn rules_of_credentials_and_accounts_name_attribute_and_next_step() {
    assert_refused([
        (
            Config { access_key: text("AKIDEXAMPLE"), ..Config::default() },
            "access_key",
            "access_key is given, and not secret_key: static credentials are used only as a \
             whole. Give all of them in the block, or all of them in the environment.",
        ),
        (
            Config { token: secret("t"), ..Config::default() },
            "token",
            "token is given, and not access_key and secret_key: static credentials are used \
             only as a whole. Give all of them in the block, or all of them in the environment.",
        ),
        (
            Config {
                allowed_account_ids: set(["123456789012"]),
                forbidden_account_ids: set(["210987654321"]),
                ..Config::default()
            },
            "forbidden_account_ids",
            "allowed_account_ids and forbidden_account_ids are both given: with the first, every \
             other account is forbidden already. Remove one of them.",
        ),
        (
            Config {
                allowed_account_ids: set(["123456789012"]),
                skip_requesting_account_id: Value::Value(true),
                ..Config::default()
            },
            "allowed_account_ids",
            "allowed_account_ids is given, and skip_requesting_account_id = true leaves the account \
             ID unknown, so it could not be checked. Remove one of them.",
        ),
    ]);
}

#[test]
fn rules_of_regions_and_tokens_name_attribute_and_next_step() {
    assert_refused([
        (
            Config { region: text("us-esat-1"), ..Config::default() },
            "region",
            "region = \"us-esat-1\": must be the name of an AWS region, such as us-east-1; for a \
             region of another cloud, set skip_region_validation = true in the provider block.",
        ),
        (
            Config {
                region: text("us-east-1"),
                allowed_regions: set(["eu-west-1"]),
                ..Config::default()
            },
            "region",
            "region = \"us-east-1\": must be among allowed_regions of the provider block \
             (eu-west-1); choose one of these, or add it there.",
        ),
        (
            Config {
                assume_role_with_web_identity: Value::Value(vec![WebIdentity {
                    web_identity_token: secret("t"),
                    web_identity_token_file: text("/token"),
                    ..WebIdentity::default()
                }]),
                ..Config::default()
            },
            "assume_role_with_web_identity[0].web_identity_token_file",
            "web_identity_token and web_identity_token_file are both given, and only one token can \
             be used. Remove one of them.",
        ),
    ]);
}

#[test]
fn allowed_regions_must_be_regions() {
    let config = Config { allowed_regions: set(["Frankfurt"]), ..Config::default() };
    assert!(errors(&config)[0].1.starts_with("allowed_regions: \"Frankfurt\" must be the name"));
}

#[test]
fn any_region_passes_without_validation() {
    let skip_region_validation = Value::Value(true);
    let config = Config { region: text("local"), skip_region_validation, ..Config::default() };
    assert!(errors(&config).is_empty());
}

#[test]
fn default_tags_keep_the_rules_of_tags() {
    let tags = [("aws:x".to_owned(), text("y"))].into_iter().collect();
    let config = Config {
        default_tags: Value::Value(vec![DefaultTags { tags: Value::Value(tags) }]),
        ..Config::default()
    };
    assert_eq!(
        errors(&config),
        [(
            "default_tags[0].tags".to_owned(),
            "default_tags: tag key \"aws:x\" begins with \"aws:\", which AWS reserves; choose \
             another key."
                .to_owned()
        )]
    );
}

#[test]
fn unknown_values_break_no_rule() {
    let unknown = Config {
        access_key: text("AKIDEXAMPLE"),
        secret_key: Value::Unknown,
        region: Value::Unknown,
        allowed_regions: Value::Unknown,
        allowed_account_ids: Value::Unknown,
        forbidden_account_ids: set(["123456789012"]),
        assume_role_with_web_identity: Value::Unknown,
        default_tags: Value::Unknown,
        ..Config::default()
    };
    assert!(errors(&unknown).is_empty());
    let unknown =
        Config { region: text("any"), skip_region_validation: Value::Unknown, ..Config::default() };
    assert!(errors(&unknown).is_empty());
}

#[test]
fn secrets_are_not_in_debug_output() {
    let config = Config { secret_key: secret("hunter2"), ..Config::default() };
    assert!(!format!("{config:?}").contains("hunter2"));
    assert_eq!(Config::from_dynamic(config.to_dynamic()), Ok(config));
}
