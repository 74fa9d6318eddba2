//! The ephemeral resources, one folder each.

pub mod cache_auth_token;

use crate::framework::ephemeral::{Openable, OpenableResource};
use crate::provider::ProviderContext;

/// Every ephemeral resource.
pub fn all() -> Vec<Box<dyn OpenableResource<ProviderContext>>> {
    vec![Box::new(Openable::new(cache_auth_token::CacheAuthToken))]
}
