//! What AWS is asked before anything is planned: versions, subnets, node types, parameters. Each is
//! asked only when it is new or changes.

use std::collections::BTreeSet;

use futures_util::join;

use super::super::model::Model;
use super::super::wanted;
use crate::aws::elasticache::catalogue::{self, AllowedNodeTypes, EngineVersion, Parameter};
use crate::aws::elasticache::replication_groups;
use crate::aws::elasticache::subnet_groups::{self, SubnetGroup};
use crate::aws::{Clients, ec2};
use crate::framework::diagnostic::{diagnostic, invalid_value};
use crate::framework::resource::Context;
use crate::framework::value::{AttributePath, Data, Diagnostics, Dynamic, Value, known_set};
use crate::platform::cache::{self, Version};
use crate::platform::defaults::CACHE as PLATFORM;
use crate::provider::context::ProviderContext;
use crate::resources::composite::Composite;
use crate::resources::step::{During, StepError, Verb};

/// Finds what configuration leaves out, and checks what is new.
pub(super) async fn plan(
    cx: &Context<ProviderContext>,
    region: &str,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    let clients = cx.provider.clients(region);
    if let Err(error) = asked(&clients, config, prior, planned, diagnostics).await {
        diagnostics.add_error(planned.told(Verb::Planning, &error));
    }
}

async fn asked(
    clients: &Clients,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) -> Result<(), StepError> {
    let (versions, place, node_types) = join!(
        versions(clients, prior, planned),
        place(clients, config, prior, planned),
        node_types(clients, prior, planned),
    );
    if let Some(versions) = versions? {
        check_version(config, &versions, planned, diagnostics);
    }
    if let Some(place) = place? {
        check_place(config, place, planned, diagnostics);
    }
    if let Some(allowed) = node_types? {
        refuse_node_type(prior, &allowed, planned, diagnostics);
    }
    if let Some(known) = parameters(clients, prior, planned).await? {
        check_parameters(&known, planned, diagnostics);
    }
    Ok(())
}

async fn versions(
    clients: &Clients,
    prior: Option<&Model>,
    planned: &Model,
) -> Result<Option<Vec<EngineVersion>>, StepError> {
    let settled = prior.is_some_and(|prior| {
        prior.engine == planned.engine && wanted::version(prior) == wanted::version(planned)
    });
    if settled {
        return Ok(None);
    }
    let listed = catalogue::list_engine_versions(clients, PLATFORM.engine).await;
    let listed = listed.during("engine_version", "listing the versions of Valkey");
    listed.map(Some).map_err(|error| error.blame(AttributePath::new("engine_version")))
}

fn check_version(
    config: &Model,
    versions: &[EngineVersion],
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    let path = AttributePath::new("engine_version");
    let texts = || versions.iter().map(|found| found.version.as_str());
    if config.engine_version.is_null() {
        // Known from now on, and kept.
        match cache::newest(texts()) {
            Some(newest) => planned.engine_version = Value::Value(newest.to_owned()),
            None => diagnostics.add_error(diagnostic(
                "Missing Engine Version",
                "AWS lists no version of Valkey in this region. Give engine_version, or choose \
                 another region.",
                path,
            )),
        }
        return;
    }
    let Some(wanted) = wanted::version(planned) else { return };
    let known: BTreeSet<Version> = texts().filter_map(|text| text.parse().ok()).collect();
    if !known.contains(&wanted) {
        let known = known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let rule =
            format!("AWS has no such version of Valkey in this region; it has {known}. Choose one");
        diagnostics.add_error(invalid_value(&path, &planned.engine_version.to_dynamic(), &rule));
    }
}

/// Where the nodes are to be.
struct Place {
    attribute: &'static str,
    vpcs: BTreeSet<String>,
    zones: BTreeSet<String>,
    group: Option<SubnetGroup>,
}

async fn place(
    clients: &Clients,
    config: &Model,
    prior: Option<&Model>,
    planned: &Model,
) -> Result<Option<Place>, StepError> {
    let spread = planned.multi_az_enabled == Value::Value(true);
    let settled = prior.is_some_and(|prior| {
        prior.subnet_group_name == planned.subnet_group_name
            && prior.subnet_ids == planned.subnet_ids
            && (!spread || prior.multi_az_enabled == planned.multi_az_enabled)
    });
    if settled {
        return Ok(None);
    }
    if let Value::Value(name) = &config.subnet_group_name {
        return subnet_group(clients, name).await.map(Some);
    }
    let Some(ids) = known_set(&planned.subnet_ids).filter(|ids| !ids.is_empty()) else {
        return Ok(None);
    };
    let ids: Vec<String> = ids.into_iter().collect();
    let subnets = ec2::list_subnets_by_id(clients, &ids)
        .await
        .during("subnet_ids", "looking up the subnets")
        .map_err(|error| error.blame(AttributePath::new("subnet_ids")))?;
    Ok(Some(Place {
        attribute: "subnet_ids",
        vpcs: subnets.iter().map(|subnet| subnet.vpc_id.clone()).collect(),
        zones: subnets.into_iter().map(|subnet| subnet.availability_zone).collect(),
        group: None,
    }))
}

async fn subnet_group(clients: &Clients, name: &str) -> Result<Place, StepError> {
    let attribute = "subnet_group_name";
    let doing = format!("looking up the subnet group {name:?}");
    let found = subnet_groups::find_subnet_group(clients, name).await.during(attribute, &*doing)?;
    let Some(group) = found else {
        let why = format!("there is no subnet group {name:?} in {}", clients.region());
        let next = "Name one that exists, or give subnet_ids instead.";
        return Err(
            StepError::refused(attribute, &doing, why, next).blame(AttributePath::new(attribute))
        );
    };
    Ok(Place {
        attribute,
        vpcs: group.vpc_id.iter().cloned().collect(),
        zones: group.zones.clone(),
        group: Some(group),
    })
}

