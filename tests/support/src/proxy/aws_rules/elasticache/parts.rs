//! Subnet groups and parameter groups.

use super::Cloud;
use super::ask::{Answered, Ask, Refusal};
use super::catalog::{no_family, parameters_of, write_parameter};
use super::xml::Xml;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(super) struct SubnetGroup {
    description: String,
    vpc: String,
    /// Subnet to its zone.
    pub(super) subnets: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(super) struct ParameterGroup {
    pub(super) family: String,
    description: String,
    /// What differs from the family.
    pub(super) values: BTreeMap<String, String>,
}

// ---------------------------------------------------------------------------------------------
// subnet groups
// ---------------------------------------------------------------------------------------------

/// The subnets of a call, all of them in EC2 and in one VPC.
fn subnets(ask: &Ask) -> Result<(String, BTreeMap<String, String>), Refusal> {
    let mut vpc = None;
    let mut zones = BTreeMap::new();
    for id in ask.list("SubnetIds") {
        let Some((of, zone)) = ask.subnets.get(&id) else {
            return Err(Refusal::new(
                400,
                "InvalidSubnet",
                format!("The subnet {id} does not exist."),
            ));
        };
        if vpc.get_or_insert_with(|| of.clone()) != of {
            return Err(Refusal::new(400, "InvalidSubnet", "The subnets are in several VPCs."));
        }
        zones.insert(id, zone.clone());
    }
    let vpc = vpc.ok_or_else(|| Refusal::value("SubnetIds is missing."))?;
    Ok((vpc, zones))
}

pub(super) fn no_subnet_group(name: &str) -> Refusal {
    let message = format!("Cache Subnet Group {name} does not exist.");
    Refusal::new(400, "CacheSubnetGroupNotFoundFault", message)
}

fn write_subnet_group(xml: &mut Xml, ask: &Ask, name: &str, group: &SubnetGroup) {
    xml.text("CacheSubnetGroupName", name);
    xml.text("CacheSubnetGroupDescription", &group.description).text("VpcId", &group.vpc);
    xml.list("Subnets", "Subnet", &group.subnets, |xml, (id, zone)| {
        xml.text("SubnetIdentifier", id);
        xml.within("SubnetAvailabilityZone", |xml| {
            xml.text("Name", zone);
        });
        xml.texts("SupportedNetworkTypes", "member", ["ipv4"]);
    });
    xml.text("ARN", ask.arn("subnetgroup", name));
    xml.texts("SupportedNetworkTypes", "member", ["ipv4"]);
}

pub(super) fn create_subnet_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheSubnetGroupName", "CacheSubnetGroupDescription", "SubnetIds", "Tags"])?;
    let name = ask.name("CacheSubnetGroupName")?;
    if cloud.subnet_groups.contains_key(&name) || name == "default" {
        let message = format!("Cache subnet group {name} already exists.");
        return Err(Refusal::new(400, "CacheSubnetGroupAlreadyExists", message));
    }
    let (vpc, subnets) = subnets(ask)?;
    let description = ask.required("CacheSubnetGroupDescription")?.to_owned();
    let group = SubnetGroup { description, vpc, subnets };
    cloud.tags.insert(ask.arn("subnetgroup", &name), ask.tags()?);
    let answer = Xml::written(|xml| {
        xml.within("CacheSubnetGroup", |xml| write_subnet_group(xml, ask, &name, &group));
    });
    cloud.subnet_groups.insert(name, group);
    Ok(answer)
}

pub(super) fn modify_subnet_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheSubnetGroupName", "CacheSubnetGroupDescription", "SubnetIds"])?;
    let name = ask.name("CacheSubnetGroupName")?;
    let mut group = cloud.subnet_groups.get(&name).ok_or_else(|| no_subnet_group(&name))?.clone();
    if let Some(description) = ask.get("CacheSubnetGroupDescription") {
        description.clone_into(&mut group.description);
    }
    if !ask.list("SubnetIds").is_empty() {
        let (vpc, subnets) = subnets(ask)?;
        if vpc != group.vpc {
            return Err(Refusal::new(400, "InvalidSubnet", "The subnets are in another VPC."));
        }
        // A zone that holds nodes cannot lose its last subnet.
        for cache in cloud.groups.values().filter(|cache| cache.subnet_group == name) {
            if cache.members().any(|node| !subnets.values().any(|zone| *zone == node.zone)) {
                let message = "A subnet that is to be removed is in use.";
                return Err(Refusal::new(400, "SubnetInUse", message));
            }
        }
        group.subnets = subnets;
    }
    let answer = Xml::written(|xml| {
        xml.within("CacheSubnetGroup", |xml| write_subnet_group(xml, ask, &name, &group));
    });
    let zones: Vec<String> = group.subnets.values().cloned().collect();
    for cache in cloud.groups.values_mut().filter(|cache| cache.subnet_group == name) {
        cache.zones.clone_from(&zones);
    }
    cloud.subnet_groups.insert(name, group);
    Ok(answer)
}

