//! Where credentials come from, in the order users of AWS tools expect.
//!
//! Keys of the configuration, else its profile, else: environment, profile of the environment,
//! web identity token of the environment, container, instance metadata. On top of that the
//! roles to assume, each with the credentials of the one before. Nothing is fetched before the
//! first call that needs it, and with keys in the configuration the metadata service is never
//! asked.
//!
//! The SDK's own providers for assumed roles know neither source identity, transitive tags nor an
//! inline web identity token, hence [`AssumedRole`] and [`WebIdentityRole`].

use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Providing;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_sdk_sts::error::BuildError;
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};

use super::error::{Error, Kind, Service};
use super::settings::{AssumeRole, AssumeRoleWithWebIdentity, Settings, WebIdentityToken};
use crate::sensitive::{self, Sensitive};

/// Credentials wherever they come from; their secrets are noted as they come.
#[derive(Debug)]
pub(super) struct Noted(SharedCredentialsProvider);

impl Noted {
    pub(super) fn over(source: impl ProvideCredentials + 'static) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Self(SharedCredentialsProvider::new(source)))
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        let credentials = self.0.provide_credentials().await?;
        sensitive::note(credentials.secret_access_key());
        credentials.session_token().into_iter().for_each(sensitive::note);
        Ok(credentials)
    }
}

impl ProvideCredentials for Noted {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        Providing::new(self.provide())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.fallback_on_interrupt()
    }
}

/// The source of credentials below all assumed roles.
pub(super) fn base(
    settings: &Settings,
    config: &ProviderConfig,
    files: &EnvConfigFiles,
) -> Result<SharedCredentialsProvider, Error> {
    if let Some(keys) = &settings.static_credentials {
        return Ok(Noted::over(Credentials::new(
            keys.access_key.clone(),
            keys.secret_key.expose(),
            keys.token.as_ref().map(|token| token.expose().to_owned()),
            None,
            "configuration",
        )));
    }
    let profile =
        ProfileFileCredentialsProvider::builder().configure(config).profile_files(files.clone());
    if let Some(name) = &settings.profile {
        return Ok(Noted::over(profile.profile_name(name.clone()).build()));
    }
    let profile = match &settings.default_profile {
        Some(name) => profile.profile_name(name.clone()),
        None => profile,
    };
    let chain = CredentialsProviderChain::first_try(
        "Environment",
        EnvironmentVariableCredentialsProvider::new(),
    )
    .or_else("Profile", profile.build())
    .or_else(
        "WebIdentityToken",
        WebIdentityTokenCredentialsProvider::builder().configure(config).build(),
    )
    .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(config).build());
    let Some(metadata) = metadata(settings, config)? else {
        return Ok(Noted::over(chain));
    };
    let metadata = imds::credentials::ImdsCredentialsProvider::builder()
        .configure(config)
        .imds_client(metadata)
        .build();
    Ok(Noted::over(chain.or_else("Ec2InstanceMetadata", metadata)))
}

/// A client of the instance metadata service, or none where it must not be asked.
pub(super) fn metadata(
    settings: &Settings,
    config: &ProviderConfig,
) -> Result<Option<imds::Client>, Error> {
    if settings.skip_metadata_api_check == Some(true) || settings.static_credentials.is_some() {
        return Ok(None);
    }
    let mut builder = imds::Client::builder().configure(config);
    if let Some(endpoint) = &settings.ec2_metadata_service_endpoint {
        builder = builder.endpoint(endpoint).map_err(|error| {
            let message = format!("{endpoint:?} is not the URL of a metadata service");
            Error::new(Service::Sts, "configuration", Kind::Invalid, message).with_source(error)
        })?;
    }
    if let Some(ipv6) = settings.ec2_metadata_service_ipv6 {
        let mode =
            if ipv6 { imds::client::EndpointMode::IpV6 } else { imds::client::EndpointMode::IpV4 };
        builder = builder.endpoint_mode(mode);
    }
    Ok(Some(builder.build()))
}

