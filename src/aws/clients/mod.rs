//! The connection to AWS: one configuration, one HTTP client, one cache of credentials; clients per
//! region and service, made when first asked for.
//!
//! Opening a connection reads files and the environment only. The network is used by the first
//! call, or while opening where no region is configured and the instance metadata service may be
//! asked for one.

mod interceptors;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::identity::IdentityCache;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::{RetryConfig, RetryMode as SdkRetryMode};
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_sts::config::retry::{RetryPartition, TokenBucket};
use aws_types::service_config::ServiceConfigKey;

use super::arn::Partition;
use super::credentials::{self, AssumedRole, WebIdentityRole};
use super::error::{Error, Kind, Service, classified};
use super::retry;
use super::settings::{RetryMode, Settings};
use interceptors::{ConnectAttempts, UserAgent};

/// Who the caller is, as STS tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account_id: String,
    /// ARN of the user or session.
    pub arn: String,
}

/// An opened connection. One per configured provider; share it.
#[derive(Debug)]
pub struct Connection {
    config: SdkConfig,
    settings: Arc<Settings>,
    region: String,
    regions: Mutex<HashMap<String, Arc<Clients>>>,
    identity: tokio::sync::OnceCell<Identity>,
}

impl Connection {
    /// Opens a connection. Wrong settings and a missing region are [`Kind::Invalid`]; missing or
    /// refused credentials only show at the first call.
    pub async fn open(settings: Settings) -> Result<Self, Error> {
        let http = super::http::client(&settings)?;
        let files = profile_files(&settings);
        let base = ProviderConfig::without_region().with_http_client(http.clone());
        let region = region(&settings, &base, &files).await?;
        let base = base.with_region(Some(region.clone()));
        let credentials = credentials::base(&settings, &base, &files)?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .profile_files(files)
            .region(region.clone())
            .credentials_provider(credentials)
            .retry_config(RetryConfig::standard())
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_timeout(retry::CALL_TIMEOUT)
                    .operation_attempt_timeout(retry::ATTEMPT_TIMEOUT)
                    .build(),
            );
        if let Some(name) = settings.profile.as_ref().or(settings.default_profile.as_ref()) {
            loader = loader.profile_name(name);
        }
        if let Some(fips) = settings.use_fips_endpoint {
            loader = loader.use_fips(fips);
        }
        if let Some(dual_stack) = settings.use_dualstack_endpoint {
            loader = loader.use_dual_stack(dual_stack);
        }
        let config = loader.load().await;
        let retry = retry_config(&settings, &config)?;
        let config = config.into_builder().retry_config(retry).build();
        let config = assume(config, &settings);
        Ok(Self {
            config,
            settings: Arc::new(settings),
            region: region.to_string(),
            regions: Mutex::default(),
            identity: tokio::sync::OnceCell::new(),
        })
    }

    /// The region calls go to by default.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The clients of a region, made at first use and shared afterwards.
    pub fn clients(&self, region: &str) -> Arc<Clients> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let clients = regions.entry(region.to_owned()).or_insert_with(|| {
            let region = Region::new(region.to_owned());
            let config = self.config.to_builder().region(region).build();
            Arc::new(Clients::new(config, Arc::clone(&self.settings)))
        });
        Arc::clone(clients)
    }

    /// Who is calling; asked once and remembered. IAM: sts:GetCallerIdentity
    /// (needs no permission).
    pub async fn caller_identity(&self) -> Result<&Identity, Error> {
        const OPERATION: &str = "GetCallerIdentity";
        self.identity
            .get_or_try_init(|| async {
                let clients = self.clients(&self.region);
                let answer = clients
                    .sts()
                    .get_caller_identity()
                    .send()
                    .await
                    .map_err(classified(Service::Sts, OPERATION, &[]))?;
                match (answer.account, answer.arn) {
                    (Some(account_id), Some(arn)) => Ok(Identity { account_id, arn }),
                    _ => Err(Error::incomplete(Service::Sts, OPERATION, "Account or Arn")),
                }
            })
            .await
    }

    /// The account of the caller.
    pub async fn account_id(&self) -> Result<&str, Error> {
        Ok(self.caller_identity().await?.account_id.as_str())
    }
}