pub(super) fn delete_subnet_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheSubnetGroupName"])?;
    let name = ask.name("CacheSubnetGroupName")?;
    if !cloud.subnet_groups.contains_key(&name) {
        return Err(no_subnet_group(&name));
    }
    if cloud.groups.values().any(|group| group.subnet_group == name) {
        let message = format!("Cache subnet group {name} is in use by a cache cluster.");
        return Err(Refusal::new(400, "CacheSubnetGroupInUse", message));
    }
    cloud.tags.remove(&ask.arn("subnetgroup", &name));
    cloud.subnet_groups.remove(&name);
    Ok(String::new())
}

pub(super) fn describe_subnet_groups(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheSubnetGroupName", "MaxRecords", "Marker"])?;
    let wanted = ask.get("CacheSubnetGroupName").map(str::to_lowercase);
    let found = cloud.subnet_groups.iter();
    let found: Vec<_> =
        found.filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted == *name)).collect();
    if let (Some(name), true) = (&wanted, found.is_empty()) {
        return Err(no_subnet_group(name));
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list("CacheSubnetGroups", "CacheSubnetGroup", found, |xml, (name, group)| {
            write_subnet_group(xml, ask, name, group);
        });
    }))
}

// ---------------------------------------------------------------------------------------------
// parameter groups
// ---------------------------------------------------------------------------------------------

pub(super) fn no_parameter_group(name: &str) -> Refusal {
    let message = format!("CacheParameterGroup {name} not found.");
    Refusal::new(404, "CacheParameterGroupNotFound", message)
}

fn write_parameter_group(xml: &mut Xml, ask: &Ask, name: &str, family: &str, description: &str) {
    xml.text("CacheParameterGroupName", name).text("CacheParameterGroupFamily", family);
    xml.text("Description", description).text("IsGlobal", false);
    xml.text("ARN", ask.arn("parametergroup", name));
}

pub(super) fn create_parameter_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheParameterGroupName", "CacheParameterGroupFamily", "Description", "Tags"])?;
    let name = ask.name("CacheParameterGroupName")?;
    if cloud.parameter_group_facts(&name).is_ok() {
        let message = format!("Cache parameter group {name} already exists.");
        return Err(Refusal::new(400, "CacheParameterGroupAlreadyExists", message));
    }
    let family = ask.required("CacheParameterGroupFamily")?.to_owned();
    parameters_of(&family).ok_or_else(|| no_family(&family))?;
    let description = ask.required("Description")?.to_owned();
    cloud.tags.insert(ask.arn("parametergroup", &name), ask.tags()?);
    let answer = Xml::written(|xml| {
        xml.within("CacheParameterGroup", |xml| {
            write_parameter_group(xml, ask, &name, &family, &description);
        });
    });
    let values = BTreeMap::new();
    cloud.parameter_groups.insert(name, ParameterGroup { family, description, values });
    Ok(answer)
}

/// The parameters of a call that the group may set, each with its value.
fn named_parameters(
    cloud: &Cloud,
    ask: &Ask,
    name: &str,
) -> Result<Vec<(String, Option<String>)>, Refusal> {
    let group = cloud.parameter_groups.get(name).ok_or_else(|| no_parameter_group(name))?;
    let known = parameters_of(&group.family).unwrap_or_default();
    let mut named = Vec::new();
    for mut sent in ask.structs("ParameterNameValues") {
        let parameter = sent.remove("ParameterName").unwrap_or_default();
        let value = sent.remove("ParameterValue");
        let Some(found) = known.iter().find(|known| known.name == parameter) else {
            return Err(Refusal::value(format!(
                "The parameter {parameter} does not exist in the family {}.",
                group.family
            )));
        };
        if !found.modifiable {
            return Err(Refusal::value(format!("The parameter {parameter} cannot be modified.")));
        }
        let choices = found.allowed.contains(|letter: char| letter.is_ascii_alphabetic());
        if let (true, Some(value)) = (choices, &value)
            && !found.allowed.split(',').any(|choice| choice == value)
        {
            return Err(Refusal::value(format!("{parameter} = {value} is not allowed.")));
        }
        let number = !choices && !found.allowed.is_empty();
        if number && value.as_ref().is_some_and(|value| value.parse::<i64>().is_err()) {
            return Err(Refusal::value(format!("{parameter} is a number.")));
        }
        named.push((parameter, value));
    }
    if named.len() > 20 {
        return Err(Refusal::value("At most 20 parameters are changed in one call."));
    }
    Ok(named)
}

