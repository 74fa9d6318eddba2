//! Changes to a replication group's settings.

use super::ask::{Answered, Ask, Refusal};
use super::catalog::{RELEASES, allowed_node_types, find_release};
use super::create::{default_parameter_group, set_logs, wrong_family};
use super::group::{Change, Group};
use super::rules::{
    check_token, check_window, overlap, refuse_ineffective_users, usable_user_groups,
};
use super::view::write_group;
use super::xml::Xml;
use super::{Cloud, no_group};

const MODIFY: [&str; 29] = [
    "ReplicationGroupId",
    "ReplicationGroupDescription",
    "PrimaryClusterId",
    "SnapshottingClusterId",
    "AutomaticFailoverEnabled",
    "MultiAZEnabled",
    "SecurityGroupIds",
    "PreferredMaintenanceWindow",
    "NotificationTopicArn",
    "CacheParameterGroupName",
    "NotificationTopicStatus",
    "ApplyImmediately",
    "Engine",
    "EngineVersion",
    "AutoMinorVersionUpgrade",
    "SnapshotRetentionLimit",
    "SnapshotWindow",
    "CacheNodeType",
    "AuthToken",
    "AuthTokenUpdateStrategy",
    "UserGroupIdsToAdd",
    "UserGroupIdsToRemove",
    "RemoveUserGroups",
    "LogDeliveryConfigurations",
    "IpDiscovery",
    "TransitEncryptionEnabled",
    "TransitEncryptionMode",
    "ClusterMode",
    "Durability",
];

/// A group that can be changed now.
pub(super) fn ready<'a>(cloud: &'a mut Cloud, id: &str) -> Result<&'a mut Group, Refusal> {
    let group = cloud.groups.get_mut(id).ok_or_else(|| no_group(id))?;
    if group.is_available() {
        return Ok(group);
    }
    Err(Refusal::new(
        400,
        "InvalidReplicationGroupState",
        format!("Replication group {id} has status {} and cannot be modified now.", group.status),
    ))
}

pub(super) fn modify(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&MODIFY)?;
    let id = ask.name("ReplicationGroupId")?;
    let mut group = ready(cloud, &id)?.clone();
    let idle = ["ReplicationGroupId", "ApplyImmediately", "Action", "Version"];
    if !MODIFY.iter().any(|name| !idle.contains(name) && has(ask, name)) {
        return Err(Refusal::combination("No modifications were requested"));
    }
    settings(ask, &mut group)?;
    let mut changes = Vec::new();
    nodes(ask, &group, &mut changes)?;
    engine(cloud, ask, &group, &mut changes)?;
    failover(ask, &group, &mut changes)?;
    transit(ask, &group, &mut changes)?;
    users_and_token(cloud, ask, &group, &mut changes)?;
    let reads = cloud.reads();
    let now = ask.flag("ApplyImmediately")? == Some(true);
    let (late, early): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(|change| !now && change.waits());
    for user_group in early.iter().filter_map(user_groups_of).flatten().chain(&group.user_groups) {
        if early.iter().any(|change| user_groups_of(change).is_some()) {
            cloud.busy_user_group(user_group);
        }
    }
    for change in late {
        group.postpone(change);
    }
    // What waits is applied with the next change that does not.
    if !early.is_empty() || (now && !group.waiting.is_empty()) {
        let waiting = if now { Vec::new() } else { std::mem::take(&mut group.waiting) };
        group.begin(reads, early);
        if let Some((_, super::group::Then::Become(next))) = &mut group.then {
            next.waiting.clone_from(&waiting);
        }
        group.waiting = waiting;
    }
    let answer = Xml::written(|xml| {
        xml.within("ReplicationGroup", |xml| write_group(xml, ask, &group));
    });
    cloud.groups.insert(id.clone(), group);
    cloud.note(&id, "replication-group", "Replication group is being modified");
    Ok(answer)
}

fn has(ask: &Ask, name: &str) -> bool {
    ask.get(name).is_some() || !ask.list(name).is_empty()
}

fn user_groups_of(change: &Change) -> Option<&Vec<String>> {
    if let Change::UserGroups(groups) = change { Some(groups) } else { None }
}

