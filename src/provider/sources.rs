//! Where each argument of the provider block comes from when the block does not give it: one table
//! for the settings, the documentation and the tests.
//!
//! Precedence: argument, then the variables in their order, then what the last column says. The
//! variables are those of hashicorp/aws and of the AWS SDKs
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>).

use super::environment::Environment;

/// Who reads the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// This room.
    Provider,
    /// The AWS SDK, which also knows the key of the shared config file and what precedes what.
    Sdk,
}

/// One argument and what stands in for it.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The argument's name in the block.
    pub argument: &'static str,
    /// Environment variables, first come first served.
    pub variables: &'static [&'static str],
    /// Who reads them.
    pub reader: Reader,
    /// What holds when neither argument nor variable is given, as a sentence.
    pub otherwise: &'static str,
}

const fn ours(
    argument: &'static str,
    variables: &'static [&'static str],
    otherwise: &'static str,
) -> Source {
    Source { argument, variables, reader: Reader::Provider, otherwise }
}

const fn sdk(
    argument: &'static str,
    variables: &'static [&'static str],
    otherwise: &'static str,
) -> Source {
    Source { argument, variables, reader: Reader::Sdk, otherwise }
}

/// Prefix of variables that each hold one default tag.
pub const DEFAULT_TAGS: &str = "TF_AWS_DEFAULT_TAGS_";
/// Comma-separated keys to ignore.
pub const IGNORE_TAGS_KEYS: &str = "TF_AWS_IGNORE_TAGS_KEYS";
/// Comma-separated key prefixes to ignore.
pub const IGNORE_TAGS_KEY_PREFIXES: &str = "TF_AWS_IGNORE_TAGS_KEY_PREFIXES";

/// The arguments that have more than one source. Arguments of blocks are written `block.argument`.
pub const SOURCES: &[Source] = &[
    ours(
        "region",
        &["AWS_REGION", "AWS_DEFAULT_REGION"],
        "Otherwise the region of the profile in the shared config file, then that of the EC2 instance.",
    ),
    sdk("access_key", &["AWS_ACCESS_KEY_ID"], ""),
    sdk("secret_key", &["AWS_SECRET_ACCESS_KEY"], ""),
    sdk("token", &["AWS_SESSION_TOKEN"], ""),
    ours("profile", &["AWS_PROFILE", "AWS_DEFAULT_PROFILE"], "Otherwise the profile `default`."),
    sdk("shared_config_files", &["AWS_CONFIG_FILE"], "Otherwise `~/.aws/config`."),
    sdk(
        "shared_credentials_files",
        &["AWS_SHARED_CREDENTIALS_FILE"],
        "Otherwise `~/.aws/credentials`.",
    ),
    sdk(
        "use_fips_endpoint",
        &["AWS_USE_FIPS_ENDPOINT"],
        "Otherwise `use_fips_endpoint` of the profile.",
    ),
    sdk(
        "use_dualstack_endpoint",
        &["AWS_USE_DUALSTACK_ENDPOINT"],
        "Otherwise `use_dualstack_endpoint` of the profile.",
    ),
    sdk("max_retries", &["AWS_MAX_ATTEMPTS"], "Otherwise `max_attempts` of the profile, then 25."),
    sdk(
        "retry_mode",
        &["AWS_RETRY_MODE"],
        "Otherwise `retry_mode` of the profile, then `standard`.",
    ),
    sdk("http_proxy", &["HTTP_PROXY", "http_proxy"], ""),
    sdk("https_proxy", &["HTTPS_PROXY", "https_proxy"], ""),
    sdk("no_proxy", &["NO_PROXY", "no_proxy"], ""),
    ours("custom_ca_bundle", &["AWS_CA_BUNDLE"], "Otherwise the system's authorities only."),
    sdk("skip_metadata_api_check", &["AWS_EC2_METADATA_DISABLED"], ""),
    sdk("ec2_metadata_service_endpoint", &["AWS_EC2_METADATA_SERVICE_ENDPOINT"], ""),
    sdk("ec2_metadata_service_endpoint_mode", &["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"], ""),
    ours("user_agent", &["TF_APPEND_USER_AGENT"], ""),
    ours("assume_role_with_web_identity.role_arn", &["AWS_ROLE_ARN"], ""),
    ours("assume_role_with_web_identity.session_name", &["AWS_ROLE_SESSION_NAME"], ""),
    ours("assume_role_with_web_identity.web_identity_token", &["TF_AWS_WEB_IDENTITY_TOKEN"], ""),
    ours(
        "assume_role_with_web_identity.web_identity_token_file",
        &["AWS_WEB_IDENTITY_TOKEN_FILE"],
        "",
    ),
];

/// What stands in for this argument, if anything does.
pub fn source(argument: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.argument == argument)
}

/// The argument as the block gives it, else its variable.
pub fn resolve(argument: &str, given: Option<&str>, environment: &Environment) -> Option<String> {
    let variable = || environment.first(source(argument)?.variables);
    given.or_else(variable).map(str::to_owned)
}

/// The sentences that tell the other sources in the documentation; empty when there are none.
pub fn sentence(argument: &str) -> String {
    let Some(source) = source(argument) else { return String::new() };
    let variables: Vec<String> =
        source.variables.iter().map(|variable| format!("`{variable}`")).collect();
    let noun = if variables.len() == 1 { "variable" } else { "variables" };
    let mut text = format!(" Environment {noun}: {}.", variables.join(", "));
    if !source.otherwise.is_empty() {
        text.push(' ');
        text.push_str(source.otherwise);
    }
    text
}
