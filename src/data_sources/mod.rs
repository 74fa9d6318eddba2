//! The data sources.

use crate::framework::managed::ReadableSource;
use crate::provider::ProviderContext;

/// Every data source.
pub fn all() -> Vec<Box<dyn ReadableSource<ProviderContext>>> {
    Vec::new()
}
