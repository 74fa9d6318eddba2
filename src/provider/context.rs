//! What resources are handed: the connection to AWS and the platform-wide settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::aws::{self, Clients, Tags};
use crate::framework::value::{AttributePath, Diagnostic};
use crate::platform::tags::IgnoreRules;

/// The configured provider.
#[derive(Debug)]
pub struct ProviderContext {
    connection: aws::Connection,
    /// Default of `cluster_name` of every resource.
    pub cluster_name: Option<String>,
    /// Default of `name_prefix` of every resource.
    pub name_prefix: Option<String>,
    /// Regions that anything may be placed in; any region if empty.
    pub allowed_regions: BTreeSet<String>,
    /// What a failed create does.
    pub incomplete_create: IncompleteCreate,
    /// Tags of everything.
    pub default_tags: Tags,
    /// Tags of somebody else.
    pub ignore_tags: IgnoreRules,
}

/// What a failed create does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncompleteCreate {
    /// Fails; the object is tainted.
    #[default]
    Error,
    /// Warns; the next apply finishes it.
    Resume,
}

impl ProviderContext {
    /// The provider's region.
    pub fn region(&self) -> &str {
        self.connection.region()
    }

    /// The clients of a region.
    pub fn clients(&self, region: &str) -> Arc<Clients> {
        self.connection.clients(region)
    }

    /// The account; empty when `skip_requesting_account_id` is set.
    pub async fn account_id(&self) -> Result<String, aws::Error> {
        self.connection.account_id().await.map(str::to_owned)
    }

    /// The refusal of a region that is not allowed.
    pub fn check_region(&self, _path: &AttributePath, _region: &str) -> Option<Diagnostic> {
        None
    }
}
