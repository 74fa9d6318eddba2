//! From the provider block and the environment to what a connection is opened with.
//!
//! Pure: nothing is asked of AWS, no file is read. The block is wholly known here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::aws::Service;
use crate::aws::settings::{
    AssumeRole, AssumeRoleWithWebIdentity, RetryMode, Settings as AwsSettings, StaticCredentials,
    WebIdentityToken,
};
use crate::framework::diagnostic::diagnostic;
use crate::framework::value::{AttributePath, Diagnostic, Value};
use crate::platform::duration;
use crate::platform::tags::{self, IgnoreRules, Tags};
use crate::sensitive::Sensitive;

use super::config::{
    Config, IgnoreTags, WebIdentity, blocks, known, secret, set, text, text_map, texts,
};
use super::context::IncompleteCreate;
use super::environment::Environment;
use super::schema::service_of_endpoint;
use super::sources::{self, resolve};

/// Everything the block and the environment say.
#[derive(Debug, Default)]
pub struct Settings {
    /// For the connection.
    pub aws: AwsSettings,
    /// Accounts that may be worked in; all if empty.
    pub allowed_account_ids: BTreeSet<String>,
    /// Accounts that must not be worked in.
    pub forbidden_account_ids: BTreeSet<String>,
    /// Do not ask STS about the credentials.
    pub skip_credentials_validation: bool,
    /// Leave the account ID empty.
    pub skip_requesting_account_id: bool,
    /// Accept any region name.
    pub skip_region_validation: bool,
    /// Cluster of every resource that names none.
    pub cluster_name: Option<String>,
    /// Prefix of names.
    pub name_prefix: Option<String>,
    /// Regions that may be worked in; all if empty.
    pub allowed_regions: BTreeSet<String>,
    /// What an interrupted create leaves behind.
    pub incomplete_create: IncompleteCreate,
    /// Tags of every resource.
    pub default_tags: Tags,
    /// Tags of somebody else.
    pub ignore_tags: IgnoreRules,
}

impl Settings {
    /// Resolves the block; the first thing that is wrong, if anything is.
    pub fn resolve(config: &Config, environment: &Environment) -> Result<Self, Diagnostic> {
        let incomplete_create = text(&config.incomplete_create).and_then(IncompleteCreate::parse);
        Ok(Self {
            aws: aws(config, environment)?,
            allowed_account_ids: set(&config.allowed_account_ids),
            forbidden_account_ids: set(&config.forbidden_account_ids),
            skip_credentials_validation: is_true(config.skip_credentials_validation),
            skip_requesting_account_id: is_true(config.skip_requesting_account_id),
            skip_region_validation: is_true(config.skip_region_validation),
            cluster_name: text(&config.cluster_name).map(str::to_owned),
            name_prefix: text(&config.name_prefix).map(str::to_owned),
            allowed_regions: set(&config.allowed_regions),
            incomplete_create: incomplete_create.unwrap_or_default(),
            default_tags: default_tags(config, environment)?,
            ignore_tags: ignore_tags(config, environment),
        })
    }
}

fn is_true(value: Value<bool>) -> bool {
    known(&value).copied().unwrap_or_default()
}

