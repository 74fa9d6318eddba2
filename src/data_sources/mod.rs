//! The data sources, one folder each.

pub mod addon_versions;
pub mod cluster;
pub mod platform_defaults;

use crate::framework::managed::{Readable, ReadableSource};
use crate::provider::ProviderContext;

/// Every data source.
pub fn all() -> Vec<Box<dyn ReadableSource<ProviderContext>>> {
    vec![
        Box::new(Readable::new(addon_versions::DataSource)),
        Box::new(Readable::new(cluster::DataSource)),
        Box::new(Readable::new(platform_defaults::DataSource)),
    ]
}
