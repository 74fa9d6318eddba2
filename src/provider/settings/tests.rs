use std::path::PathBuf;

use super::*;
use crate::aws::Service;
use crate::framework::diagnostic::path_text;
use crate::framework::value::{Data as _, Dynamic, Object};
use crate::provider::sources::Reader;

/// A value from JSON: models are written here as a practitioner would.
fn dynamic(json: serde_json::Value) -> Dynamic {
    match json {
        serde_json::Value::Null => Dynamic::Null,
        serde_json::Value::Bool(value) => Dynamic::Bool(value),
        serde_json::Value::Number(number) => Dynamic::from(number.as_i64().unwrap()),
        serde_json::Value::String(text) => Dynamic::String(text),
        serde_json::Value::Array(items) => Dynamic::List(items.into_iter().map(dynamic).collect()),
        serde_json::Value::Object(items) => {
            Dynamic::Map(items.into_iter().map(|(k, v)| (k, dynamic(v))).collect::<Object>())
        }
    }
}

fn resolve<const N: usize>(
    block: serde_json::Value,
    environment: [(&str, &str); N],
) -> Result<Settings, Diagnostic> {
    let config = Config::from_dynamic(dynamic(block)).unwrap();
    Settings::resolve(&config, &Environment::from(environment))
}

fn settings<const N: usize>(block: serde_json::Value, environment: [(&str, &str); N]) -> Settings {
    resolve(block, environment).unwrap_or_else(|error| panic!("{}", error.detail))
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn argument_goes_before_environment_and_variables_go_in_their_order() {
    type Shown = fn(&Settings) -> Option<String>;
    let cases: [(&str, Shown); 2] = [
        ("region", |settings| settings.aws.region.clone()),
        ("custom_ca_bundle", |settings| {
            settings.aws.custom_ca_bundle.as_ref().map(|path| path.display().to_string())
        }),
    ];
    for (argument, shown) in cases {
        let variables = sources::source(argument).unwrap().variables;
        for (index, variable) in variables.iter().enumerate() {
            let given = json(&format!("{{{argument:?}: \"from-block\"}}"));
            let both = settings(given, [(variable, "from-variable")]);
            assert_eq!(shown(&both).as_deref(), Some("from-block"), "{variable}");
            let alone = settings(json("{}"), [(variable, "from-variable")]);
            assert_eq!(shown(&alone).as_deref(), Some("from-variable"), "{variable}");
            if let Some(earlier) = index.checked_sub(1).map(|index| variables[index]) {
                let ordered = settings(json("{}"), [(variable, "later"), (earlier, "earlier")]);
                assert_eq!(shown(&ordered).as_deref(), Some("earlier"), "{variable}");
            }
        }
        assert_eq!(shown(&settings(json("{}"), [])), None, "{argument}");
    }
}

#[test]
fn what_the_sdk_reads_is_left_to_it() {
    for source in sources::SOURCES.iter().filter(|source| source.reader == Reader::Sdk) {
        for variable in source.variables {
            let with = settings(json("{}"), [(variable, "5")]);
            let without = settings(json("{}"), []);
            assert_eq!(format!("{with:?}"), format!("{without:?}"), "{variable}");
        }
    }
}

#[test]
fn a_profile_of_the_environment_is_only_a_default() {
    let from_environment =
        settings(json("{}"), [("AWS_PROFILE", "a"), ("AWS_DEFAULT_PROFILE", "b")]).aws;
    assert_eq!(from_environment.profile, None);
    assert_eq!(from_environment.default_profile.as_deref(), Some("a"));
    let named = settings(json(r#"{"profile": "c"}"#), [("AWS_PROFILE", "a")]).aws;
    assert_eq!(named.profile.as_deref(), Some("c"));
    let old = settings(json("{}"), [("AWS_DEFAULT_PROFILE", "b")]).aws;
    assert_eq!(old.default_profile.as_deref(), Some("b"));
}

#[test]
fn an_emulator_block_is_taken_as_it_is_pasted() {
    let block = json(
        r#"{
            "region": "us-east-1", "access_key": "test", "secret_key": "test",
            "s3_use_path_style": true, "skip_credentials_validation": true,
            "skip_metadata_api_check": true, "skip_requesting_account_id": true,
            "max_retries": 2, "retry_mode": "adaptive", "http_proxy": "",
            "endpoints": [
                {"efs": "http://localhost:4566", "dynamodb": "http://localhost:4566"},
                {"s3api": "http://s3.localhost:4566", "iam": ""}
            ]
        }"#,
    );
    let settings = settings(block, []);
    assert!(settings.skip_credentials_validation && settings.skip_requesting_account_id);
    assert!(!settings.skip_region_validation);
    let aws = settings.aws;
    assert_eq!(aws.static_credentials.unwrap().access_key, "test");
    assert!(aws.s3_use_path_style);
    assert_eq!(aws.skip_metadata_api_check, Some(true));
    assert_eq!(aws.max_attempts, Some(2));
    assert_eq!(aws.retry_mode, Some(RetryMode::Adaptive));
    assert_eq!(aws.http_proxy.as_ref().map(Sensitive::expose), Some(""));
    assert_eq!(aws.https_proxy, None);
    let expected = BTreeMap::from([
        (Service::Efs, "http://localhost:4566".to_owned()),
        (Service::S3, "http://s3.localhost:4566".to_owned()),
    ]);
    assert_eq!(aws.endpoints, expected);
}

#[test]
fn empty_arguments_are_as_good_as_left_out() {
    let block = json(r#"{"region": "", "profile": "", "access_key": "", "secret_key": ""}"#);
    let aws = settings(block, [("AWS_REGION", "eu-west-1")]).aws;
    assert_eq!(aws.region.as_deref(), Some("eu-west-1"));
    assert!(aws.profile.is_none() && aws.static_credentials.is_none());
}

#[test]
fn roles_are_assumed_in_their_order() {
    let block = json(
        r#"{"assume_role": [
            {"role_arn": "arn:aws:iam::111111111111:role/hub", "duration": "1h30m",
             "tags": {"team": "storage"}, "transitive_tag_keys": ["team"]},
            {"role_arn": "arn:aws:iam::222222222222:role/spoke", "external_id": "x1"}
        ]}"#,
    );
    let roles = settings(block, []).aws.assume_roles;
    assert_eq!(roles[0].duration, Some(Duration::from_mins(90)));
    assert_eq!(roles[0].tags["team"], "storage");
    assert_eq!(roles[0].transitive_tag_keys, ["team"]);
    assert!(roles[1].role_arn.ends_with("/spoke"));
    assert_eq!(roles[1].external_id.as_deref(), Some("x1"));
}

const ROLE: (&str, &str) = ("AWS_ROLE_ARN", "arn:aws:iam::111111111111:role/ci");

#[test]
fn an_inline_token_of_the_environment_suffices_without_a_block() {
    let environment =
        [ROLE, ("TF_AWS_WEB_IDENTITY_TOKEN", "jwt"), ("AWS_ROLE_SESSION_NAME", "run-1")];
    let role = settings(json("{}"), environment).aws.assume_role_with_web_identity.unwrap();
    assert_eq!(role.role_arn, ROLE.1);
    assert_eq!(role.session_name.as_deref(), Some("run-1"));
    assert!(matches!(role.token, WebIdentityToken::Inline(token) if token.expose() == "jwt"));
}

#[test]
fn a_token_file_of_the_environment_without_a_block_is_the_sdks() {
    let environment = [ROLE, ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/token")];
    assert!(settings(json("{}"), environment).aws.assume_role_with_web_identity.is_none());
}

#[test]
fn credentials_of_the_block_go_before_a_token_of_the_environment() {
    let environment = [ROLE, ("TF_AWS_WEB_IDENTITY_TOKEN", "jwt")];
    let block = json(r#"{"profile": "production"}"#);
    assert!(settings(block, environment).aws.assume_role_with_web_identity.is_none());
}

#[test]
fn a_token_of_the_block_goes_before_the_variables() {
    let block = json(r#"{"assume_role_with_web_identity": [{"web_identity_token_file": "~/t"}]}"#);
    let environment = [ROLE, ("TF_AWS_WEB_IDENTITY_TOKEN", "jwt"), ("HOME", "/home/x")];
    let role = settings(block, environment).aws.assume_role_with_web_identity.unwrap();
    let expected = PathBuf::from("/home/x/t");
    assert!(matches!(role.token, WebIdentityToken::File(path) if path == expected));
}

#[test]
fn a_web_identity_without_role_or_token_is_refused() {
    let block = || json(r#"{"assume_role_with_web_identity": [{}]}"#);
    let error = resolve(block(), [("TF_AWS_WEB_IDENTITY_TOKEN", "jwt")]).unwrap_err();
    assert_eq!(path_text(&error.attribute), "assume_role_with_web_identity[0].role_arn");
    assert_eq!(
        error.detail,
        "assume_role_with_web_identity gives no role_arn. Set it, or the environment variable \
         AWS_ROLE_ARN."
    );
    let error = resolve(block(), [ROLE]).unwrap_err();
    assert_eq!(path_text(&error.attribute), "assume_role_with_web_identity[0].web_identity_token");
    assert!(error.detail.contains("TF_AWS_WEB_IDENTITY_TOKEN and AWS_WEB_IDENTITY_TOKEN_FILE"));
}

#[test]
fn default_tags_of_block_and_environment_are_joined_and_the_block_wins() {
    let block = json(r#"{"default_tags": [{"tags": {"team": "storage", "env": "prod"}}]}"#);
    let environment = [("TF_AWS_DEFAULT_TAGS_team", "x"), ("TF_AWS_DEFAULT_TAGS_owner", "y")];
    let tags = settings(block, environment).default_tags;
    let tags: Vec<_> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(tags, [("env", "prod"), ("owner", "y"), ("team", "storage")]);
}

#[test]
fn a_default_tag_of_the_environment_that_breaks_a_rule_is_traced_to_it() {
    let error = resolve(json("{}"), [("TF_AWS_DEFAULT_TAGS_aws:x", "y")]).unwrap_err();
    assert_eq!(
        error.detail,
        "default_tags: tag key \"aws:x\" begins with \"aws:\", which AWS reserves; choose another \
         key. The tags come from environment variables TF_AWS_DEFAULT_TAGS_<key>."
    );
}

#[test]
fn tags_to_ignore_are_joined_from_block_and_environment() {
    let block = json(r#"{"ignore_tags": [{"keys": ["a"], "key_prefixes": ["p:"]}]}"#);
    let environment =
        [("TF_AWS_IGNORE_TAGS_KEYS", "b, c"), ("TF_AWS_IGNORE_TAGS_KEY_PREFIXES", "q:")];
    let rules = settings(block, environment).ignore_tags;
    assert!(["a", "b", "c", "p:1", "q:1"].iter().all(|key| rules.ignores(key)));
    assert!(!rules.ignores("d"));
}

#[test]
fn our_own_arguments_and_their_defaults() {
    let none = settings(json("{}"), []);
    assert_eq!(none.incomplete_create, IncompleteCreate::Error);
    assert_eq!((none.cluster_name, none.name_prefix), (None, None));
    let all = settings(
        json(
            r#"{"cluster_name": "production", "name_prefix": "acme", "allowed_regions":
                ["eu-west-1"], "incomplete_create": "resume"}"#,
        ),
        [],
    );
    assert_eq!(all.incomplete_create, IncompleteCreate::Resume);
    assert_eq!(all.cluster_name.as_deref(), Some("production"));
    assert_eq!(all.name_prefix.as_deref(), Some("acme"));
    assert!(all.allowed_regions.contains("eu-west-1"));
}

#[test]
fn the_user_agent_takes_tokens_of_block_and_environment() {
    let block = json(r#"{"user_agent": ["module/1.0"]}"#);
    let aws = settings(block, [("TF_APPEND_USER_AGENT", "pipeline/7 (ci)")]).aws;
    assert_eq!(aws.user_agent, ["module/1.0", "pipeline/7 (ci)"]);
    assert_eq!(aws.version, env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_login_of_a_proxy_is_a_secret_whoever_gives_it() {
    use crate::sensitive::without_secrets;
    settings(json(r#"{"http_proxy": "http://bob:of-the-block@proxy:3128"}"#), []);
    settings(json("{}"), [("HTTPS_PROXY", "http://bob:of-the-environment@proxy:3128")]);
    let told = "of-the-block, of-the-environment, proxy:3128";
    assert_eq!(without_secrets(told), "(sensitive value), (sensitive value), proxy:3128");
}

#[test]
fn no_secret_is_in_debug_output() {
    let block = json(
        r#"{"access_key": "AKIDEXAMPLE", "secret_key": "hunter2", "token": "hunter3",
            "https_proxy": "http://bob:hunter5@proxy:3128",
            "assume_role_with_web_identity": [{"web_identity_token": "hunter4"}]}"#,
    );
    let text = format!("{:?}", settings(block, [ROLE]));
    assert!(text.contains("AKIDEXAMPLE") && !text.contains("hunter"), "{text}");
}
