//! Where the mount targets go: found from the cluster, and checked, when planned.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join};

use super::model::Model;
use crate::aws::ec2::{self, IngressRule, Peer, SecurityGroup, Subnet};
use crate::aws::eks::{self, Cluster};
use crate::aws::{self, Clients};
use crate::framework::diagnostic::{diagnostic, invalid_value};
use crate::framework::resource::Context;
use crate::framework::value::{AttributePath, Data, Diagnostics, Strings, Value, known_set};
use crate::provider::context::ProviderContext;
use crate::resources::composite::Composite;
use crate::resources::step::{During, StepError, Verb};

/// TCP port of NFS.
pub(super) const NFS: i32 = 2049;

/// The tag by which EKS marks private subnets.
/// <https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html>
const PRIVATE_SUBNET_TAG: &str = "kubernetes.io/role/internal-elb";

/// Finds what configuration leaves out, and checks what is known.
pub(super) async fn plan(
    cx: &Context<ProviderContext>,
    region: &str,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    let clients = cx.provider.clients(region);
    if let Err(error) = try_plan(&clients, config, prior, planned, diagnostics).await {
        diagnostics.add_error(planned.told(Verb::Planning, &error));
    }
}

async fn try_plan(
    clients: &Clients,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) -> Result<(), StepError> {
    let cluster = match &planned.cluster_name {
        Value::Value(name) => Some(cluster(clients, name).await?),
        _ => None,
    };
    let cluster_known = !planned.cluster_name.is_unknown();
    let vpc_subnets = match cluster.as_ref().and_then(|cluster| cluster.vpc_id.as_deref()) {
        Some(vpc_id) => ec2::list_subnets_by_vpc(clients, vpc_id)
            .await
            .during("subnets", format!("listing the subnets of {vpc_id}"))?,
        None => Vec::new(),
    };

    if config.subnet_ids.is_null() && prior.is_none() && cluster_known {
        planned.subnet_ids = if let Some(cluster) = &cluster {
            Value::Value(choose_subnets(cluster, &vpc_subnets)?)
        } else {
            diagnostics.add_error(diagnostic(
                "Missing Subnets",
                "Neither subnet_ids nor cluster_name is given, here or in the provider block, \
                 so there is nowhere to put mount targets. Give cluster_name, or subnet_ids \
                 with one subnet of each availability zone.",
                AttributePath::new("subnet_ids"),
            ));
            return Ok(());
        };
    }
    plan_created_group(prior, planned);
    if config.security_group_ids.is_null() && cluster_known {
        plan_security_groups(cluster.as_ref(), prior, planned, diagnostics);
    }
    check(clients, cluster.as_ref(), &vpc_subnets, prior, planned, diagnostics).await
}

async fn cluster(clients: &Clients, name: &str) -> Result<Cluster, StepError> {
    let doing = format!("looking up the cluster {name:?}");
    let found = eks::find_cluster_by_name(clients, name).await.during("cluster", &*doing)?;
    found.ok_or_else(|| {
        let why = format!("there is no EKS cluster {name:?} in {}", clients.region());
        let next = "Correct cluster_name or region, or create the cluster first.";
        StepError::refused("cluster", &doing, why, next).blame(AttributePath::new("cluster_name"))
    })
}

/// One private subnet in each zone of the cluster. Of several in a zone, the cluster's own come
/// first, then the smallest id: a choice that does not change by itself.
fn choose_subnets(cluster: &Cluster, subnets: &[Subnet]) -> Result<Strings, StepError> {
    let is_private = |subnet: &&Subnet| {
        subnet.tags.contains_key(PRIVATE_SUBNET_TAG)
            || (cluster.subnet_ids.contains(&subnet.id) && !subnet.map_public_ip_on_launch)
    };
    let mut chosen: BTreeMap<&str, &Subnet> = BTreeMap::new();
    for subnet in subnets.iter().filter(is_private) {
        let rank = |subnet: &Subnet| (!cluster.subnet_ids.contains(&subnet.id), subnet.id.clone());
        let best = chosen.entry(&subnet.availability_zone).or_insert(subnet);
        if rank(subnet) < rank(best) {
            *best = subnet;
        }
    }
    if chosen.is_empty() {
        let why = format!(
            "the VPC of the cluster {:?} has no subnet tagged {PRIVATE_SUBNET_TAG}, and the \
             cluster none without public addresses",
            cluster.name
        );
        let next = "Tag one private subnet of each zone, or give subnet_ids.";
        return Err(StepError::refused("subnets", "finding private subnets", why, next)
            .blame(AttributePath::new("subnet_ids")));
    }
    Ok(chosen.into_values().map(|subnet| subnet.id.clone()).collect())
}

