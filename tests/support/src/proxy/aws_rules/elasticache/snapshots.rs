//! Snapshots, events and tags.

use super::ask::{Answered, Ask, Refusal};
use super::catalog::RELEASES;
use super::group::Group;
use super::modify::ready;
use super::xml::{Xml, now};
use super::{Cloud, no_group};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    name: String,
    arn: String,
    group: Group,
    taken: String,
    pub(super) shards: usize,
    pub(super) status: &'static str,
}

impl Snapshot {
    pub(super) fn of(ask: &Ask, group: &Group, name: String) -> Self {
        let mut group = group.clone();
        group.then = None;
        let (arn, shards) = (ask.arn("snapshot", &name), group.shards.len());
        Self { name, arn, group, taken: now(), shards, status: "creating" }
    }

    /// A snapshot is done once its group is no longer busy with it.
    pub(super) fn is_of(&self, group: &str) -> bool {
        self.group.id == group
    }
}

fn write_snapshot(xml: &mut Xml, snapshot: &Snapshot) {
    let group = &snapshot.group;
    xml.text("SnapshotName", &snapshot.name).text("ReplicationGroupId", &group.id);
    xml.text("ReplicationGroupDescription", &group.description);
    xml.text("SnapshotStatus", snapshot.status).text("SnapshotSource", "manual");
    xml.text("CacheNodeType", &group.node_type).text("Engine", group.engine());
    xml.text("EngineVersion", RELEASES[group.release].actual).text("Port", group.port);
    xml.text("CacheParameterGroupName", &group.parameter_group);
    xml.text("CacheSubnetGroupName", &group.subnet_group);
    xml.text("AutoMinorVersionUpgrade", group.auto_minor);
    xml.text("SnapshotRetentionLimit", group.retention).text("NumNodeGroups", snapshot.shards);
    xml.text("AutomaticFailover", if group.failover { "enabled" } else { "disabled" });
    xml.list("NodeSnapshots", "NodeSnapshot", &group.shards, |xml, shard| {
        xml.text("CacheClusterId", &shard.members[0].id).text("NodeGroupId", shard.id());
        xml.text("CacheSize", "5 MB").text("SnapshotCreateTime", &snapshot.taken);
    });
    xml.some("KmsKeyId", group.kms_key.as_ref()).text("ARN", &snapshot.arn);
}

pub(super) fn create_snapshot(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["ReplicationGroupId", "CacheClusterId", "SnapshotName", "KmsKeyId", "Tags"])?;
    let name = ask.name("SnapshotName")?;
    let id = match ask.get("ReplicationGroupId") {
        Some(id) => id.to_lowercase(),
        None => cloud.group_of_member(ask.required("CacheClusterId")?)?,
    };
    if cloud.snapshots.contains_key(&name) {
        let message = format!("The snapshot {name} already exists.");
        return Err(Refusal::new(400, "SnapshotAlreadyExistsFault", message));
    }
    let reads = cloud.reads();
    let group = ready(cloud, &id)?;
    let snapshot = Snapshot::of(ask, group, name.clone());
    let next = group.clone();
    group.turn("snapshotting", reads, next);
    let answer = Xml::written(|xml| {
        xml.within("Snapshot", |xml| write_snapshot(xml, &snapshot));
    });
    cloud.tags.insert(snapshot.arn.clone(), ask.tags()?);
    cloud.snapshots.insert(name, snapshot);
    Ok(answer)
}

fn no_snapshot(name: &str) -> Refusal {
    Refusal::new(404, "SnapshotNotFoundFault", format!("Snapshot {name} not found."))
}

pub(super) fn describe_snapshots(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&[
        "ReplicationGroupId",
        "SnapshotName",
        "SnapshotSource",
        "ShowNodeGroupConfig",
        "MaxRecords",
        "Marker",
    ])?;
    let busy: Vec<String> = cloud
        .groups
        .values()
        .filter(|group| !group.is_available())
        .map(|group| group.id.clone())
        .collect();
    for snapshot in cloud.snapshots.values_mut() {
        if !busy.iter().any(|group| snapshot.is_of(group)) {
            snapshot.status = "available";
        }
    }
    let wanted = ask.get("SnapshotName").map(str::to_lowercase);
    let of = ask.get("ReplicationGroupId").map(str::to_lowercase);
    let found = cloud.snapshots.values().filter(|snapshot| {
        wanted.as_ref().is_none_or(|name| *name == snapshot.name)
            && of.as_ref().is_none_or(|id| snapshot.is_of(id))
    });
    let found: Vec<&Snapshot> = found.collect();
    if let (Some(name), true) = (&wanted, found.is_empty()) {
        return Err(no_snapshot(name));
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list("Snapshots", "Snapshot", found, write_snapshot);
    }))
}

