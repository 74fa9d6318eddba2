//! The provider block as Rust sees it. Names are those of [`super::schema`]; a test holds both
//! together.

use std::collections::{BTreeMap, BTreeSet};

use crate::framework::value::{StringMap, Strings, Value, known_set};
use crate::model;
use crate::sensitive::Sensitive;

model! {
    /// The whole block. Nested blocks are lists, however often they may be written.
    pub struct Config {
        /// Key ID of static credentials.
        pub access_key: Value<String>,
        /// Secret of static credentials.
        pub secret_key: Value<Sensitive>,
        /// Session token of static credentials.
        pub token: Value<Sensitive>,
        /// Named profile.
        pub profile: Value<String>,
        /// Shared config files.
        pub shared_config_files: Value<Vec<Value<String>>>,
        /// Shared credentials files.
        pub shared_credentials_files: Value<Vec<Value<String>>>,
        /// Default region.
        pub region: Value<String>,
        /// Region of STS alone.
        pub sts_region: Value<String>,
        /// Accounts that may be worked in.
        pub allowed_account_ids: Value<Strings>,
        /// Accounts that must not be worked in.
        pub forbidden_account_ids: Value<Strings>,
        /// FIPS endpoints.
        pub use_fips_endpoint: Value<bool>,
        /// Dual-stack endpoints.
        pub use_dualstack_endpoint: Value<bool>,
        /// Attempts per request.
        pub max_retries: Value<i64>,
        /// Pace of attempts.
        pub retry_mode: Value<String>,
        /// Size of the retry quota.
        pub token_bucket_rate_limiter_capacity: Value<i64>,
        /// Proxy for http endpoints, perhaps with a login.
        pub http_proxy: Value<String>,
        /// Proxy for https endpoints, perhaps with a login.
        pub https_proxy: Value<String>,
        /// Hosts without a proxy.
        pub no_proxy: Value<String>,
        /// PEM file of certificate authorities.
        pub custom_ca_bundle: Value<String>,
        /// No verification of server certificates.
        pub insecure: Value<bool>,
        /// Bucket in the path.
        pub s3_use_path_style: Value<bool>,
        /// No STS call when the provider is configured.
        pub skip_credentials_validation: Value<bool>,
        /// The account ID stays empty.
        pub skip_requesting_account_id: Value<bool>,
        /// Any region name.
        pub skip_region_validation: Value<bool>,
        /// No instance metadata.
        pub skip_metadata_api_check: Value<bool>,
        /// Address of the instance metadata service.
        pub ec2_metadata_service_endpoint: Value<String>,
        /// `IPv4` or `IPv6`.
        pub ec2_metadata_service_endpoint_mode: Value<String>,
        /// Appended to the user agent.
        pub user_agent: Value<Vec<Value<String>>>,
        /// Cluster of every resource that names none.
        pub cluster_name: Value<String>,
        /// Prefix of names.
        pub name_prefix: Value<String>,
        /// Regions that may be worked in.
        pub allowed_regions: Value<Strings>,
        /// What an interrupted create leaves behind.
        pub incomplete_create: Value<String>,
        /// Roles to assume, in order.
        pub assume_role: Value<Vec<AssumeRole>>,
        /// Role to assume with a token.
        pub assume_role_with_web_identity: Value<Vec<WebIdentity>>,
        /// Tags of every resource.
        pub default_tags: Value<Vec<DefaultTags>>,
        /// Tags of somebody else.
        pub ignore_tags: Value<Vec<IgnoreTags>>,
        /// Endpoint URLs by service.
        pub endpoints: Value<Vec<StringMap>>,
    }
}

model! {
    /// One `assume_role` block.
    pub struct AssumeRole {
        /// The role.
        pub role_arn: Value<String>,
        /// Length of a session, as a Go duration.
        pub duration: Value<String>,
        /// Shared secret of the role's owner.
        pub external_id: Value<String>,
        /// Session policy, JSON.
        pub policy: Value<String>,
        /// Managed policies that limit the session.
        pub policy_arns: Value<Strings>,
        /// Name of the session.
        pub session_name: Value<String>,
        /// Person behind the session.
        pub source_identity: Value<String>,
        /// Session tags.
        pub tags: Value<StringMap>,
        /// Session tags that later roles inherit.
        pub transitive_tag_keys: Value<Strings>,
    }
}

model! {
    /// The `assume_role_with_web_identity` block.
    pub struct WebIdentity {
        /// The role.
        pub role_arn: Value<String>,
        /// Length of a session, as a Go duration.
        pub duration: Value<String>,
        /// Session policy, JSON.
        pub policy: Value<String>,
        /// Managed policies that limit the session.
        pub policy_arns: Value<Strings>,
        /// Name of the session.
        pub session_name: Value<String>,
        /// The token itself.
        pub web_identity_token: Value<Sensitive>,
        /// A file that holds the token.
        pub web_identity_token_file: Value<String>,
    }
}

model! {
    /// The `default_tags` block.
    pub struct DefaultTags {
        /// The tags.
        pub tags: Value<StringMap>,
    }
}

model! {
    /// The `ignore_tags` block.
    pub struct IgnoreTags {
        /// Whole keys.
        pub keys: Value<Strings>,
        /// Beginnings of keys.
        pub key_prefixes: Value<Strings>,
    }
}

/// The value, if it is known and not null.
pub(super) fn known<T>(value: &Value<T>) -> Option<&T> {
    match value {
        Value::Value(known) => Some(known),
        Value::Null | Value::Unknown => None,
    }
}

/// The text, if it is known, not null and not empty: in the block, empty is as good as left out.
pub(super) fn text(value: &Value<String>) -> Option<&str> {
    known(value).map(String::as_str).filter(|text| !text.is_empty())
}

/// As [`text`], for secrets.
pub(super) fn secret(value: &Value<Sensitive>) -> Option<&Sensitive> {
    known(value).filter(|secret| !secret.expose().is_empty())
}

/// The known elements of a list.
pub(super) fn texts(value: &Value<Vec<Value<String>>>) -> Vec<String> {
    known(value).into_iter().flatten().filter_map(text).map(str::to_owned).collect()
}

/// The elements of a set; none while any is unknown.
pub(super) fn set(value: &Value<Strings>) -> BTreeSet<String> {
    known_set(value).unwrap_or_default()
}

/// The known elements of a map.
pub(super) fn text_map(value: &Value<StringMap>) -> BTreeMap<String, String> {
    let items = known(value).into_iter().flatten();
    items.filter_map(|(key, item)| Some((key.clone(), known(item)?.clone()))).collect()
}

/// The blocks of a name.
pub(super) fn blocks<T>(value: &Value<Vec<T>>) -> &[T] {
    known(value).map_or(&[], Vec::as_slice)
}