fn plan_created_group(prior: Option<&Model>, planned: &mut Model) {
    planned.security_group_id = match (planned.create_security_group, prior) {
        (Value::Value(false) | Value::Null, _) => Value::Null,
        (Value::Value(true), Some(prior)) if prior.security_group_id.is_value() => {
            prior.security_group_id.clone()
        }
        _ => Value::Unknown,
    };
}

fn plan_security_groups(
    cluster: Option<&Cluster>,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    planned.security_group_ids = match planned.create_security_group {
        Value::Unknown => Value::Unknown,
        Value::Value(true) => match &planned.security_group_id {
            Value::Value(created) => Value::Value([created.clone()].into_iter().collect()),
            _ => Value::Unknown,
        },
        _ => match cluster.and_then(|cluster| cluster.cluster_security_group_id.clone()) {
            Some(group) => Value::Value([group].into_iter().collect()),
            None if prior.is_some() => return,
            None => {
                diagnostics.add_error(diagnostic(
                    "Missing Security Groups",
                    "There is no cluster whose security group could be used. Give cluster_name or \
                     security_group_ids, or set create_security_group = true.",
                    AttributePath::new("security_group_ids"),
                ));
                return;
            }
        },
    };
}

/// Checks known subnets and groups where they are new, and warns of zones without mount target.
async fn check(
    clients: &Clients,
    cluster: Option<&Cluster>,
    vpc_subnets: &[Subnet],
    prior: Option<&Model>,
    planned: &Model,
    diagnostics: &mut Diagnostics,
) -> Result<(), StepError> {
    let Some(subnet_ids) = known_set(&planned.subnet_ids) else { return Ok(()) };
    let new_subnets = prior.is_none_or(|prior| prior.subnet_ids != planned.subnet_ids);
    let new_groups =
        prior.is_none_or(|prior| prior.security_group_ids != planned.security_group_ids);
    let group_ids = known_set(&planned.security_group_ids).filter(|_| new_groups);
    let (subnets, groups) = try_join(
        subnets(clients, vpc_subnets, &subnet_ids, new_subnets),
        security_groups(clients, group_ids.unwrap_or_default()),
    )
    .await?;

    check_subnets(cluster, &subnets, planned, diagnostics);
    let vpc_id = subnets.first().map(|subnet| subnet.vpc_id.as_str());
    for (group, rules) in &groups {
        check_security_group(group, rules, vpc_id, diagnostics);
    }
    if let Some(cluster) = cluster {
        warn_of_uncovered_zones(cluster, vpc_subnets, &subnets, diagnostics);
    }
    Ok(())
}

/// The subnets of these ids; described only if they are not at hand yet.
async fn subnets(
    clients: &Clients,
    at_hand: &[Subnet],
    ids: &BTreeSet<String>,
    new: bool,
) -> Result<Vec<Subnet>, StepError> {
    let known: Vec<Subnet> =
        at_hand.iter().filter(|subnet| ids.contains(&subnet.id)).cloned().collect();
    if known.len() == ids.len() || !new {
        return Ok(known);
    }
    let ids: Vec<String> = ids.iter().cloned().collect();
    ec2::list_subnets_by_id(clients, &ids)
        .await
        .during("subnets", "looking up the subnets")
        .map_err(|error| error.blame(AttributePath::new("subnet_ids")))
}

async fn security_groups(
    clients: &Clients,
    ids: BTreeSet<String>,
) -> Result<Vec<(SecurityGroup, Vec<IngressRule>)>, StepError> {
    let one = |id: String| async move {
        let doing = format!("looking up the security group {id}");
        let path = AttributePath::new("security_group_ids");
        let (group, rules) = try_join(ec2::find_security_group_by_id(clients, &id), async {
            Ok::<_, aws::Error>(ec2::list_ingress_rules(clients, &id).await)
        })
        .await
        .during("security_groups", &*doing)
        .map_err(|error| error.blame(path.clone()))?;
        let Some(group) = group else {
            let why = format!("there is no security group {id} in {}", clients.region());
            let next = "Name one that exists.";
            return Err(StepError::refused("security_groups", &doing, why, next).blame(path));
        };
        let rules = rules.during("security_groups", doing).map_err(|error| error.blame(path))?;
        Ok((group, rules))
    };
    join_all(ids.into_iter().map(one)).await.into_iter().collect()
}

