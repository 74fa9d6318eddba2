//! Creating and deleting replication groups.

use super::ask::{Answered, Ask, Refusal};
use super::catalog::{find_release, node_types};
use super::group::{Group, Log, Shard, Then};
use super::rules::{
    check_id, check_token, check_window, overlap, refuse_ineffective_users, usable_user_groups,
};
use super::snapshots::Snapshot;
use super::view::write_group;
use super::xml::{Xml, now};
use super::{Cloud, no_group};
use std::collections::BTreeMap;

const CREATE: [&str; 38] = [
    "ReplicationGroupId",
    "ReplicationGroupDescription",
    "AutomaticFailoverEnabled",
    "MultiAZEnabled",
    "NumCacheClusters",
    "PreferredCacheClusterAZs",
    "NumNodeGroups",
    "ReplicasPerNodeGroup",
    "CacheNodeType",
    "Engine",
    "EngineVersion",
    "CacheParameterGroupName",
    "CacheSubnetGroupName",
    "SecurityGroupIds",
    "Tags",
    "SnapshotArns",
    "SnapshotName",
    "PreferredMaintenanceWindow",
    "Port",
    "NotificationTopicArn",
    "AutoMinorVersionUpgrade",
    "SnapshotRetentionLimit",
    "SnapshotWindow",
    "AuthToken",
    "TransitEncryptionEnabled",
    "AtRestEncryptionEnabled",
    "KmsKeyId",
    "UserGroupIds",
    "LogDeliveryConfigurations",
    "DataTieringEnabled",
    "NetworkType",
    "IpDiscovery",
    "TransitEncryptionMode",
    "ClusterMode",
    "Durability",
    "Action",
    "Version",
    "CacheSecurityGroupNames",
];

pub(super) fn create(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&CREATE)?;
    let id = check_id(&ask.name("ReplicationGroupId")?)?;
    ask.required("ReplicationGroupDescription")?;
    if cloud.groups.contains_key(&id) {
        let message = format!("Replication group {id} already exists.");
        return Err(Refusal::new(400, "ReplicationGroupAlreadyExists", message));
    }
    let mut group = blank(cloud, ask, id)?;
    place_nodes(ask, &mut group)?;
    protect(cloud, ask, &mut group)?;
    schedule(ask, &mut group)?;
    restore(cloud, ask, &group)?;
    cloud.tags.insert(group.arn.clone(), ask.tags()?);
    for user_group in &group.user_groups {
        cloud.busy_user_group(user_group);
    }
    let next = group.clone();
    group.turn("creating", cloud.reads(), next);
    if let Some(reason) = cloud.creation_fails.take() {
        (group.status, group.then) = ("create-failed", None);
        cloud.note(&group.id, "replication-group", &reason);
    } else {
        cloud.note(&group.id, "replication-group", "Replication group is being created");
    }
    let answer = Xml::written(|xml| {
        xml.within("ReplicationGroup", |xml| write_group(xml, ask, &group));
    });
    cloud.groups.insert(group.id.clone(), group);
    Ok(answer)
}

/// A group of the right engine, network and parameters, without nodes.
fn blank(cloud: &Cloud, ask: &Ask, id: String) -> Result<Group, Refusal> {
    let engine = ask.get("Engine").unwrap_or("redis").to_lowercase();
    let release = find_release(&engine, ask.get("EngineVersion"))?;
    let node_type = ask.required("CacheNodeType")?.to_owned();
    if !node_types().contains(&node_type) {
        return Err(Refusal::value(format!("The node type {node_type} is not valid.")));
    }
    let data_tiering = ask.flag("DataTieringEnabled")?.unwrap_or(false);
    if data_tiering != node_type.starts_with("cache.r6gd.") {
        return Err(Refusal::combination("Data tiering goes with r6gd nodes, and only with them."));
    }
    let subnet_group = ask.get("CacheSubnetGroupName").unwrap_or("default").to_lowercase();
    let zones = cloud.zones_of(&subnet_group, &ask.region)?;
    let port = ask.number("Port")?.unwrap_or(6379);
    if !(1..=65_535).contains(&port) {
        return Err(Refusal::value(format!("The port {port} is not between 1 and 65535.")));
    }
    let mut group = Group {
        arn: ask.arn("replicationgroup", &id),
        id,
        description: ask.required("ReplicationGroupDescription")?.to_owned(),
        release,
        node_type,
        parameter_group: String::new(),
        subnet_group,
        zones,
        port,
        security_groups: ask.list("SecurityGroupIds"),
        failover: ask.flag("AutomaticFailoverEnabled")?.unwrap_or(false),
        multi_az: ask.flag("MultiAZEnabled")?.unwrap_or(false),
        cluster_mode: String::new(),
        shards: Vec::new(),
        at_rest: ask.flag("AtRestEncryptionEnabled")?.unwrap_or(engine == "valkey"),
        kms_key: ask.get("KmsKeyId").map(|key| key_arn(ask, key)),
        transit: ask.flag("TransitEncryptionEnabled")?.unwrap_or(false),
        transit_mode: ask.get("TransitEncryptionMode").unwrap_or("required").to_owned(),
        tokens: Vec::new(),
        rotated: false,
        token_changed: None,
        user_groups: Vec::new(),
        retention: ask.number("SnapshotRetentionLimit")?.unwrap_or(0),
        snapshotting_member: None,
        snapshot_window: "03:00-04:00".to_owned(),
        maintenance_window: "sun:05:00-sun:06:00".to_owned(),
        auto_minor: ask.flag("AutoMinorVersionUpgrade")?.unwrap_or(true),
        topic: ask.get("NotificationTopicArn").map(|arn| (arn.to_owned(), "active".to_owned())),
        logs: BTreeMap::new(),
        data_tiering,
        network_type: ask.get("NetworkType").unwrap_or("ipv4").to_owned(),
        ip_discovery: ask.get("IpDiscovery").unwrap_or("ipv4").to_owned(),
        durability: ask.get("Durability").map(str::to_owned),
        created: now(),
        status: "creating",
        then: None,
        waiting: Vec::new(),
    };
    choose_mode(cloud, ask, &mut group)?;
    Ok(group)
}

