//! Parameter groups: how the engine is tuned.

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::ParameterNameValue;

use super::modify::nothing_to_do;
use super::{failed, next_page, write_tags};
use crate::aws::clients::Clients;
use crate::aws::error::{self, Error};
use crate::aws::tags::Tags;

/// The most parameters one call changes.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyCacheParameterGroup.html>
const BATCH: usize = 20;

/// A parameter group as AWS describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterGroup {
    /// Name.
    pub name: String,
    /// The ARN.
    pub arn: Option<String>,
    /// Such as `valkey8`.
    pub family: String,
}

/// Describes one parameter group. IAM: elasticache:DescribeCacheParameterGroups
pub async fn find_parameter_group(
    clients: &Clients,
    name: &str,
) -> Result<Option<ParameterGroup>, Error> {
    const OPERATION: &str = "DescribeCacheParameterGroups";
    let request =
        clients.elasticache().describe_cache_parameter_groups().cache_parameter_group_name(name);
    let answer = error::found(request.send().await.map_err(failed(OPERATION)))?;
    let groups = answer.and_then(|answer| answer.cache_parameter_groups).unwrap_or_default();
    let group = groups
        .into_iter()
        .find(|group| group.cache_parameter_group_name.as_deref() == Some(name))
        .map(|group| ParameterGroup {
            name: name.to_owned(),
            arn: error::non_empty(group.arn),
            family: group.cache_parameter_group_family.unwrap_or_default(),
        });
    Ok(group)
}

/// Lists the parameters of a group that depart from AWS's defaults; `None` if the group is gone.
/// IAM: elasticache:DescribeCacheParameters
pub async fn find_own_parameters(
    clients: &Clients,
    name: &str,
) -> Result<Option<BTreeMap<String, String>>, Error> {
    let mut listed = BTreeMap::new();
    let mut marker: Option<String> = None;
    loop {
        let request = clients
            .elasticache()
            .describe_cache_parameters()
            .cache_parameter_group_name(name)
            .source("user")
            .set_marker(marker.clone());
        let answer = error::found(request.send().await.map_err(failed("DescribeCacheParameters")))?;
        let Some(answer) = answer else { return Ok(None) };
        for parameter in answer.parameters.unwrap_or_default() {
            // An endpoint that ignores the filter lists every default too.
            let own = parameter.source.as_deref().is_none_or(|source| source == "user");
            if let (true, Some(name), Some(value)) =
                (own, parameter.parameter_name, parameter.parameter_value)
            {
                listed.insert(name, value);
            }
        }
        match next_page(answer.marker, marker.as_ref()) {
            Some(next) => marker = Some(next),
            None => return Ok(Some(listed)),
        }
    }
}

/// Creates a parameter group; answers its ARN. `CacheParameterGroupAlreadyExists`: the name is taken.
/// IAM: elasticache:CreateCacheParameterGroup, elasticache:AddTagsToResource
pub async fn create_parameter_group(
    clients: &Clients,
    name: &str,
    family: &str,
    description: &str,
    tags: &Tags,
) -> Result<Option<String>, Error> {
    let request = clients
        .elasticache()
        .create_cache_parameter_group()
        .cache_parameter_group_name(name)
        .cache_parameter_group_family(family)
        .description(description)
        .set_tags(write_tags(tags));
    let answer = request.send().await.map_err(failed("CreateCacheParameterGroup"))?;
    Ok(answer.cache_parameter_group.and_then(|group| error::non_empty(group.arn)))
}

/// Sets parameters of a group. `InvalidCacheParameterGroupState`: a change of it is under way.
/// IAM: elasticache:ModifyCacheParameterGroup
pub async fn set_parameters(
    clients: &Clients,
    name: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let all: Vec<ParameterNameValue> = parameters
        .iter()
        .map(|(name, value)| {
            ParameterNameValue::builder().parameter_name(name).parameter_value(value).build()
        })
        .collect();
    for batch in all.chunks(BATCH) {
        let request = clients
            .elasticache()
            .modify_cache_parameter_group()
            .cache_parameter_group_name(name)
            .set_parameter_name_values(Some(batch.to_vec()));
        let answer = request.send().await.map(drop);
        nothing_to_do(answer.map_err(failed("ModifyCacheParameterGroup")))?;
    }
    Ok(())
}

/// Gives parameters of a group AWS's default back. IAM: elasticache:ResetCacheParameterGroup
pub async fn reset_parameters(
    clients: &Clients,
    name: &str,
    parameters: &[String],
) -> Result<(), Error> {
    for batch in parameters.chunks(BATCH) {
        let names = batch
            .iter()
            .map(|name| ParameterNameValue::builder().parameter_name(name).build())
            .collect();
        let request = clients
            .elasticache()
            .reset_cache_parameter_group()
            .cache_parameter_group_name(name)
            .set_parameter_name_values(Some(names));
        request.send().await.map_err(failed("ResetCacheParameterGroup"))?;
    }
    Ok(())
}

/// Deletes a parameter group. `InvalidCacheParameterGroupState`: a cache still uses it.
/// IAM: elasticache:DeleteCacheParameterGroup
pub async fn delete_parameter_group(clients: &Clients, name: &str) -> Result<(), Error> {
    let request =
        clients.elasticache().delete_cache_parameter_group().cache_parameter_group_name(name);
    error::gone(request.send().await.map_err(failed("DeleteCacheParameterGroup")))
}