fn check_subnets(
    cluster: Option<&Cluster>,
    subnets: &[Subnet],
    planned: &Model,
    diagnostics: &mut Diagnostics,
) {
    let path = AttributePath::new("subnet_ids");
    let mut refuse = |rule: String| {
        diagnostics.add_error(invalid_value(&path, &planned.subnet_ids.to_dynamic(), &rule));
    };
    let mut zones: BTreeMap<&str, &str> = BTreeMap::new();
    for subnet in subnets {
        if let Some(other) = zones.insert(&subnet.availability_zone, &subnet.id) {
            refuse(format!(
                "{other} and {} are both in {}, and a file system has one mount target in each \
                 availability zone. Keep one of the two",
                subnet.id, subnet.availability_zone
            ));
        }
    }
    let vpcs: BTreeSet<&str> = subnets.iter().map(|subnet| subnet.vpc_id.as_str()).collect();
    if vpcs.len() > 1 {
        let vpcs = vpcs.iter().copied().collect::<Vec<_>>().join(" and ");
        refuse(format!(
            "the subnets are in {vpcs}, and all mount targets must be in one VPC. Give subnets of \
             one"
        ));
    } else if let (Some(cluster), Some(vpc)) = (cluster, vpcs.first())
        && cluster.vpc_id.as_deref().is_some_and(|cluster_vpc| cluster_vpc != *vpc)
    {
        refuse(format!(
            "the subnets are in {vpc}, and the cluster {:?} is in {}, whose pods could not \
                 mount. Give subnets of the cluster's VPC, or leave cluster_name out",
            cluster.name,
            cluster.vpc_id.as_deref().unwrap_or_default()
        ));
    }
    if let (Value::Value(zone), [subnet]) = (&planned.availability_zone_name, subnets)
        && subnet.availability_zone != *zone
    {
        refuse(format!(
            "{} is in {}, and the One Zone file system is in {zone}. Give a subnet of that \
                 zone",
            subnet.id, subnet.availability_zone
        ));
    }
}

fn check_security_group(
    group: &SecurityGroup,
    rules: &[IngressRule],
    vpc_id: Option<&str>,
    diagnostics: &mut Diagnostics,
) {
    let path = AttributePath::new("security_group_ids");
    if let (Some(group_vpc), Some(vpc_id)) = (group.vpc_id.as_deref(), vpc_id)
        && group_vpc != vpc_id
    {
        diagnostics.add_error(diagnostic(
            "Invalid Attribute Value",
            format!(
                "security_group_ids: {} is in {group_vpc}, and the subnets are in {vpc_id}. \
                     Give groups of the subnets' VPC.",
                group.id
            ),
            path.clone(),
        ));
    }
    if !rules.iter().any(|rule| rule.admits_tcp(NFS)) {
        diagnostics.add_warning(diagnostic(
            "Security Group Lets No NFS In",
            format!(
                "No ingress rule of {} ({}) lets TCP {NFS} in, so nothing can mount through it. Add \
                 a rule for the cluster's nodes, or set create_security_group = true.",
                group.id, group.name
            ),
            path,
        ));
    }
}

fn warn_of_uncovered_zones(
    cluster: &Cluster,
    vpc_subnets: &[Subnet],
    subnets: &[Subnet],
    diagnostics: &mut Diagnostics,
) {
    let covered: BTreeSet<&str> =
        subnets.iter().map(|subnet| subnet.availability_zone.as_str()).collect();
    let uncovered: BTreeSet<&str> = vpc_subnets
        .iter()
        .filter(|subnet| cluster.subnet_ids.contains(&subnet.id))
        .map(|subnet| subnet.availability_zone.as_str())
        .filter(|zone| !covered.contains(zone))
        .collect();
    if !uncovered.is_empty() && !covered.is_empty() {
        let zones = uncovered.into_iter().collect::<Vec<_>>().join(", ");
        diagnostics.add_warning(diagnostic(
            "Zone Without Mount Target",
            format!(
                "The cluster {:?} has subnets in {zones}, where the file system has no mount \
                 target: pods there cannot mount it by its name. Add a subnet of each such zone \
                 to subnet_ids.",
                cluster.name
            ),
            AttributePath::new("subnet_ids"),
        ));
    }
}

/// The ingress rules the created group should have: groups, then ranges.
pub(super) fn wanted_peers(model: &Model, cluster_group: Option<&str>) -> BTreeSet<Peer> {
    let groups = known_set(&model.allowed_security_group_ids).unwrap_or_default();
    let ranges = known_set(&model.allowed_cidr_blocks).unwrap_or_default();
    let mut peers: BTreeSet<Peer> = groups.into_iter().map(Peer::SecurityGroup).collect();
    peers.extend(ranges.iter().map(|range| Peer::cidr(range)));
    if peers.is_empty() {
        peers.extend(cluster_group.map(|group| Peer::SecurityGroup(group.to_owned())));
    }
    peers
}
