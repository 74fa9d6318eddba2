//! The composites.

use crate::framework::managed::ManagedResource;
use crate::provider::ProviderContext;

/// Every managed resource.
pub fn all() -> Vec<Box<dyn ManagedResource<ProviderContext>>> {
    Vec::new()
}