fn check_place(config: &Model, place: Place, planned: &mut Model, diagnostics: &mut Diagnostics) {
    let Place { attribute, vpcs, zones, group } = place;
    if let (Some(group), true) = (group, config.subnet_ids.is_null()) {
        planned.subnet_ids = Value::Value(group.subnet_ids.into_iter().collect());
    }
    let value = match attribute {
        "subnet_ids" => planned.subnet_ids.to_dynamic(),
        _ => planned.subnet_group_name.to_dynamic(),
    };
    let path = AttributePath::new(attribute);
    if vpcs.len() > 1 {
        let vpcs = vpcs.into_iter().collect::<Vec<_>>().join(" and ");
        let rule =
            format!("the subnets are in {vpcs}, and a cache is in one VPC. Give subnets of one");
        diagnostics.add_error(invalid_value(&path, &value, &rule));
    }
    if zones.len() == 1 && planned.multi_az_enabled == Value::Value(true) {
        let zone = zones.into_iter().collect::<String>();
        let rule = format!(
            "every subnet is in {zone}, and multi_az_enabled, which is on unless set to false, \
             needs two availability zones. Add a subnet of another zone, or set multi_az_enabled = \
             false"
        );
        diagnostics.add_error(invalid_value(&path, &value, &rule));
    }
}

/// The types the cache may become, where the planned one is none of them.
async fn node_types(
    clients: &Clients,
    prior: Option<&Model>,
    planned: &Model,
) -> Result<Option<AllowedNodeTypes>, StepError> {
    let Some(prior) = prior else { return Ok(None) };
    let Value::Value(id) = &prior.id else { return Ok(None) };
    let Value::Value(wanted) = &planned.node_type else { return Ok(None) };
    let same = prior.node_type == planned.node_type || !prior.node_type.is_value();
    if same || prior.name != planned.name {
        return Ok(None);
    }
    let doing = || format!("listing the node types {id} may change to");
    let about = |error: StepError| error.blame(AttributePath::new("node_type"));
    let allowed = match catalogue::list_allowed_node_types(clients, id).await {
        // Its creation is still ahead: any type may be tried.
        Err(error) if error.is_not_found() => return Ok(None),
        listed => listed.during("node_type", doing()).map_err(about)?,
    };
    if allowed.up.contains(wanted) || allowed.down.contains(wanted) {
        return Ok(None);
    }
    // A change that was under way at the read may be over by now, and AWS lists no type for itself.
    let found = replication_groups::find_replication_group(clients, id).await;
    let found = found.during("node_type", doing()).map_err(about)?;
    let there = found.is_some_and(|group| group.node_type.as_ref() == Some(wanted));
    Ok(if there { None } else { Some(allowed) })
}

fn refuse_node_type(
    prior: Option<&Model>,
    allowed: &AllowedNodeTypes,
    planned: &Model,
    diagnostics: &mut Diagnostics,
) {
    let Value::Value(wanted) = &planned.node_type else { return };
    let before = prior.and_then(|prior| prior.node_type.clone().as_option()).unwrap_or_default();
    let list = |types: &[String]| match types {
        [] => "none".to_owned(),
        types => types.join(", "),
    };
    let rule = format!(
        "AWS cannot change this cache from {before} to it. Larger types it may become: {}. Smaller \
         ones: {}. Choose one of them",
        list(&allowed.up),
        list(&allowed.down)
    );
    let path = AttributePath::new("node_type");
    diagnostics.add_error(invalid_value(&path, &Dynamic::from(wanted.as_str()), &rule));
}

async fn parameters(
    clients: &Clients,
    prior: Option<&Model>,
    planned: &Model,
) -> Result<Option<(String, Vec<Parameter>)>, StepError> {
    let Value::Value(parameters) = &planned.parameters else { return Ok(None) };
    let Some(version) = wanted::version(planned) else { return Ok(None) };
    let settled = prior.is_some_and(|prior| {
        prior.parameters == planned.parameters
            && wanted::version(prior).map(Version::family) == Some(version.family())
    });
    if settled || parameters.is_empty() {
        return Ok(None);
    }
    let family = version.family();
    let doing = format!("listing the parameters of {family}");
    let listed = catalogue::list_parameters(clients, &family).await.during("parameters", doing);
    let listed = listed.map_err(|error| error.blame(AttributePath::new("parameters")))?;
    Ok(Some((family, listed)))
}

fn check_parameters(
    (family, known): &(String, Vec<Parameter>),
    planned: &Model,
    diagnostics: &mut Diagnostics,
) {
    let Value::Value(parameters) = &planned.parameters else { return };
    // An endpoint that lists nothing knows nothing of parameters.
    if known.is_empty() {
        return;
    }
    for name in parameters.keys() {
        let path = AttributePath::new("parameters").key(name.clone());
        let rule = match known.iter().find(|parameter| parameter.name == *name) {
            None => format!(
                "{family} has no parameter {name:?}. See the parameters of your version in the \
                 documentation of ElastiCache, and remove or correct it."
            ),
            Some(parameter) if !parameter.is_modifiable => {
                format!("{name:?} of {family} cannot be changed. Remove it.")
            }
            Some(_) => continue,
        };
        diagnostics.add_error(diagnostic("Invalid Attribute Value", rule, path));
    }
}
