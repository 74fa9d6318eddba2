//! Subnet groups: where nodes may be placed.

use std::collections::BTreeSet;

use aws_sdk_elasticache::types::CacheSubnetGroup;

use super::{failed, write_tags};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error, Service};
use crate::aws::tags::Tags;

/// A subnet group as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubnetGroup {
    /// Name.
    pub name: String,
    /// The ARN.
    pub arn: Option<String>,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// Ids of its subnets.
    pub subnet_ids: BTreeSet<String>,
    /// Names of the zones its subnets are in.
    pub zones: BTreeSet<String>,
}

impl From<CacheSubnetGroup> for SubnetGroup {
    fn from(group: CacheSubnetGroup) -> Self {
        let subnets = group.subnets.unwrap_or_default();
        Self {
            name: group.cache_subnet_group_name.unwrap_or_default(),
            arn: error::non_empty(group.arn),
            vpc_id: error::non_empty(group.vpc_id),
            zones: subnets
                .iter()
                .filter_map(|subnet| subnet.subnet_availability_zone.as_ref()?.name.clone())
                .collect(),
            subnet_ids: subnets.into_iter().filter_map(|s| s.subnet_identifier).collect(),
        }
    }
}

/// Describes one subnet group. IAM: elasticache:DescribeCacheSubnetGroups
pub async fn find_subnet_group(
    clients: &Clients,
    name: &str,
) -> Result<Option<SubnetGroup>, Error> {
    let request =
        clients.elasticache().describe_cache_subnet_groups().cache_subnet_group_name(name);
    let answer = error::found(request.send().await.map_err(failed("DescribeCacheSubnetGroups")))?;
    let groups = answer.and_then(|answer| answer.cache_subnet_groups).unwrap_or_default();
    Ok(groups.into_iter().map(SubnetGroup::from).find(|group| group.name == name))
}

/// Creates a subnet group. `CacheSubnetGroupAlreadyExists`: the name is taken.
/// IAM: elasticache:CreateCacheSubnetGroup, elasticache:AddTagsToResource
pub async fn create_subnet_group(
    clients: &Clients,
    name: &str,
    description: &str,
    subnet_ids: &BTreeSet<String>,
    tags: &Tags,
) -> Result<SubnetGroup, Error> {
    const OPERATION: &str = "CreateCacheSubnetGroup";
    let answer = clients
        .elasticache()
        .create_cache_subnet_group()
        .cache_subnet_group_name(name)
        .cache_subnet_group_description(description)
        .set_subnet_ids(Some(subnet_ids.iter().cloned().collect()))
        .set_tags(write_tags(tags))
        .send()
        .await
        .map_err(failed(OPERATION))?;
    let missing = || Error::incomplete(Service::ElastiCache, OPERATION, "CacheSubnetGroup");
    answer.cache_subnet_group.map(SubnetGroup::from).ok_or_else(missing)
}

/// Sets the subnets of a group. `SubnetInUse`: a node is in one that is to go.
/// IAM: elasticache:ModifyCacheSubnetGroup
pub async fn set_subnets(
    clients: &Clients,
    name: &str,
    subnet_ids: &BTreeSet<String>,
) -> Result<(), Error> {
    let request = clients
        .elasticache()
        .modify_cache_subnet_group()
        .cache_subnet_group_name(name)
        .set_subnet_ids(Some(subnet_ids.iter().cloned().collect()));
    request.send().await.map(drop).map_err(failed("ModifyCacheSubnetGroup"))
}

/// Deletes a subnet group. `CacheSubnetGroupInUse`: a cache still uses it.
/// IAM: elasticache:DeleteCacheSubnetGroup
pub async fn delete_subnet_group(clients: &Clients, name: &str) -> Result<(), Error> {
    let request = clients.elasticache().delete_cache_subnet_group().cache_subnet_group_name(name);
    error::gone(request.send().await.map_err(failed("DeleteCacheSubnetGroup")))
}