/// The clients of one region. Each service's client is made at first use and is cheap to clone.
#[derive(Debug)]
pub struct Clients {
    config: SdkConfig,
    settings: Arc<Settings>,
    region: String,
    application_auto_scaling: OnceLock<aws_sdk_applicationautoscaling::Client>,
    backup: OnceLock<aws_sdk_backup::Client>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    efs: OnceLock<aws_sdk_efs::Client>,
    eks: OnceLock<aws_sdk_eks::Client>,
    elasticache: OnceLock<aws_sdk_elasticache::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    secrets_manager: OnceLock<aws_sdk_secretsmanager::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

/// The configuration of one service's client: the shared one, our interceptors, and what
/// [`Settings`] say for this service.
macro_rules! service_config {
    ($sdk:ident, $service:expr, $config:expr, $settings:expr) => {{
        let settings: &Settings = $settings;
        let config: &SdkConfig = $config;
        let mut builder = $sdk::config::Builder::from(config)
            .interceptor(UserAgent::new(settings))
            .interceptor(ConnectAttempts);
        if let Some(url) = settings.endpoints.get(&$service) {
            builder = builder.endpoint_url(url);
        }
        if let Some(partition) = partition($service, config, settings) {
            builder = builder.retry_partition(partition);
        }
        builder
    }};
}

impl Clients {
    fn new(config: SdkConfig, settings: Arc<Settings>) -> Self {
        Self {
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            config,
            settings,
            application_auto_scaling: OnceLock::new(),
            backup: OnceLock::new(),
            ec2: OnceLock::new(),
            efs: OnceLock::new(),
            eks: OnceLock::new(),
            elasticache: OnceLock::new(),
            iam: OnceLock::new(),
            s3: OnceLock::new(),
            secrets_manager: OnceLock::new(),
            sts: OnceLock::new(),
        }
    }

    /// The region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// What signs the calls, for requests that no client sends.
    pub(super) fn credentials(&self) -> Option<SharedCredentialsProvider> {
        self.config.credentials_provider()
    }

    /// The partition the region lies in.
    pub fn partition(&self) -> Partition {
        Partition::of_region(&self.region)
    }

    pub(super) fn application_auto_scaling(&self) -> &aws_sdk_applicationautoscaling::Client {
        self.application_auto_scaling.get_or_init(|| {
            let service = Service::ApplicationAutoScaling;
            let config = service_config!(
                aws_sdk_applicationautoscaling,
                service,
                &self.config,
                &self.settings
            );
            aws_sdk_applicationautoscaling::Client::from_conf(config.build())
        })
    }

    pub(super) fn backup(&self) -> &aws_sdk_backup::Client {
        self.backup.get_or_init(|| {
            let service = Service::Backup;
            let config = service_config!(aws_sdk_backup, service, &self.config, &self.settings);
            aws_sdk_backup::Client::from_conf(config.build())
        })
    }

    pub(super) fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.ec2.get_or_init(|| {
            let config = service_config!(aws_sdk_ec2, Service::Ec2, &self.config, &self.settings);
            aws_sdk_ec2::Client::from_conf(config.build())
        })
    }

    pub(super) fn efs(&self) -> &aws_sdk_efs::Client {
        self.efs.get_or_init(|| {
            let config = service_config!(aws_sdk_efs, Service::Efs, &self.config, &self.settings);
            aws_sdk_efs::Client::from_conf(config.build())
        })
    }

    pub(super) fn eks(&self) -> &aws_sdk_eks::Client {
        self.eks.get_or_init(|| {
            let config = service_config!(aws_sdk_eks, Service::Eks, &self.config, &self.settings);
            aws_sdk_eks::Client::from_conf(config.build())
        })
    }

    pub(super) fn elasticache(&self) -> &aws_sdk_elasticache::Client {
        self.elasticache.get_or_init(|| {
            let service = Service::ElastiCache;
            let config =
                service_config!(aws_sdk_elasticache, service, &self.config, &self.settings);
            aws_sdk_elasticache::Client::from_conf(config.build())
        })
    }

    pub(super) fn iam(&self) -> &aws_sdk_iam::Client {
        self.iam.get_or_init(|| {
            let config = service_config!(aws_sdk_iam, Service::Iam, &self.config, &self.settings);
            aws_sdk_iam::Client::from_conf(config.build())
        })
    }

    pub(super) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let config = service_config!(aws_sdk_s3, Service::S3, &self.config, &self.settings);
            let path_style = self.settings.s3_use_path_style;
            aws_sdk_s3::Client::from_conf(config.force_path_style(path_style).build())
        })
    }

    pub(super) fn secrets_manager(&self) -> &aws_sdk_secretsmanager::Client {
        self.secrets_manager.get_or_init(|| {
            let service = Service::SecretsManager;
            let config =
                service_config!(aws_sdk_secretsmanager, service, &self.config, &self.settings);
            aws_sdk_secretsmanager::Client::from_conf(config.build())
        })
    }

    pub(super) fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| sts_client(&self.config, &self.settings))
    }
}

fn sts_client(config: &SdkConfig, settings: &Settings) -> aws_sdk_sts::Client {
    let mut builder = service_config!(aws_sdk_sts, Service::Sts, config, settings);
    if let Some(region) = &settings.sts_region {
        builder = builder.region(Region::new(region.clone()));
    }
    aws_sdk_sts::Client::from_conf(builder.build())
}

