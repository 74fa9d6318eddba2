//! The connection to AWS, from its settings.
//!
//! Opening a connection reads files and the environment only. The network is used by the first
//! call, or while opening where no region is configured and the instance metadata service may be
//! asked for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::service_config::ServiceConfigKey;
use tokio_util::sync::CancellationToken;

use super::{Clients, Common, sts_client};
use crate::aws::clock::Clock;
use crate::aws::credentials::{self, AssumedRole, Noted, WebIdentityRole};
use crate::aws::error::{Error, Kind, Service, classified};
use crate::aws::sessions::Sessions;
use crate::aws::settings::{RetryMode, Settings};
use crate::aws::wait::BackOff;
use crate::aws::{http, retry};

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
    pub(super) config: SdkConfig,
    common: Arc<Common>,
    region: String,
    regions: Mutex<HashMap<String, Arc<Clients>>>,
    identity: tokio::sync::OnceCell<Identity>,
}

impl Connection {
    /// Opens a connection. Wrong settings and a missing region are [`Kind::Invalid`]; missing or
    /// refused credentials only show at the first call. Once `stop` is cancelled, no call is
    /// repeated.
    pub async fn open(settings: Settings, stop: CancellationToken) -> Result<Self, Error> {
        let http = http::client(&settings)?;
        Self::open_over(http, settings, stop).await
    }

    /// Opens a connection over this HTTP client.
    pub(super) async fn open_over(
        http: SharedHttpClient,
        mut settings: Settings,
        stop: CancellationToken,
    ) -> Result<Self, Error> {
        let files = profile_files(&settings);
        let base = ProviderConfig::without_region().with_http_client(http.clone());
        let region = region(&settings, &base, &files).await?;
        let base = base.with_region(Some(region.clone()));
        let credentials = credentials::base(&settings, &base, &files)?;
        let (clock, sessions) = (Clock::default(), Sessions::new());
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .profile_files(files)
            .region(region.clone())
            .credentials_provider(credentials)
            .identity_cache(sessions.clone())
            .time_source(clock.clone())
            .disable_clock_skew_correction(true)
            .sleep_impl(BackOff { stop: stop.clone() })
            .retry_config(RetryConfig::standard())
            .timeout_config(
                TimeoutConfig::builder().operation_attempt_timeout(retry::ATTEMPT_TIMEOUT).build(),
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
        settings.max_attempts = max_attempts(&settings, &config)?;
        let retry = retry_config(&settings, &config)?;
        let config = config.into_builder().retry_config(retry).build();
        let common = Arc::new(Common { settings, clock, sessions, stop });
        let config = assume(config, &common);
        Ok(Self {
            config,
            common,
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
            Arc::new(Clients::new(config, Arc::clone(&self.common)))
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

/// Puts the roles to assume on top of the credentials of `config`.
fn assume(config: SdkConfig, common: &Common) -> SdkConfig {
    // Each link asks the one below only when its own session ends, so caching the last is enough.
    let uncached =
        |config: &SdkConfig| config.to_builder().identity_cache(IdentityCache::no_cache()).build();
    let with = |config: SdkConfig, provider: SharedCredentialsProvider| {
        config.into_builder().credentials_provider(provider).build()
    };
    let settings = &common.settings;
    let mut config = config;
    if let Some(role) = &settings.assume_role_with_web_identity {
        let sts = sts_client(&uncached(&config), common);
        let provider = WebIdentityRole { sts, role: role.clone() };
        config = with(config, Noted::over(provider));
    }
    for role in &settings.assume_roles {
        let sts = sts_client(&uncached(&config), common);
        let provider = AssumedRole { sts, role: role.clone() };
        config = with(config, Noted::over(provider));
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

/// What environment or profile say; read here, because the SDK's own reading ends the process on a
/// value it does not understand.
fn outside(config: &SdkConfig, env: &'static str, profile: &'static str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("").env(env).profile(profile).build();
    config.service_config()?.load_config(key.ok()?)
}

fn wrong(name: &str, value: &str, rule: &str) -> Error {
    let message = format!("{name} is {value:?}, expected {rule}");
    Error::new(Service::Sts, "configuration", Kind::Invalid, message)
}

/// Attempts: configuration, environment, profile.
fn max_attempts(settings: &Settings, config: &SdkConfig) -> Result<Option<u32>, Error> {
    let configured = match settings.max_attempts {
        Some(attempts) => Some(attempts),
        None => outside(config, "AWS_MAX_ATTEMPTS", "max_attempts")
            .map(|text| {
                let name = "AWS_MAX_ATTEMPTS (max_attempts)";
                text.parse::<u32>().map_err(|_| wrong(name, &text, "a whole number"))
            })
            .transpose()?,
    };
    Ok(configured.map(|attempts| attempts.max(1)))
}

/// The mode from configuration, environment or profile, and the attempts.
fn retry_config(settings: &Settings, config: &SdkConfig) -> Result<RetryConfig, Error> {
    let mode = match (settings.retry_mode, outside(config, "AWS_RETRY_MODE", "retry_mode")) {
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
        .with_max_attempts(settings.max_attempts.unwrap_or(retry::DEFAULT_MAX_ATTEMPTS))
        .with_max_backoff(retry::MAX_BACKOFF))
}
