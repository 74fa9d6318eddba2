//! The provider block, and the context it hands to resources.
//!
//! [`schema`] says what may be written, [`sources`] what stands in for what is not, [`config`] how
//! the block reads in Rust, [`settings`] what both amount to. [`Officeless`] opens the connection
//! from that, checks region, credentials and account once, and makes the [`ProviderContext`], with
//! the [`claims`] by which creates keep out of each other's way.

pub mod claims;
pub mod config;
pub mod context;
pub mod environment;
mod failure;
mod region;
pub mod schema;
pub mod settings;
pub mod sources;
mod validate;

use std::collections::BTreeSet;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::aws;
use crate::framework::diagnostic::{diagnostic, provider_bug};
use crate::framework::ephemeral::OpenableResource;
use crate::framework::function::Function;
use crate::framework::managed::{ManagedResource, ReadableSource};
use crate::framework::schema::Schema;
use crate::framework::server::{Provider, Server};
use crate::framework::value::{AttributePath, Data as _, Diagnostic, Diagnostics, Dynamic, Object};
use crate::{data_sources, ephemeral_resources, functions, resources};

pub use context::{IncompleteCreate, ProviderContext};

use claims::Claims;
use config::Config;
use environment::Environment;
use settings::Settings;

/// The provider.
#[derive(Debug)]
pub struct Officeless {
    environment: Environment,
}

/// The provider as it is served, with the environment of this process.
pub fn server() -> Server<Officeless> {
    Server::new(Officeless::new(Environment::from_process()))
}

impl Officeless {
    /// The provider with this environment.
    pub fn new(environment: Environment) -> Self {
        Self { environment }
    }

    async fn open(
        &self,
        config: Dynamic,
        stop: CancellationToken,
    ) -> Result<ProviderContext, Diagnostic> {
        let config = read(config)?;
        let settings = Settings::resolve(&config, &self.environment)?;
        let connection = aws::Connection::open(settings.aws.clone(), stop)
            .await
            .map_err(|error| unopened(&error))?;
        check_region(connection.region(), &settings, &config)?;
        check_caller(&connection, &settings).await?;
        Ok(ProviderContext::new(connection, settings, Claims::new(&self.environment)))
    }
}

#[async_trait]
impl Provider for Officeless {
    type Context = ProviderContext;

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &Dynamic, diagnostics: &mut Diagnostics) {
        match read(config.clone()) {
            Ok(config) => validate::block(&config, diagnostics),
            Err(bug) => diagnostics.add_error(bug),
        }
    }

    async fn configure(
        &self,
        config: Dynamic,
        cancel: CancellationToken,
        diagnostics: &mut Diagnostics,
    ) -> Option<ProviderContext> {
        if !config.is_wholly_known() {
            tracing::info!("the provider block has values that are known only after apply");
            return None;
        }
        match self.open(config, cancel).await {
            Ok(context) => Some(context),
            Err(error) => {
                diagnostics.add_error(error);
                None
            }
        }
    }

    fn resources(&self) -> Vec<Box<dyn ManagedResource<ProviderContext>>> {
        resources::all()
    }

    fn data_sources(&self) -> Vec<Box<dyn ReadableSource<ProviderContext>>> {
        data_sources::all()
    }

    fn ephemeral_resources(&self) -> Vec<Box<dyn OpenableResource<ProviderContext>>> {
        ephemeral_resources::all()
    }

    fn functions(&self) -> Vec<Box<dyn Function>> {
        functions::all()
    }
}

fn read(config: Dynamic) -> Result<Config, Diagnostic> {
    // Core sends null for a provider that has no block at all.
    let config = if config.is_null() { Dynamic::Map(Object::new()) } else { config };
    Config::from_dynamic(config).map_err(|error| {
        provider_bug(&format!("The provider block does not fit its model: {error}."))
    })
}

/// A connection could not be opened: settings are wrong, or there is no region.
fn unopened(error: &aws::Error) -> Diagnostic {
    if error.message.starts_with("no region") {
        return diagnostic(
            "Missing Region",
            "region is not given, and nothing else names one. Set region in the provider block, \
             or the environment variable AWS_REGION (or AWS_DEFAULT_REGION); the region of the \
             profile in the shared config file counts as well.",
            AttributePath::new("region"),
        );
    }
    let facts = failure::facts(error);
    diagnostic(
        "Invalid Provider Configuration",
        format!("The provider block cannot be used: {facts}.\n\nCorrect what the message names."),
        AttributePath::root(),
    )
}

fn check_region(region: &str, settings: &Settings, config: &Config) -> Result<(), Diagnostic> {
    let skip = settings.skip_region_validation;
    let Some(rule) = region::refusal(region, &settings.allowed_regions, skip) else {
        return Ok(());
    };
    let origin = match config::text(&config.region) {
        Some(_) => "",
        None => " (not from the block: from AWS_REGION, AWS_DEFAULT_REGION or the profile)",
    };
    Err(diagnostic(
        "Invalid Attribute Value",
        format!("region = {region:?}{origin}: {rule}."),
        AttributePath::new("region"),
    ))
}

/// One call to STS proves the credentials and tells the account.
async fn check_caller(connection: &aws::Connection, settings: &Settings) -> Result<(), Diagnostic> {
    let Settings { allowed_account_ids: allowed, forbidden_account_ids: forbidden, .. } = settings;
    let guarded = !allowed.is_empty() || !forbidden.is_empty();
    if settings.skip_credentials_validation && !guarded {
        return Ok(());
    }
    let identity = connection.caller_identity().await.map_err(|error| no_caller(&error))?;
    tracing::debug!(arn = identity.arn, "credentials are valid");
    check_account(&identity.account_id, allowed, forbidden)
}

fn no_caller(error: &aws::Error) -> Diagnostic {
    let (summary, advice) = match error.kind {
        aws::Kind::Clock => ("Wrong Clock", "Set this machine's clock right."),
        aws::Kind::Credentials if error.tells_expiry() => (
            "Expired AWS Credentials",
            "The credentials that Terraform runs with have expired: get new ones.",
        ),
        aws::Kind::AccessDenied | aws::Kind::Credentials => (
            "Invalid AWS Credentials",
            "Give valid credentials: access_key and secret_key, or profile, in the provider block; \
             or the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or \
             AWS_PROFILE.",
        ),
        _ => (
            "AWS Credentials Cannot Be Checked",
            "Check the network, the proxy, and sts in `endpoints` of the provider block.",
        ),
    };
    let detail = format!(
        "The provider asked STS who is calling: {}\n\n{advice} For an endpoint without STS, set \
         skip_credentials_validation = true and skip_requesting_account_id = true.",
        failure::facts(error)
    );
    diagnostic(summary, detail, AttributePath::root())
}

fn check_account(
    account: &str,
    allowed: &BTreeSet<String>,
    forbidden: &BTreeSet<String>,
) -> Result<(), Diagnostic> {
    let list =
        |ids: &BTreeSet<String>| ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let refused = |name: &'static str, rule: String| {
        let detail = format!("The credentials belong to account {account}: {rule}.");
        Err(diagnostic("AWS Account Not Allowed", detail, AttributePath::new(name)))
    };
    if !allowed.is_empty() && !allowed.contains(account) {
        let rule = format!(
            "it must be among allowed_account_ids ({}); use credentials of one of these, or add \
             the account there",
            list(allowed)
        );
        return refused("allowed_account_ids", rule);
    }
    if forbidden.contains(account) {
        let rule = format!(
            "it must not be among forbidden_account_ids ({}); use credentials of another account, \
             or remove it there",
            list(forbidden)
        );
        return refused("forbidden_account_ids", rule);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