/// Credentials of a role, from other credentials.
#[derive(Debug)]
pub(super) struct AssumedRole {
    /// A client with the credentials that may assume the role, without a cache of its own.
    pub(super) sts: aws_sdk_sts::Client,
    /// What to assume.
    pub(super) role: AssumeRole,
}

impl AssumedRole {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let role = &self.role;
        let tags: Vec<Tag> = role
            .tags
            .iter()
            .map(|(key, value)| Tag::builder().key(key).value(value).build())
            .collect::<Result<_, BuildError>>()
            .map_err(CredentialsError::invalid_configuration)?;
        let answer = self
            .sts
            .assume_role()
            .role_arn(&role.role_arn)
            .role_session_name(session_name(role.session_name.as_deref()))
            .set_duration_seconds(seconds(role.duration))
            .set_external_id(role.external_id.clone())
            .set_policy(role.policy.clone())
            .set_policy_arns(policy_arns(&role.policy_arns))
            .set_source_identity(role.source_identity.clone())
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_transitive_tag_keys(
                (!role.transitive_tag_keys.is_empty()).then(|| role.transitive_tag_keys.clone()),
            )
            .send()
            .await
            .map_err(|error| failed("AssumeRole", error))?;
        read(answer.credentials, "AssumeRole")
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        Providing::new(self.assume())
    }
}

/// Credentials of a role, from a web identity token.
#[derive(Debug)]
pub(super) struct WebIdentityRole {
    /// A client; the call is not signed.
    pub(super) sts: aws_sdk_sts::Client,
    /// What to assume.
    pub(super) role: AssumeRoleWithWebIdentity,
}

impl WebIdentityRole {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let role = &self.role;
        let token = match &role.token {
            WebIdentityToken::Inline(token) => token.clone(),
            WebIdentityToken::File(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(CredentialsError::provider_error)?;
                Sensitive::new(text.trim().to_owned())
            }
        };
        let answer = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(&role.role_arn)
            .role_session_name(session_name(role.session_name.as_deref()))
            .web_identity_token(token.expose().trim())
            .set_duration_seconds(seconds(role.duration))
            .set_policy(role.policy.clone())
            .set_policy_arns(policy_arns(&role.policy_arns))
            .send()
            .await
            .map_err(|error| failed("AssumeRoleWithWebIdentity", error))?;
        read(answer.credentials, "AssumeRoleWithWebIdentity")
    }
}

impl ProvideCredentials for WebIdentityRole {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        Providing::new(self.assume())
    }
}

fn failed<E>(operation: &'static str, error: aws_sdk_sts::error::SdkError<E>) -> CredentialsError
where
    E: aws_sdk_sts::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    CredentialsError::provider_error(Error::from_sdk(Service::Sts, operation, &[], error))
}

fn read(
    credentials: Option<aws_sdk_sts::types::Credentials>,
    provider: &'static str,
) -> Result<Credentials, CredentialsError> {
    let credentials = credentials.ok_or_else(|| {
        CredentialsError::unhandled(format!("{provider} answered no credentials"))
    })?;
    let expiry = SystemTime::try_from(credentials.expiration)
        .map_err(|_| CredentialsError::unhandled("the expiry of the credentials is no date"))?;
    Ok(Credentials::new(
        credentials.access_key_id,
        credentials.secret_access_key,
        Some(credentials.session_token),
        Some(expiry),
        provider,
    ))
}

fn session_name(configured: Option<&str>) -> String {
    configured.map_or_else(
        || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            format!("terraform-provider-officeless-{}", now.as_secs())
        },
        str::to_owned,
    )
}

fn seconds(duration: Option<std::time::Duration>) -> Option<i32> {
    duration.map(|duration| i32::try_from(duration.as_secs()).unwrap_or(i32::MAX))
}

fn policy_arns(arns: &[String]) -> Option<Vec<PolicyDescriptorType>> {
    (!arns.is_empty())
        .then(|| arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect())
}