/// What is changed at once, with no change to the nodes.
fn settings(ask: &Ask, group: &mut Group) -> Result<(), Refusal> {
    if let Some(description) = ask.get("ReplicationGroupDescription") {
        if description.is_empty() {
            return Err(Refusal::value("The description is empty."));
        }
        description.clone_into(&mut group.description);
    }
    if let Some(window) = ask.get("PreferredMaintenanceWindow") {
        group.maintenance_window = check_window(window, true)?;
    }
    if let Some(window) = ask.get("SnapshotWindow") {
        group.snapshot_window = check_window(window, false)?;
    }
    overlap(&group.maintenance_window, &group.snapshot_window)?;
    if let Some(days) = ask.number("SnapshotRetentionLimit")? {
        if days > 35 {
            return Err(Refusal::value("SnapshotRetentionLimit is 0 to 35 days."));
        }
        group.retention = days;
    }
    if let Some(member) = ask.get("SnapshottingClusterId") {
        if group.cluster_mode != "disabled" {
            return Err(Refusal::combination("With cluster mode no snapshotting cluster is set."));
        }
        group.snapshotting_member = Some(member.to_owned());
    }
    if has(ask, "SecurityGroupIds") {
        group.security_groups = ask.list("SecurityGroupIds");
    }
    if let Some(topic) = ask.get("NotificationTopicArn") {
        group.topic = Some((topic.to_owned(), "active".to_owned()));
    }
    if let (Some(status), Some((_, known))) = (ask.get("NotificationTopicStatus"), &mut group.topic)
    {
        status.clone_into(known);
    }
    if let Some(auto) = ask.flag("AutoMinorVersionUpgrade")? {
        group.auto_minor = auto;
    }
    if let Some(discovery) = ask.get("IpDiscovery") {
        if group.network_type == "ipv4" && discovery != "ipv4" {
            return Err(Refusal::combination("IpDiscovery ipv6 needs another network type."));
        }
        discovery.clone_into(&mut group.ip_discovery);
    }
    set_logs(ask, group)
}

fn nodes(ask: &Ask, group: &Group, changes: &mut Vec<Change>) -> Result<(), Refusal> {
    if let Some(node_type) = ask.get("CacheNodeType").filter(|other| *other != group.node_type) {
        let (up, down) = allowed_node_types(&group.node_type);
        if !up.iter().chain(&down).any(|allowed| allowed == node_type) {
            return Err(Refusal::value(format!(
                "{} cannot be modified to {node_type}.",
                group.node_type
            )));
        }
        changes.push(Change::NodeType(node_type.to_owned()));
    }
    if let Some(member) = ask.get("PrimaryClusterId") {
        if group.failover {
            return Err(Refusal::combination("A primary is set only without automatic failover."));
        }
        if group.shard_of(member).is_none() {
            return Err(Refusal::value(format!("{member} is not in the replication group.")));
        }
        changes.push(Change::Primary(member.to_owned()));
    }
    if let Some(durability) = ask.get("Durability") {
        if !group.family().starts_with("valkey9") {
            return Err(Refusal::combination("Durability needs Valkey 9.0 or above."));
        }
        changes.push(Change::Durability(durability.to_owned()));
    }
    Ok(())
}

/// Version, engine, cluster mode, and the parameter group that goes with them.
fn engine(
    cloud: &Cloud,
    ask: &Ask,
    group: &Group,
    changes: &mut Vec<Change>,
) -> Result<(), Refusal> {
    let engine = ask.get("Engine").map_or(group.engine().to_owned(), str::to_lowercase);
    let version = ask.get("EngineVersion");
    if engine != group.engine() && version.is_none() {
        return Err(Refusal::combination("Another engine needs an engine version."));
    }
    let mut release = group.release;
    if version.is_some() {
        release = find_release(&engine, version)?;
    }
    if release < group.release {
        return Err(Refusal::combination(format!(
            "The version cannot go down from {} to {}.",
            RELEASES[group.release].version, RELEASES[release].version
        )));
    }
    if release != group.release {
        changes.push(Change::Release(release));
    }
    let mode = cluster_mode(ask, group)?;
    let clustered = mode != "disabled";
    let family = RELEASES[release].family;
    let asked = ask.get("CacheParameterGroupName").map(str::to_lowercase);
    let own = asked.clone().unwrap_or_else(|| {
        // A default group gives way to the one that fits.
        if group.parameter_group.starts_with("default.") {
            default_parameter_group(family, clustered)
        } else {
            group.parameter_group.clone()
        }
    });
    let (found, enabled) = cloud.parameter_group_facts(&own)?;
    if found != family {
        return Err(wrong_family(family, &found, &own));
    }
    if enabled != clustered {
        return Err(Refusal::combination(format!(
            "The parameter cluster-enabled of {own} does not agree with cluster mode {mode}."
        )));
    }
    if own != group.parameter_group {
        changes.push(Change::ParameterGroup(own));
    }
    if mode != group.cluster_mode {
        changes.push(Change::ClusterMode(mode));
    }
    Ok(())
}

fn cluster_mode(ask: &Ask, group: &Group) -> Result<String, Refusal> {
    let Some(mode) = ask.get("ClusterMode") else { return Ok(group.cluster_mode.clone()) };
    match (group.cluster_mode.as_str(), mode) {
        (now, then) if now == then => {}
        ("disabled", "compatible") => {
            if !group.failover || group.replicas() < 1 {
                let needs = "Cluster mode needs automatic failover and a replica.";
                return Err(Refusal::combination(needs));
            }
        }
        ("compatible", "enabled" | "disabled") => {}
        (now, then) => {
            return Err(Refusal::combination(format!(
                "Cluster mode cannot change from {now} to {then}."
            )));
        }
    }
    Ok(mode.to_owned())
}

