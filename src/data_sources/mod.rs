//! The data sources, one folder each.

pub mod addon_versions;
pub mod application_bucket;
pub mod cluster;
mod object;
pub mod observability_buckets;
pub mod platform_defaults;
pub mod shared_storage;
pub mod subnets;

use crate::framework::managed::{Readable, ReadableSource};
use crate::provider::ProviderContext;

/// Every data source.
pub fn all() -> Vec<Box<dyn ReadableSource<ProviderContext>>> {
    vec![
        Box::new(Readable::new(addon_versions::DataSource)),
        Box::new(Readable::new(application_bucket::DataSource)),
        Box::new(Readable::new(cluster::DataSource)),
        Box::new(Readable::new(observability_buckets::DataSource)),
        Box::new(Readable::new(platform_defaults::DataSource)),
        Box::new(Readable::new(shared_storage::DataSource)),
        Box::new(Readable::new(subnets::DataSource)),
    ]
}