fn aws(config: &Config, environment: &Environment) -> Result<AwsSettings, Diagnostic> {
    let owned = |value: Option<&str>| value.map(str::to_owned);
    let paths = |value| texts(value).iter().map(|path| environment.path(path)).collect();
    let web_identity = web_identity(config, environment)?;
    Ok(AwsSettings {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        user_agent: user_agent(config, environment),
        region: resolve("region", text(&config.region), environment),
        static_credentials: static_credentials(config),
        profile: owned(text(&config.profile)),
        default_profile: resolve("profile", None, environment),
        shared_config_files: paths(&config.shared_config_files),
        shared_credentials_files: paths(&config.shared_credentials_files),
        assume_roles: assume_roles(config)?,
        assume_role_with_web_identity: web_identity,
        max_attempts: known(&config.max_retries).and_then(|number| u32::try_from(*number).ok()),
        retry_mode: text(&config.retry_mode).map(|mode| match mode {
            "adaptive" => RetryMode::Adaptive,
            _ => RetryMode::Standard,
        }),
        token_bucket_capacity: known(&config.token_bucket_rate_limiter_capacity)
            .and_then(|number| usize::try_from(*number).ok()),
        http_proxy: proxy("http_proxy", &config.http_proxy, environment),
        https_proxy: proxy("https_proxy", &config.https_proxy, environment),
        no_proxy: known(&config.no_proxy).cloned(),
        custom_ca_bundle: resolve("custom_ca_bundle", text(&config.custom_ca_bundle), environment)
            .map(|path| environment.path(&path)),
        insecure: is_true(config.insecure),
        s3_use_path_style: is_true(config.s3_use_path_style),
        endpoints: endpoints(config),
        use_fips_endpoint: known(&config.use_fips_endpoint).copied(),
        use_dualstack_endpoint: known(&config.use_dualstack_endpoint).copied(),
        skip_metadata_api_check: known(&config.skip_metadata_api_check).copied(),
        ec2_metadata_service_endpoint: owned(text(&config.ec2_metadata_service_endpoint)),
        ec2_metadata_service_ipv6: text(&config.ec2_metadata_service_endpoint_mode)
            .map(|mode| mode == "IPv6"),
        sts_region: owned(text(&config.sts_region)),
    })
}

fn user_agent(config: &Config, environment: &Environment) -> Vec<String> {
    let mut tokens = texts(&config.user_agent);
    tokens.extend(resolve("user_agent", None, environment));
    tokens
}

/// The proxy of the block. Empty has a meaning of its own: none. That of the environment is the SDK's
/// to read, and its login a secret all the same.
fn proxy(argument: &str, given: &Value<String>, environment: &Environment) -> Option<Sensitive> {
    let _noted = resolve(argument, None, environment).map(Sensitive::of_url);
    known(given).cloned().map(Sensitive::of_url)
}

fn static_credentials(config: &Config) -> Option<StaticCredentials> {
    Some(StaticCredentials {
        access_key: text(&config.access_key)?.to_owned(),
        secret_key: secret(&config.secret_key)?.clone(),
        token: secret(&config.token).cloned(),
    })
}

fn endpoints(config: &Config) -> BTreeMap<Service, String> {
    let mut endpoints = BTreeMap::new();
    for (name, url) in blocks(&config.endpoints).iter().flatten() {
        if let (Some(service), Some(url)) = (service_of_endpoint(name), text(url)) {
            endpoints.insert(service, url.to_owned());
        }
    }
    endpoints
}

fn session_length(
    value: &Value<String>,
    block: AttributePath,
) -> Result<Option<Duration>, Diagnostic> {
    let parsed = text(value).map(duration::parse).transpose();
    parsed.map_err(|problem| {
        let path = block.attribute("duration");
        diagnostic("Invalid Attribute Value", format!("duration: {problem}."), path)
    })
}

fn assume_roles(config: &Config) -> Result<Vec<AssumeRole>, Diagnostic> {
    let roles = (0_i64..).zip(blocks(&config.assume_role)).filter_map(|(index, block)| {
        let path = AttributePath::new("assume_role").index(index);
        let role_arn = text(&block.role_arn)?.to_owned();
        Some(session_length(&block.duration, path).map(|duration| AssumeRole {
            role_arn,
            duration,
            external_id: text(&block.external_id).map(str::to_owned),
            policy: text(&block.policy).map(str::to_owned),
            policy_arns: set(&block.policy_arns).into_iter().collect(),
            session_name: text(&block.session_name).map(str::to_owned),
            source_identity: text(&block.source_identity).map(str::to_owned),
            tags: text_map(&block.tags),
            transitive_tag_keys: set(&block.transitive_tag_keys).into_iter().collect(),
        }))
    });
    roles.collect()
}