fn key_arn(ask: &Ask, key: &str) -> String {
    if key.starts_with("arn:") {
        return key.to_owned();
    }
    format!("arn:aws:kms:{}:{}:key/{key}", ask.region, ask.account)
}

/// Cluster mode and parameter group, which have to agree.
fn choose_mode(cloud: &Cloud, ask: &Ask, group: &mut Group) -> Result<(), Refusal> {
    let asked = ask.get("ClusterMode");
    if asked.is_some_and(|mode| !["enabled", "disabled", "compatible"].contains(&mode)) {
        return Err(Refusal::value("ClusterMode is enabled, disabled or compatible."));
    }
    let sharded = ask.number("NumNodeGroups")?.is_some_and(|count| count > 1);
    let name = match ask.get("CacheParameterGroupName") {
        Some(name) => name.to_lowercase(),
        None => {
            let wants = asked.map_or(sharded, |mode| mode != "disabled");
            default_parameter_group(group.family(), wants)
        }
    };
    let (family, clustered) = cloud.parameter_group_facts(&name)?;
    if family != group.family() {
        return Err(wrong_family(group.family(), &family, &name));
    }
    let mode = asked.unwrap_or(if clustered { "enabled" } else { "disabled" });
    if clustered != (mode != "disabled") {
        return Err(Refusal::combination(format!(
            "Cluster mode {mode} does not agree with cluster-enabled of the parameter group {name}."
        )));
    }
    (group.cluster_mode, group.parameter_group) = (mode.to_owned(), name);
    Ok(())
}

pub(super) fn default_parameter_group(family: &str, clustered: bool) -> String {
    format!("default.{family}{}", if clustered { ".cluster.on" } else { "" })
}

pub(super) fn wrong_family(wanted: &str, found: &str, name: &str) -> Refusal {
    Refusal::combination(format!(
        "Expected a parameter group of family {wanted} but found one of family {found}: {name}"
    ))
}

fn place_nodes(ask: &Ask, group: &mut Group) -> Result<(), Refusal> {
    let nodes = ask.number("NumCacheClusters")?;
    let shards = ask.number("NumNodeGroups")?;
    let replicas = ask.number("ReplicasPerNodeGroup")?;
    if nodes.is_some() && (shards.is_some() || replicas.is_some()) {
        return Err(Refusal::combination(
            "NumCacheClusters does not go with NumNodeGroups or ReplicasPerNodeGroup.",
        ));
    }
    let shards = shards.unwrap_or(1);
    if !(1..=90).contains(&shards) {
        let code = "NodeGroupsPerReplicationGroupQuotaExceeded";
        return Err(Refusal::new(400, code, format!("{shards} node groups; 1 to 90 are allowed.")));
    }
    let clustered = group.cluster_mode != "disabled";
    if shards > 1 && !clustered {
        return Err(Refusal::combination("Several node groups need cluster mode."));
    }
    let nodes = nodes.unwrap_or_else(|| replicas.unwrap_or(0) + 1);
    if !(1..=6).contains(&nodes) {
        return Err(Refusal::value(format!("{nodes} nodes in a node group; 1 to 6 are allowed.")));
    }
    if clustered && !group.failover {
        return Err(Refusal::combination("Cluster mode needs automatic failover."));
    }
    if group.failover && nodes < 2 && !clustered {
        return Err(Refusal::combination("Automatic failover needs at least two nodes."));
    }
    if group.multi_az && (!group.failover || nodes < 2) {
        return Err(Refusal::combination("Multi-AZ needs automatic failover and a replica."));
    }
    for number in 1..=shards {
        group.shards.push(Shard { number, members: Vec::new() });
        (0..nodes).for_each(|_| group.add_member(number));
    }
    Ok(())
}