pub(super) fn delete_snapshot(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["SnapshotName"])?;
    let name = ask.name("SnapshotName")?;
    let snapshot = cloud.snapshots.remove(&name).ok_or_else(|| no_snapshot(&name))?;
    cloud.tags.remove(&snapshot.arn);
    Ok(Xml::written(|xml| {
        xml.within("Snapshot", |xml| write_snapshot(xml, &snapshot));
    }))
}

// ---------------------------------------------------------------------------------------------
// events
// ---------------------------------------------------------------------------------------------

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) source: String,
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) date: String,
}

pub(super) fn describe_events(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&[
        "SourceIdentifier",
        "SourceType",
        "StartTime",
        "EndTime",
        "Duration",
        "MaxRecords",
        "Marker",
    ])?;
    let source = ask.get("SourceIdentifier").map(str::to_lowercase);
    if source.is_some() && ask.get("SourceType").is_none() {
        return Err(Refusal::combination("SourceIdentifier needs SourceType."));
    }
    let found = cloud.events.iter().rev().filter(|event| {
        source.as_ref().is_none_or(|source| *source == event.source)
            && ask.get("SourceType").is_none_or(|kind| kind == event.kind)
    });
    let (found, marker) = ask.page(found.collect::<Vec<_>>())?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list("Events", "Event", found, |xml, event| {
            xml.text("SourceIdentifier", &event.source).text("SourceType", &event.kind);
            xml.text("Message", &event.message).text("Date", &event.date);
        });
    }))
}

// ---------------------------------------------------------------------------------------------
// tags
// ---------------------------------------------------------------------------------------------

/// The tags of an ARN, as long as what it names exists and is not busy.
fn tagged<'a>(
    cloud: &'a mut Cloud,
    ask: &Ask,
) -> Result<&'a mut BTreeMap<String, String>, Refusal> {
    let arn = ask.required("ResourceName")?.to_owned();
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let &["arn", _, "elasticache", _, _, kind, name] = parts.as_slice() else {
        return Err(Refusal::new(400, "InvalidARN", format!("{arn} is not a valid ARN.")));
    };
    let (owner, missing) = match kind {
        "replicationgroup" => (name.to_owned(), no_group(name)),
        "cluster" => {
            let missing = Refusal::new(404, "CacheClusterNotFound", format!("No cluster {name}."));
            (cloud.group_of_member(name)?, missing)
        }
        "subnetgroup" => (String::new(), super::parts::no_subnet_group(name)),
        "parametergroup" => (String::new(), super::parts::no_parameter_group(name)),
        "user" => (String::new(), Refusal::new(404, "UserNotFound", format!("No user {name}."))),
        "usergroup" => (
            String::new(),
            Refusal::new(404, "UserGroupNotFound", format!("No user group {name}.")),
        ),
        "snapshot" => (String::new(), no_snapshot(name)),
        _ => return Err(Refusal::new(400, "InvalidARN", format!("{arn} is not a valid ARN."))),
    };
    let mut key = arn.clone();
    if let Some(group) = cloud.groups.get(&owner) {
        if !group.is_available() {
            let message = format!("Replication group {owner} is {}, not available.", group.status);
            return Err(Refusal::new(400, "InvalidReplicationGroupState", message));
        }
        // The tags of a group are those of its nodes.
        key.clone_from(&group.arn);
    }
    cloud.tags.get_mut(&key).ok_or(missing)
}

fn write_tags(tags: &BTreeMap<String, String>) -> String {
    Xml::written(|xml| {
        xml.list("TagList", "Tag", tags, |xml, (key, value)| {
            xml.text("Key", key).text("Value", value);
        });
    })
}

pub(super) fn list_tags(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["ResourceName"])?;
    tagged(cloud, ask).map(|tags| write_tags(tags))
}

pub(super) fn add_tags(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["ResourceName", "Tags"])?;
    let added = ask.tags()?;
    let tags = tagged(cloud, ask)?;
    let mut all = tags.clone();
    all.extend(added);
    if all.len() > 50 {
        return Err(Refusal::new(400, "TagQuotaPerResourceExceeded", "More than 50 tags."));
    }
    *tags = all;
    Ok(write_tags(tags))
}

pub(super) fn remove_tags(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["ResourceName", "TagKeys"])?;
    let keys = ask.list("TagKeys");
    let tags = tagged(cloud, ask)?;
    tags.retain(|key, _| !keys.contains(key));
    Ok(write_tags(tags))
}