/// The role of the block, else the one that the environment names together with an inline token.
/// A token *file* of the environment without a block is the AWS SDK's to find.
fn web_identity(
    config: &Config,
    environment: &Environment,
) -> Result<Option<AssumeRoleWithWebIdentity>, Diagnostic> {
    let variable =
        |name: &str| resolve(&format!("assume_role_with_web_identity.{name}"), None, environment);
    if let Some(block) = blocks(&config.assume_role_with_web_identity).first() {
        return web_identity_of(block, environment).map(Some);
    }
    // Credentials that the block names go before those of the environment.
    if text(&config.access_key).is_some() || text(&config.profile).is_some() {
        return Ok(None);
    }
    let (Some(role_arn), Some(token)) = (variable("role_arn"), variable("web_identity_token"))
    else {
        return Ok(None);
    };
    Ok(Some(AssumeRoleWithWebIdentity {
        role_arn,
        token: WebIdentityToken::Inline(Sensitive::new(token)),
        duration: None,
        policy: None,
        policy_arns: Vec::new(),
        session_name: variable("session_name"),
    }))
}

fn web_identity_of(
    block: &WebIdentity,
    environment: &Environment,
) -> Result<AssumeRoleWithWebIdentity, Diagnostic> {
    let path = AttributePath::new("assume_role_with_web_identity").index(0);
    let argument = |name: &str, given: Option<&str>| {
        resolve(&format!("assume_role_with_web_identity.{name}"), given, environment)
    };
    let missing = |name: &'static str, ways: &'static str| {
        let detail = format!("assume_role_with_web_identity gives no {name}. {ways}");
        diagnostic("Missing Attribute", detail, path.clone().attribute(name))
    };
    let inline = secret(&block.web_identity_token);
    let file = text(&block.web_identity_token_file);
    // A token of the block goes before either variable.
    let token = match (inline, file) {
        (Some(token), _) => Some(WebIdentityToken::Inline(token.clone())),
        (None, Some(file)) => Some(WebIdentityToken::File(environment.path(file))),
        (None, None) => {
            let variable = argument("web_identity_token", None).map(Sensitive::new);
            variable.map(WebIdentityToken::Inline).or_else(|| {
                argument("web_identity_token_file", None)
                    .map(|file| WebIdentityToken::File(environment.path(&file)))
            })
        }
    };
    Ok(AssumeRoleWithWebIdentity {
        role_arn: argument("role_arn", text(&block.role_arn)).ok_or_else(|| {
            missing("role_arn", "Set it, or the environment variable AWS_ROLE_ARN.")
        })?,
        token: token.ok_or_else(|| {
            missing(
                "web_identity_token",
                "Set it, or web_identity_token_file, or one of the environment variables \
                 TF_AWS_WEB_IDENTITY_TOKEN and AWS_WEB_IDENTITY_TOKEN_FILE.",
            )
        })?,
        duration: session_length(&block.duration, path.clone())?,
        policy: text(&block.policy).map(str::to_owned),
        policy_arns: set(&block.policy_arns).into_iter().collect(),
        session_name: argument("session_name", text(&block.session_name)),
    })
}

fn default_tags(config: &Config, environment: &Environment) -> Result<Tags, Diagnostic> {
    let variables = environment.with_prefix(sources::DEFAULT_TAGS);
    let mut merged: Tags =
        variables.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    for block in blocks(&config.default_tags) {
        merged.extend(text_map(&block.tags));
    }
    tags::check(&merged, 0).map_err(|problem| {
        let from = if blocks(&config.default_tags).is_empty() {
            format!(" The tags come from environment variables {}<key>.", sources::DEFAULT_TAGS)
        } else {
            String::new()
        };
        let path = AttributePath::new("default_tags");
        diagnostic("Invalid Default Tags", format!("default_tags: {problem}.{from}"), path)
    })?;
    Ok(merged)
}

fn ignore_tags(config: &Config, environment: &Environment) -> IgnoreRules {
    let list = |variable| environment.list(variable).map(str::to_owned).collect::<BTreeSet<_>>();
    let mut rules = IgnoreRules {
        keys: list(sources::IGNORE_TAGS_KEYS),
        key_prefixes: list(sources::IGNORE_TAGS_KEY_PREFIXES),
    };
    for block in blocks::<IgnoreTags>(&config.ignore_tags) {
        rules.keys.extend(set(&block.keys));
        rules.key_prefixes.extend(set(&block.key_prefixes));
    }
    rules
}

#[cfg(test)]
mod tests;