pub(super) fn modify_parameter_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheParameterGroupName", "ParameterNameValues"])?;
    let name = ask.name("CacheParameterGroupName")?;
    let named = named_parameters(cloud, ask, &name)?;
    let attached = cloud.groups.values().any(|cache| cache.parameter_group == name);
    let group = cloud.parameter_groups.get_mut(&name).ok_or_else(|| no_parameter_group(&name))?;
    for (parameter, value) in named {
        if parameter == "cluster-enabled" && attached {
            let message = "cluster-enabled cannot change while the group is in use.";
            return Err(Refusal::new(400, "InvalidCacheParameterGroupState", message));
        }
        let value = value.ok_or_else(|| Refusal::value(format!("{parameter} has no value.")))?;
        group.values.insert(parameter, value);
    }
    Ok(Xml::written(|xml| {
        xml.text("CacheParameterGroupName", &name);
    }))
}

pub(super) fn reset_parameter_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheParameterGroupName", "ResetAllParameters", "ParameterNameValues"])?;
    let name = ask.name("CacheParameterGroupName")?;
    let named = named_parameters(cloud, ask, &name)?;
    let group = cloud.parameter_groups.get_mut(&name).ok_or_else(|| no_parameter_group(&name))?;
    if ask.flag("ResetAllParameters")? == Some(true) {
        group.values.clear();
    } else if named.is_empty() {
        return Err(Refusal::combination("Name the parameters, or reset all."));
    }
    for (parameter, _) in named {
        group.values.remove(&parameter);
    }
    Ok(Xml::written(|xml| {
        xml.text("CacheParameterGroupName", &name);
    }))
}

pub(super) fn delete_parameter_group(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheParameterGroupName"])?;
    let name = ask.name("CacheParameterGroupName")?;
    if !cloud.parameter_groups.contains_key(&name) {
        if cloud.parameter_group_facts(&name).is_ok() {
            let message = "A default group cannot be deleted.";
            return Err(Refusal::new(400, "InvalidCacheParameterGroupState", message));
        }
        return Err(no_parameter_group(&name));
    }
    let uses = |group: &super::group::Group| {
        group.parameter_group == name || group.future().parameter_group == name
    };
    if cloud.groups.values().any(uses) {
        let message = format!("Cache parameter group {name} is in use by a cache cluster.");
        return Err(Refusal::new(400, "InvalidCacheParameterGroupState", message));
    }
    cloud.tags.remove(&ask.arn("parametergroup", &name));
    cloud.parameter_groups.remove(&name);
    Ok(String::new())
}

pub(super) fn describe_parameter_groups(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheParameterGroupName", "MaxRecords", "Marker"])?;
    let wanted = ask.get("CacheParameterGroupName").map(str::to_lowercase);
    let mut found: Vec<(String, String, String)> = Vec::new();
    for (name, group) in &cloud.parameter_groups {
        if wanted.as_ref().is_none_or(|wanted| wanted == name) {
            found.push((name.clone(), group.family.clone(), group.description.clone()));
        }
    }
    if let (Some(name), true) = (&wanted, found.is_empty()) {
        let (family, _) = cloud.parameter_group_facts(name)?;
        found.push((name.clone(), family, "Default parameter group".to_owned()));
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list(
            "CacheParameterGroups",
            "CacheParameterGroup",
            found,
            |xml, (name, family, description)| {
                write_parameter_group(xml, ask, &name, &family, &description);
            },
        );
    }))
}

pub(super) fn describe_parameters(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["CacheParameterGroupName", "Source", "MaxRecords", "Marker"])?;
    let name = ask.name("CacheParameterGroupName")?;
    let (family, clustered) = cloud.parameter_group_facts(&name)?;
    let own = cloud.parameter_groups.get(&name).map(|group| group.values.clone());
    let mut values = own.unwrap_or_default();
    let mut found = Vec::new();
    for parameter in parameters_of(&family).unwrap_or_default() {
        let (mut value, mut source) = (parameter.default.to_owned(), "system");
        if let Some(own) = values.remove(parameter.name) {
            (value, source) = (own, "user");
        } else if parameter.name == "cluster-enabled" && clustered {
            "yes".clone_into(&mut value);
        }
        if ask.get("Source").is_none_or(|wanted| wanted == source) {
            found.push((parameter, value, source));
        }
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list("Parameters", "Parameter", found, |xml, (parameter, value, source)| {
            write_parameter(xml, parameter, &value, source);
        });
    }))
}