/// A retry quota of the configured size, or the SDK's own.
fn partition(service: Service, config: &SdkConfig, settings: &Settings) -> Option<RetryPartition> {
    let capacity = settings.token_bucket_capacity?;
    let region = config.region().map_or("", |region| region.as_ref());
    let bucket = TokenBucket::builder().capacity(capacity).build();
    let name = format!("{}-{region}-{capacity}", service.key());
    Some(RetryPartition::custom(name).token_bucket(bucket).build())
}

/// Puts the roles to assume on top of the credentials of `config`.
fn assume(config: SdkConfig, settings: &Settings) -> SdkConfig {
    // Each link asks the one below only when its own session ends, so caching the last is enough.
    let uncached =
        |config: &SdkConfig| config.to_builder().identity_cache(IdentityCache::no_cache()).build();
    let with = |config: SdkConfig, provider: SharedCredentialsProvider| {
        config.into_builder().credentials_provider(provider).build()
    };
    let mut config = config;
    if let Some(role) = &settings.assume_role_with_web_identity {
        let sts = sts_client(&uncached(&config), settings);
        let provider = WebIdentityRole { sts, role: role.clone() };
        config = with(config, SharedCredentialsProvider::new(provider));
    }
    for role in &settings.assume_roles {
        let sts = sts_client(&uncached(&config), settings);
        let provider = AssumedRole { sts, role: role.clone() };
        config = with(config, SharedCredentialsProvider::new(provider));
    }
    config
}

fn profile_files(settings: &Settings) -> EnvConfigFiles {
    let mut files = EnvConfigFiles::builder()
        .include_default_config_file(settings.shared_config_files.is_empty())
        .include_default_credentials_file(settings.shared_credentials_files.is_empty());
    for file in &settings.shared_config_files {
        files = files.with_file(EnvConfigFileKind::Config, file);
    }
    for file in &settings.shared_credentials_files {
        files = files.with_file(EnvConfigFileKind::Credentials, file);
    }
    files.build()
}

async fn region(
    settings: &Settings,
    config: &ProviderConfig,
    files: &EnvConfigFiles,
) -> Result<Region, Error> {
    if let Some(region) = &settings.region {
        return Ok(Region::new(region.clone()));
    }
    let mut profile =
        ProfileFileRegionProvider::builder().configure(config).profile_files(files.clone());
    if let Some(name) = settings.profile.as_ref().or(settings.default_profile.as_ref()) {
        profile = profile.profile_name(name);
    }
    let mut chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build());
    if let Some(metadata) = credentials::metadata(settings, config)? {
        let provider = ImdsRegionProvider::builder().configure(config).imds_client(metadata);
        chain = chain.or_else(provider.build());
    }
    chain.region().await.ok_or_else(|| {
        let message =
            "no region is configured: set `region`, AWS_REGION, or `region` of the profile";
        Error::new(Service::Sts, "configuration", Kind::Invalid, message)
    })
}

/// Attempts and mode: configuration, environment, profile, our default. Read here, because the
/// SDK's own reading ends the process on a value it does not understand.
fn retry_config(settings: &Settings, config: &SdkConfig) -> Result<RetryConfig, Error> {
    let outside = |env: &'static str, profile: &'static str| -> Option<String> {
        let key = ServiceConfigKey::builder().service_id("").env(env).profile(profile).build();
        config.service_config()?.load_config(key.ok()?)
    };
    let wrong = |name: &str, value: &str, rule: &str| {
        let message = format!("{name} is {value:?}, expected {rule}");
        Error::new(Service::Sts, "configuration", Kind::Invalid, message)
    };
    let attempts = match (settings.max_attempts, outside("AWS_MAX_ATTEMPTS", "max_attempts")) {
        (Some(attempts), _) => attempts,
        (None, Some(text)) => text
            .parse()
            .map_err(|_| wrong("AWS_MAX_ATTEMPTS (max_attempts)", &text, "a whole number"))?,
        (None, None) => retry::DEFAULT_MAX_ATTEMPTS,
    };
    let mode = match (settings.retry_mode, outside("AWS_RETRY_MODE", "retry_mode")) {
        (Some(RetryMode::Standard), _) | (None, None) => SdkRetryMode::Standard,
        (Some(RetryMode::Adaptive), _) => SdkRetryMode::Adaptive,
        // "legacy" is what other SDKs understand and this one has no counterpart for.
        (None, Some(text)) => match text.to_ascii_lowercase().as_str() {
            "standard" | "legacy" => SdkRetryMode::Standard,
            "adaptive" => SdkRetryMode::Adaptive,
            _ => return Err(wrong("AWS_RETRY_MODE (retry_mode)", &text, "standard or adaptive")),
        },
    };
    Ok(RetryConfig::standard()
        .with_retry_mode(mode)
        .with_max_attempts(attempts.max(1))
        .with_max_backoff(retry::MAX_BACKOFF))
}

#[cfg(test)]
mod tests;
