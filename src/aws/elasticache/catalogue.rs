//! What AWS offers in a region: versions, node types to change to, parameters.

use super::{failed, next_page};
use crate::aws::clients::Clients;
use crate::aws::error::Error;

/// A version AWS offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// `valkey` or another.
    pub engine: String,
    /// Such as `8.0`.
    pub version: String,
    /// Such as `valkey8`.
    pub family: String,
}

/// A parameter of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// AWS's default.
    pub value: Option<String>,
    /// What it may be, as `a,b,c` or `1-9`.
    pub allowed_values: Option<String>,
    /// Whether it may be changed.
    pub is_modifiable: bool,
}

/// A node type that is offered for an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedNodeType {
    /// Such as `cache.r7g.large`.
    pub node_type: String,
    /// `valkey`, `redis` or `memcached`.
    pub engine: String,
}

/// Node types a replication group may change to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedNodeTypes {
    /// Larger ones.
    pub up: Vec<String>,
    /// Smaller ones.
    pub down: Vec<String>,
}

/// Lists the versions of an engine. IAM: elasticache:DescribeCacheEngineVersions
pub async fn list_engine_versions(
    clients: &Clients,
    engine: &str,
) -> Result<Vec<EngineVersion>, Error> {
    let mut listed = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let answer = clients
            .elasticache()
            .describe_cache_engine_versions()
            .engine(engine)
            .set_marker(marker.clone())
            .send()
            .await
            .map_err(failed("DescribeCacheEngineVersions"))?;
        for found in answer.cache_engine_versions.unwrap_or_default() {
            // An endpoint that ignores the engine lists every one.
            if let (Some(of), Some(version)) = (found.engine, found.engine_version)
                && of == engine
            {
                let family = found.cache_parameter_group_family.unwrap_or_default();
                listed.push(EngineVersion { engine: of, version, family });
            }
        }
        match next_page(answer.marker, marker.as_ref()) {
            Some(next) => marker = Some(next),
            None => return Ok(listed),
        }
    }
}

/// Lists the node types a replication group may change to.
/// IAM: elasticache:ListAllowedNodeTypeModifications
pub async fn list_allowed_node_types(
    clients: &Clients,
    id: &str,
) -> Result<AllowedNodeTypes, Error> {
    let request =
        clients.elasticache().list_allowed_node_type_modifications().replication_group_id(id);
    let answer = request.send().await.map_err(failed("ListAllowedNodeTypeModifications"))?;
    Ok(AllowedNodeTypes {
        up: answer.scale_up_modifications.unwrap_or_default(),
        down: answer.scale_down_modifications.unwrap_or_default(),
    })
}

/// Lists the node types that can be reserved for a year without an upfront payment, one entry for
/// each offering: AWS has no list of the node types of a region, and this comes nearest.
/// IAM: elasticache:DescribeReservedCacheNodesOfferings
pub async fn list_offered_node_types(clients: &Clients) -> Result<Vec<OfferedNodeType>, Error> {
    let mut listed = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let answer = clients
            .elasticache()
            .describe_reserved_cache_nodes_offerings()
            .duration("31536000")
            .offering_type("No Upfront")
            .set_marker(marker.clone())
            .send()
            .await
            .map_err(failed("DescribeReservedCacheNodesOfferings"))?;
        for offering in answer.reserved_cache_nodes_offerings.unwrap_or_default() {
            if let (Some(node_type), Some(engine)) =
                (offering.cache_node_type, offering.product_description)
            {
                listed.push(OfferedNodeType { node_type, engine });
            }
        }
        match next_page(answer.marker, marker.as_ref()) {
            Some(next) => marker = Some(next),
            None => return Ok(listed),
        }
    }
}

/// Lists the parameters of a family. IAM: elasticache:DescribeEngineDefaultParameters
pub async fn list_parameters(clients: &Clients, family: &str) -> Result<Vec<Parameter>, Error> {
    let mut listed = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let answer = clients
            .elasticache()
            .describe_engine_default_parameters()
            .cache_parameter_group_family(family)
            .set_marker(marker.clone())
            .send()
            .await
            .map_err(failed("DescribeEngineDefaultParameters"))?;
        let Some(defaults) = answer.engine_defaults else { return Ok(listed) };
        for parameter in defaults.parameters.unwrap_or_default() {
            let Some(name) = parameter.parameter_name else { continue };
            listed.push(Parameter {
                name,
                value: parameter.parameter_value,
                allowed_values: parameter.allowed_values,
                is_modifiable: parameter.is_modifiable.unwrap_or(false),
            });
        }
        match next_page(defaults.marker, marker.as_ref()) {
            Some(next) => marker = Some(next),
            None => return Ok(listed),
        }
    }
}