fn failover(ask: &Ask, group: &Group, changes: &mut Vec<Change>) -> Result<(), Refusal> {
    let failover = ask.flag("AutomaticFailoverEnabled")?.unwrap_or(group.failover);
    let multi_az = ask.flag("MultiAZEnabled")?.unwrap_or(group.multi_az);
    if !failover && group.cluster_mode != "disabled" {
        return Err(Refusal::combination("Cluster mode needs automatic failover."));
    }
    if failover && !group.failover && group.replicas() < 1 {
        return Err(Refusal::combination("Automatic failover needs at least one replica."));
    }
    if multi_az && (!failover || group.replicas() < 1) {
        return Err(Refusal::combination("Multi-AZ needs automatic failover and a replica."));
    }
    if (failover, multi_az) != (group.failover, group.multi_az) {
        changes.push(Change::Failover(failover, multi_az));
    }
    Ok(())
}

fn transit(ask: &Ask, group: &Group, changes: &mut Vec<Change>) -> Result<(), Refusal> {
    let on = ask.flag("TransitEncryptionEnabled")?.unwrap_or(group.transit);
    let mode = ask.get("TransitEncryptionMode").unwrap_or(&group.transit_mode);
    if !["preferred", "required"].contains(&mode) {
        return Err(Refusal::value("TransitEncryptionMode is preferred or required."));
    }
    match (group.transit, on) {
        (false, true) if ask.get("TransitEncryptionMode") != Some("preferred") => {
            return Err(Refusal::combination(
                "Encryption in transit is turned on with TransitEncryptionMode preferred first.",
            ));
        }
        (true, false) if group.transit_mode != "preferred" => {
            return Err(Refusal::combination(
                "Encryption in transit is turned off only from TransitEncryptionMode preferred.",
            ));
        }
        (true, false) if !group.tokens.is_empty() || !group.user_groups.is_empty() => {
            return Err(Refusal::combination(
                "Encryption in transit stays on while a token or user groups are set.",
            ));
        }
        (false, false) if ask.get("TransitEncryptionMode").is_some() => {
            return Err(Refusal::combination(
                "TransitEncryptionMode needs TransitEncryptionEnabled.",
            ));
        }
        _ => {}
    }
    if on != group.transit || (on && mode != group.transit_mode) {
        changes.push(Change::Transit(on, mode.to_owned()));
    }
    Ok(())
}

fn users_and_token(
    cloud: &Cloud,
    ask: &Ask,
    group: &Group,
    changes: &mut Vec<Change>,
) -> Result<(), Refusal> {
    let mut groups = group.user_groups.clone();
    let removed = ask.list("UserGroupIdsToRemove");
    groups.retain(|id| !removed.contains(id));
    if ask.flag("RemoveUserGroups")? == Some(true) {
        groups.clear();
    }
    let added = ask.list("UserGroupIdsToAdd");
    groups.extend(added.iter().filter(|id| !group.user_groups.contains(id)).cloned());
    if groups != group.user_groups {
        usable_user_groups(cloud, &groups)?;
        refuse_ineffective_users(group, &groups)?;
    }
    let tokens = new_tokens(ask, group, !groups.is_empty())?;
    let left = tokens.as_ref().map_or(&group.tokens, |(tokens, _)| tokens);
    if !groups.is_empty() && !left.is_empty() {
        return Err(Refusal::combination("An AUTH token does not go with user groups."));
    }
    if let Some((tokens, rotated)) = tokens {
        changes.push(Change::Tokens(tokens, rotated));
    }
    if groups != group.user_groups {
        changes.push(Change::UserGroups(groups));
    }
    Ok(())
}

/// The tokens after the call, and whether the last came by ROTATE.
fn new_tokens(
    ask: &Ask,
    group: &Group,
    users: bool,
) -> Result<Option<(Vec<String>, bool)>, Refusal> {
    let token = ask.get("AuthToken");
    let strategy = ask.get("AuthTokenUpdateStrategy");
    if token.is_none() && strategy.is_none() {
        return Ok(None);
    }
    if !group.transit {
        return Err(Refusal::combination("An AUTH token needs encryption in transit."));
    }
    let mut tokens = group.tokens.clone();
    match (strategy.unwrap_or("ROTATE"), token) {
        ("DELETE", _) if users => Ok(Some((Vec::new(), false))),
        ("DELETE", _) => Err(Refusal::combination(
            "AuthTokenUpdateStrategy DELETE is only for the change to user groups.",
        )),
        (_, None) => Err(Refusal::combination("AuthTokenUpdateStrategy needs an AuthToken.")),
        ("ROTATE", Some(token)) => {
            check_token(token, false)?;
            tokens.retain(|known| known != token);
            tokens.push(token.to_owned());
            // At most two are valid at a time: the oldest goes.
            let surplus = tokens.len().saturating_sub(2);
            tokens.drain(..surplus);
            Ok(Some((tokens, true)))
        }
        ("SET", Some(token)) => {
            check_token(token, false)?;
            let known = tokens.iter().any(|known| known == token);
            if !tokens.is_empty() && !known {
                return Err(Refusal::combination(
                    "AuthTokenUpdateStrategy SET is allowed only after ROTATE of the same token.",
                ));
            }
            Ok(Some((vec![token.to_owned()], false)))
        }
        (other, _) => Err(Refusal::value(format!("AuthTokenUpdateStrategy {other} is unknown."))),
    }
}
