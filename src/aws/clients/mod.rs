//! Clients of AWS's services per region, made when first asked for, over one [`Connection`]: one
//! configuration, one HTTP client, one cache of credentials, one clock.

mod connection;
mod user_agent;

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::retry::{RetryPartition, TokenBucket};
use tokio_util::sync::CancellationToken;

use super::arn::Partition;
use super::clock::Clock;
use super::error::Service;
use super::retry::{Attempts, Verdict};
use super::sessions::Sessions;
use super::settings::Settings;
pub use connection::{Connection, Identity};
use user_agent::UserAgent;

/// What all clients of a connection have in common.
#[derive(Debug)]
struct Common {
    settings: Settings,
    clock: Clock,
    sessions: Sessions,
    /// The provider is asked to stop.
    stop: CancellationToken,
}

/// The clients of one region. Each service's client is made at first use and is cheap to clone.
#[derive(Debug)]
pub struct Clients {
    config: SdkConfig,
    common: Arc<Common>,
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

/// The configuration of one service's client: the shared one, what all clients have in common, and
/// what [`Settings`] say for this service.
macro_rules! service_config {
    ($sdk:ident, $service:expr, $config:expr, $common:expr) => {{
        let common: &Common = $common;
        let config: &SdkConfig = $config;
        let settings = &common.settings;
        let mut builder = $sdk::config::Builder::from(config)
            .interceptor(UserAgent::new(settings))
            .interceptor(common.clock.clone())
            .interceptor(common.sessions.clone())
            .interceptor(Attempts { most: settings.max_attempts, stop: common.stop.clone() })
            .retry_classifier(Verdict($service))
            .retry_partition(partition($service, config, settings));
        if let Some(url) = settings.endpoints.get(&$service) {
            builder = builder.endpoint_url(url);
        }
        builder
    }};
}

impl Clients {
    fn new(config: SdkConfig, common: Arc<Common>) -> Self {
        Self {
            region: config.region().map(ToString::to_string).unwrap_or_default(),
            config,
            common,
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

    /// AWS's clock, for requests that no client sends.
    pub(super) fn clock(&self) -> &Clock {
        &self.common.clock
    }

    /// What this machine's clock shows at a time of AWS's.
    pub fn on_this_machine(&self, time: SystemTime) -> SystemTime {
        self.common.clock.on_this_machine(time)
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
                &self.common
            );
            aws_sdk_applicationautoscaling::Client::from_conf(config.build())
        })
    }

    pub(super) fn backup(&self) -> &aws_sdk_backup::Client {
        self.backup.get_or_init(|| {
            let service = Service::Backup;
            let config = service_config!(aws_sdk_backup, service, &self.config, &self.common);
            aws_sdk_backup::Client::from_conf(config.build())
        })
    }

    pub(super) fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.ec2.get_or_init(|| {
            let config = service_config!(aws_sdk_ec2, Service::Ec2, &self.config, &self.common);
            aws_sdk_ec2::Client::from_conf(config.build())
        })
    }

    pub(super) fn efs(&self) -> &aws_sdk_efs::Client {
        self.efs.get_or_init(|| {
            let config = service_config!(aws_sdk_efs, Service::Efs, &self.config, &self.common);
            aws_sdk_efs::Client::from_conf(config.build())
        })
    }

    pub(super) fn eks(&self) -> &aws_sdk_eks::Client {
        self.eks.get_or_init(|| {
            let config = service_config!(aws_sdk_eks, Service::Eks, &self.config, &self.common);
            aws_sdk_eks::Client::from_conf(config.build())
        })
    }

    pub(super) fn elasticache(&self) -> &aws_sdk_elasticache::Client {
        self.elasticache.get_or_init(|| {
            let service = Service::ElastiCache;
            let config = service_config!(aws_sdk_elasticache, service, &self.config, &self.common);
            aws_sdk_elasticache::Client::from_conf(config.build())
        })
    }

    pub(super) fn iam(&self) -> &aws_sdk_iam::Client {
        self.iam.get_or_init(|| {
            let config = service_config!(aws_sdk_iam, Service::Iam, &self.config, &self.common);
            aws_sdk_iam::Client::from_conf(config.build())
        })
    }

    pub(super) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let config = service_config!(aws_sdk_s3, Service::S3, &self.config, &self.common);
            let path_style = self.common.settings.s3_use_path_style;
            aws_sdk_s3::Client::from_conf(config.force_path_style(path_style).build())
        })
    }

    pub(super) fn secrets_manager(&self) -> &aws_sdk_secretsmanager::Client {
        self.secrets_manager.get_or_init(|| {
            let service = Service::SecretsManager;
            let config =
                service_config!(aws_sdk_secretsmanager, service, &self.config, &self.common);
            aws_sdk_secretsmanager::Client::from_conf(config.build())
        })
    }

    pub(super) fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| sts_client(&self.config, &self.common))
    }
}

fn sts_client(config: &SdkConfig, common: &Common) -> aws_sdk_sts::Client {
    let mut builder = service_config!(aws_sdk_sts, Service::Sts, config, common);
    if let Some(region) = &common.settings.sts_region {
        builder = builder.region(Region::new(region.clone()));
    }
    aws_sdk_sts::Client::from_conf(builder.build())
}

/// A quota of retries of the configured size, or none: the SDK's own, of about a hundred for all of
/// a process, would end a throttled apply that has time left.
fn partition(service: Service, config: &SdkConfig, settings: &Settings) -> RetryPartition {
    let region = config.region().map_or("", |region| region.as_ref());
    let bucket = match settings.token_bucket_capacity {
        Some(capacity) => TokenBucket::builder().capacity(capacity).build(),
        None => TokenBucket::unlimited(),
    };
    RetryPartition::custom(format!("{}-{region}", service.key())).token_bucket(bucket).build()
}

#[cfg(test)]
mod tests;
