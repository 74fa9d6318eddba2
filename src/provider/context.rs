//! What resources and data sources are handed: the connection, and what the provider block says
//! about all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::aws;
use crate::framework::diagnostic::invalid_value;
use crate::framework::value::{AttributePath, Diagnostic, Dynamic};
use crate::platform::tags::IgnoreRules;

use super::claims::Claims;
use super::region;
use super::settings::Settings;

/// What a create that broke off after the main object leaves behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncompleteCreate {
    /// An error and a tainted object, which the next apply replaces.
    #[default]
    Error,
    /// A warning and an incomplete object, which the next apply finishes.
    Resume,
}

impl IncompleteCreate {
    /// The spellings in configuration.
    pub const ALL: &'static [&'static str] = &["error", "resume"];

    /// Reads the configuration spelling.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "error" => Some(Self::Error),
            "resume" => Some(Self::Resume),
            _ => None,
        }
    }
}

/// The configured provider. Its `Debug` shows no secret: the settings below it hide theirs.
#[derive(Debug)]
pub struct ProviderContext {
    connection: aws::Connection,
    skip_requesting_account_id: bool,
    skip_region_validation: bool,
    /// Who is creating what.
    pub claims: Claims,
    /// Cluster of every resource that names none.
    pub cluster_name: Option<String>,
    /// Prefix of names, without the hyphen.
    pub name_prefix: Option<String>,
    /// Regions that may be worked in; all if empty.
    pub allowed_regions: BTreeSet<String>,
    /// What an interrupted create leaves behind.
    pub incomplete_create: IncompleteCreate,
    /// Tags of every resource, checked.
    pub default_tags: BTreeMap<String, String>,
    /// Tags of somebody else.
    pub ignore_tags: IgnoreRules,
}

impl ProviderContext {
    /// Joins an opened connection with the settings it was opened with.
    pub fn new(connection: aws::Connection, settings: Settings, claims: Claims) -> Self {
        Self {
            connection,
            claims,
            skip_requesting_account_id: settings.skip_requesting_account_id,
            skip_region_validation: settings.skip_region_validation,
            cluster_name: settings.cluster_name,
            name_prefix: settings.name_prefix,
            allowed_regions: settings.allowed_regions,
            incomplete_create: settings.incomplete_create,
            default_tags: settings.default_tags,
            ignore_tags: settings.ignore_tags,
        }
    }

    /// The region of every resource that names none.
    pub fn region(&self) -> &str {
        self.connection.region()
    }

    /// The clients of a region; made at first use, shared afterwards.
    pub fn clients(&self, region: &str) -> Arc<aws::Clients> {
        self.connection.clients(region)
    }

    /// The account ID, asked of STS once; empty with `skip_requesting_account_id`.
    pub async fn account_id(&self) -> Result<String, aws::Error> {
        if self.skip_requesting_account_id {
            return Ok(String::new());
        }
        self.connection.account_id().await.map(str::to_owned)
    }

    /// Why nothing may be kept in `region`, if so. `path` is the attribute that names it.
    pub fn check_region(&self, path: &AttributePath, region: &str) -> Option<Diagnostic> {
        let rule = region::refusal(region, &self.allowed_regions, self.skip_region_validation)?;
        Some(invalid_value(path, &Dynamic::from(region), &rule))
    }
}