/// Encryption in transit, and what needs it.
fn protect(cloud: &Cloud, ask: &Ask, group: &mut Group) -> Result<(), Refusal> {
    if !group.at_rest && group.kms_key.is_some() {
        return Err(Refusal::combination("A KMS key needs encryption at rest."));
    }
    if !["preferred", "required"].contains(&group.transit_mode.as_str()) {
        return Err(Refusal::value("TransitEncryptionMode is preferred or required."));
    }
    if ask.get("TransitEncryptionMode").is_some() && !group.transit {
        return Err(Refusal::combination("TransitEncryptionMode needs TransitEncryptionEnabled."));
    }
    let groups = usable_user_groups(cloud, &ask.list("UserGroupIds"))?;
    if let Some(token) = ask.get("AuthToken") {
        check_token(token, true)?;
        if !group.transit {
            return Err(Refusal::combination("An AUTH token needs encryption in transit."));
        }
        if !groups.is_empty() {
            return Err(Refusal::combination("An AUTH token does not go with user groups."));
        }
        group.tokens.push(token.to_owned());
        group.token_changed = Some(now());
    }
    refuse_ineffective_users(group, &groups)?;
    group.user_groups = groups;
    Ok(())
}

fn schedule(ask: &Ask, group: &mut Group) -> Result<(), Refusal> {
    if let Some(window) = ask.get("PreferredMaintenanceWindow") {
        group.maintenance_window = check_window(window, true)?;
    }
    if let Some(window) = ask.get("SnapshotWindow") {
        group.snapshot_window = check_window(window, false)?;
    }
    if group.retention > 35 {
        return Err(Refusal::value("SnapshotRetentionLimit is 0 to 35 days."));
    }
    overlap(&group.maintenance_window, &group.snapshot_window)?;
    set_logs(ask, group)
}

/// Takes the log deliveries of a call over; `Enabled=false` ends one.
pub(super) fn set_logs(ask: &Ask, group: &mut Group) -> Result<(), Refusal> {
    for log in ask.structs("LogDeliveryConfigurations") {
        let part = |name: &str| log.get(name).cloned();
        let kind = part("LogType").unwrap_or_default();
        if !["slow-log", "engine-log"].contains(&kind.as_str()) {
            return Err(Refusal::value(format!("{kind} is no log type.")));
        }
        if part("Enabled").as_deref() == Some("false") {
            group.logs.remove(&kind);
            continue;
        }
        let destination_type = part("DestinationType").unwrap_or_default();
        let destination = match destination_type.as_str() {
            "cloudwatch-logs" => part("DestinationDetails.CloudWatchLogsDetails.LogGroup"),
            "kinesis-firehose" => part("DestinationDetails.KinesisFirehoseDetails.DeliveryStream"),
            _ => None,
        };
        let (Some(destination), Some(format)) = (destination, part("LogFormat")) else {
            return Err(Refusal::combination(format!("The delivery of {kind} is not complete.")));
        };
        group.logs.insert(kind, Log { destination_type, destination, format });
    }
    Ok(())
}

/// A snapshot to begin with must exist and fit.
fn restore(cloud: &Cloud, ask: &Ask, group: &Group) -> Result<(), Refusal> {
    let Some(name) = ask.get("SnapshotName") else { return Ok(()) };
    let snapshot = cloud.snapshots.get(&name.to_lowercase());
    let Some(snapshot) = snapshot.filter(|snapshot| snapshot.status == "available") else {
        return Err(Refusal::value(format!("The snapshot {name} is not available.")));
    };
    if snapshot.shards > group.shards.len() {
        return Err(Refusal::combination(format!(
            "The snapshot {name} has {} node groups.",
            snapshot.shards
        )));
    }
    Ok(())
}

pub(super) fn delete(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["ReplicationGroupId", "RetainPrimaryCluster", "FinalSnapshotIdentifier"])?;
    let id = ask.name("ReplicationGroupId")?;
    let reads = cloud.reads();
    let group = cloud.groups.get_mut(&id).ok_or_else(|| no_group(&id))?;
    if !group.is_available() && group.status != "create-failed" {
        return Err(Refusal::new(
            400,
            "InvalidReplicationGroupState",
            format!("Replication group {id} has status {}, which cannot be deleted.", group.status),
        ));
    }
    if let Some(name) = ask.get("FinalSnapshotIdentifier") {
        let name = name.to_lowercase();
        if cloud.snapshots.contains_key(&name) {
            let message = format!("The snapshot {name} already exists.");
            return Err(Refusal::new(400, "SnapshotAlreadyExistsFault", message));
        }
        cloud.snapshots.insert(name.clone(), Snapshot::of(ask, group, name));
    }
    group.status = "deleting";
    group.then = Some((reads, Then::Vanish));
    let answer = Xml::written(|xml| {
        xml.within("ReplicationGroup", |xml| write_group(xml, ask, group));
    });
    for user_group in group.user_groups.clone() {
        cloud.busy_user_group(&user_group);
    }
    cloud.note(&id, "replication-group", "Replication group is being deleted");
    Ok(answer)
}
