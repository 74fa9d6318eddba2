//! The data sources, one folder each.

pub mod addon_versions;
pub mod application_bucket;
mod asked;
pub mod cache;
pub mod cache_engine_versions;
pub mod cache_node_types;
pub mod cluster;
mod object;
pub mod observability_buckets;
pub mod platform_defaults;
pub mod shared_storage;
pub mod subnets;

use crate::framework::managed::{Readable, ReadableSource};
use crate::platform::permissions::{Grant, Permissions};
use crate::provider::ProviderContext;
use crate::resources;

/// Every data source.
pub fn all() -> Vec<Box<dyn ReadableSource<ProviderContext>>> {
    vec![
        Box::new(Readable::new(addon_versions::DataSource)),
        Box::new(Readable::new(application_bucket::DataSource)),
        Box::new(Readable::new(cache::DataSource)),
        Box::new(Readable::new(cache_engine_versions::DataSource)),
        Box::new(Readable::new(cache_node_types::DataSource)),
        Box::new(Readable::new(cluster::DataSource)),
        Box::new(Readable::new(observability_buckets::DataSource)),
        Box::new(Readable::new(platform_defaults::DataSource)),
        Box::new(Readable::new(shared_storage::DataSource)),
        Box::new(Readable::new(subnets::DataSource)),
    ]
}

/// What each data source asks of AWS, in the order of [`all`]. One that reads what a resource reads
/// asks what that asks to read it.
pub fn permissions() -> Vec<Permissions> {
    const fn looking(calls: &'static [&'static str]) -> Grant {
        Grant { when: "", calls, also: &[] }
    }
    const VERSIONS: &[Grant] = &[looking(&["eks:DescribeAddonVersions", "eks:DescribeCluster"])];
    const CLUSTER: &[Grant] =
        &[looking(&["ec2:DescribeSubnets", "eks:DescribeAddon", "eks:DescribeCluster"])];
    const SUBNETS: &[Grant] = &[looking(&["ec2:DescribeSubnets", "eks:DescribeCluster"])];
    const CACHE: &[Grant] =
        &[looking(&["elasticache:DescribeCacheClusters", "elasticache:DescribeReplicationGroups"])];
    const ENGINES: &[Grant] = &[looking(&["elasticache:DescribeCacheEngineVersions"])];
    const NODES: &[Grant] = &[looking(&[
        "elasticache:DescribeReservedCacheNodesOfferings",
        "elasticache:ListAllowedNodeTypeModifications",
    ])];
    [
        ("officeless_addon_versions", VERSIONS),
        ("officeless_application_bucket", resources::application_bucket::permissions::PERMISSIONS),
        ("officeless_cache", CACHE),
        ("officeless_cache_engine_versions", ENGINES),
        ("officeless_cache_node_types", NODES),
        ("officeless_cluster", CLUSTER),
        (
            "officeless_observability_buckets",
            resources::observability_buckets::permissions::PERMISSIONS,
        ),
        ("officeless_platform_defaults", &[]),
        ("officeless_shared_storage", resources::shared_storage::permissions::PERMISSIONS),
        ("officeless_subnets", SUBNETS),
    ]
    .map(|(type_name, grants)| Permissions { type_name, grants, only_looks: true })
    .into()
}
