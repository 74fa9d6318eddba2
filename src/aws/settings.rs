//! What a connection to AWS is opened with: plain data, already resolved from the configuration.
//!
//! A member left at its default falls back to what the AWS SDK for Rust reads by itself: the
//! environment, then the shared config files
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>). That covers
//! `AWS_REGION`, `AWS_PROFILE`, the credential variables, `AWS_CONFIG_FILE`,
//! `AWS_SHARED_CREDENTIALS_FILE`, `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`,
//! `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`, `AWS_MAX_ATTEMPTS`, `AWS_RETRY_MODE`,
//! `AWS_EC2_METADATA_*` and the proxy variables. The SDK does *not* read `AWS_DEFAULT_PROFILE`,
//! `AWS_CA_BUNDLE` nor any `TF_*` variable: whoever fills these settings does.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::error::Service;
use crate::sensitive::Sensitive;

/// Everything a [`super::Connection`] is opened with.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Version of this provider, for the user agent.
    pub version: String,
    /// More user agent tokens, each `name/version` or a comment in parentheses.
    pub user_agent: Vec<String>,
    /// The region calls go to unless a resource names another.
    pub region: Option<String>,
    /// Keys given in the configuration; they precede every other source.
    pub static_credentials: Option<StaticCredentials>,
    /// A profile named in the configuration; it precedes keys in the environment.
    pub profile: Option<String>,
    /// A profile to use where neither the configuration nor `AWS_PROFILE` names one.
    pub default_profile: Option<String>,
    /// Shared config files; the usual one if empty.
    pub shared_config_files: Vec<PathBuf>,
    /// Shared credentials files; the usual one if empty.
    pub shared_credentials_files: Vec<PathBuf>,
    /// Roles to assume, each with the credentials of the one before.
    pub assume_roles: Vec<AssumeRole>,
    /// A role to assume with a web identity token; the roles above follow it.
    pub assume_role_with_web_identity: Option<AssumeRoleWithWebIdentity>,
    /// Attempts per request, at least 1, throttled ones included;
    /// [`super::retry::DEFAULT_MAX_ATTEMPTS`] without them if nothing says otherwise.
    pub max_attempts: Option<u32>,
    /// How the SDK paces its attempts.
    pub retry_mode: Option<RetryMode>,
    /// Size of the SDK's retry quota per service and region; no quota if absent.
    pub token_bucket_capacity: Option<usize>,
    /// Proxy for `http` endpoints, perhaps with a login. Absent: from the environment; empty: none.
    pub http_proxy: Option<Sensitive>,
    /// Proxy for `https` endpoints, perhaps with a login. Absent: from the environment; empty: none.
    pub https_proxy: Option<Sensitive>,
    /// Hosts reached without the two proxies above, comma-separated. Proxies from the environment
    /// go with `NO_PROXY` from the environment.
    pub no_proxy: Option<String>,
    /// PEM file with certificate authorities trusted besides the system's.
    pub custom_ca_bundle: Option<PathBuf>,
    /// Do not verify server certificates.
    pub insecure: bool,
    /// Put the bucket into the path, not into the host name.
    pub s3_use_path_style: bool,
    /// Endpoint URL by service; precedes every other source.
    pub endpoints: BTreeMap<Service, String>,
    /// Use FIPS endpoints.
    pub use_fips_endpoint: Option<bool>,
    /// Use dual-stack endpoints.
    pub use_dualstack_endpoint: Option<bool>,
    /// Never ask the EC2 instance metadata service. Absent: as `AWS_EC2_METADATA_DISABLED` says.
    pub skip_metadata_api_check: Option<bool>,
    /// Another address of the metadata service.
    pub ec2_metadata_service_endpoint: Option<String>,
    /// Reach the metadata service over IPv6 (`true`) or IPv4 (`false`).
    pub ec2_metadata_service_ipv6: Option<bool>,
    /// Region of the STS endpoint only.
    pub sts_region: Option<String>,
}

/// How the SDK paces its attempts
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryMode {
    /// Exponential backoff with jitter and a retry quota.
    #[default]
    Standard,
    /// The same, and requests are slowed down once AWS throttles.
    Adaptive,
}

/// Keys of an IAM user or of a session.
#[derive(Clone, Debug)]
pub struct StaticCredentials {
    /// The access key ID.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: Sensitive,
    /// The session token of temporary keys.
    pub token: Option<Sensitive>,
}

/// A role to assume with credentials
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
#[derive(Clone, Debug, Default)]
pub struct AssumeRole {
    /// The role.
    pub role_arn: String,
    /// Length of a session, 15 minutes to 12 hours; one hour if absent.
    pub duration: Option<Duration>,
    /// Shared secret of the role's owner.
    pub external_id: Option<String>,
    /// Session policy, JSON.
    pub policy: Option<String>,
    /// Managed policies that limit the session.
    pub policy_arns: Vec<String>,
    /// Name of the session; one with the provider's name if absent.
    pub session_name: Option<String>,
    /// Identity of the person behind the session, as the audit log shows it.
    pub source_identity: Option<String>,
    /// Session tags.
    pub tags: BTreeMap<String, String>,
    /// Keys of session tags that later roles of a chain inherit.
    pub transitive_tag_keys: Vec<String>,
}

/// A role to assume with a web identity token
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>).
#[derive(Clone, Debug)]
pub struct AssumeRoleWithWebIdentity {
    /// The role.
    pub role_arn: String,
    /// Where the token is.
    pub token: WebIdentityToken,
    /// Length of a session; one hour if absent.
    pub duration: Option<Duration>,
    /// Session policy, JSON.
    pub policy: Option<String>,
    /// Managed policies that limit the session.
    pub policy_arns: Vec<String>,
    /// Name of the session; one with the provider's name if absent.
    pub session_name: Option<String>,
}

/// A web identity token, or where to find one.
#[derive(Clone, Debug)]
pub enum WebIdentityToken {
    /// The token itself.
    Inline(Sensitive),
    /// A file that holds it, read at each use because the issuer renews it.
    File(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_in_debug_output() {
        let settings = Settings {
            static_credentials: Some(StaticCredentials {
                access_key: "AKIDEXAMPLE".to_owned(),
                secret_key: Sensitive::new("hunter2".to_owned()),
                token: Some(Sensitive::new("hunter3".to_owned())),
            }),
            assume_role_with_web_identity: Some(AssumeRoleWithWebIdentity {
                role_arn: "arn:aws:iam::123456789012:role/x".to_owned(),
                token: WebIdentityToken::Inline(Sensitive::new("hunter4".to_owned())),
                duration: None,
                policy: None,
                policy_arns: Vec::new(),
                session_name: None,
            }),
            https_proxy: Some(Sensitive::of_url("http://bob:hunter5@proxy:3128".to_owned())),
            ..Settings::default()
        };
        let text = format!("{settings:?}");
        assert!(text.contains("AKIDEXAMPLE") && !text.contains("hunter"), "{text}");
    }
}
