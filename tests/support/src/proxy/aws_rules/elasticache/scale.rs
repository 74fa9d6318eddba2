//! Shards, replicas, failover, and the node types a group may change to.

use super::ask::{Answered, Ask, Refusal};
use super::catalog::allowed_node_types;
use super::group::Group;
use super::modify::ready;
use super::view::write_group;
use super::xml::Xml;
use super::{Cloud, no_group};

fn at_once(ask: &Ask) -> Result<(), Refusal> {
    if ask.flag("ApplyImmediately")? == Some(true) {
        return Ok(());
    }
    Err(Refusal::value("ApplyImmediately must be true for this operation."))
}

/// Starts a change of nodes and answers with the group.
fn start(cloud: &mut Cloud, ask: &Ask, id: &str, change: impl FnOnce(&mut Group)) -> Answered {
    let reads = cloud.reads();
    let group = ready(cloud, id)?;
    let mut next = group.clone();
    change(&mut next);
    group.turn("modifying", reads, next);
    let answer = Xml::written(|xml| {
        xml.within("ReplicationGroup", |xml| write_group(xml, ask, group));
    });
    cloud.note(id, "replication-group", "The nodes of the replication group are being changed");
    Ok(answer)
}

pub(super) fn shards(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&[
        "ReplicationGroupId",
        "NodeGroupCount",
        "ApplyImmediately",
        "NodeGroupsToRemove",
        "NodeGroupsToRetain",
    ])?;
    let id = ask.name("ReplicationGroupId")?;
    let group = ready(cloud, &id)?.clone();
    at_once(ask)?;
    if !group.is_clustered() {
        return Err(Refusal::combination("Shards change only with cluster mode enabled."));
    }
    let count = ask.number("NodeGroupCount")?.unwrap_or(0);
    if !(1..=90).contains(&count) {
        let code = "NodeGroupsPerReplicationGroupQuotaExceeded";
        return Err(Refusal::new(400, code, format!("{count} node groups; 1 to 90 are allowed.")));
    }
    let mut remove = ask.list("NodeGroupsToRemove");
    let retain = ask.list("NodeGroupsToRetain");
    if !retain.is_empty() {
        let all = group.shards.iter().map(super::group::Shard::id);
        remove.extend(all.filter(|shard| !retain.contains(shard)));
    }
    for named in remove.iter().chain(&retain) {
        if !group.shards.iter().any(|shard| shard.id() == *named) {
            return Err(no_shard(named));
        }
    }
    if count == group.shards.len() {
        return Err(Refusal::value(format!("The group has {count} node groups already.")));
    }
    if count > group.shards.len() && !remove.is_empty() {
        return Err(Refusal::combination("Node groups are named only when some are removed."));
    }
    if count < group.shards.len() && group.shards.len() - remove.len() != count {
        return Err(Refusal::combination(
            "NodeGroupsToRemove or NodeGroupsToRetain must name what makes NodeGroupCount.",
        ));
    }
    start(cloud, ask, &id, |group| group.set_shards(count, &remove))
}

fn no_shard(id: &str) -> Refusal {
    Refusal::new(404, "NodeGroupNotFoundFault", format!("Node group {id} not found."))
}

/// The replica count each shard is to have.
fn wanted(ask: &Ask, group: &Group) -> Result<Vec<(usize, usize)>, Refusal> {
    let configured = ask.structs("ReplicaConfiguration");
    if configured.is_empty() {
        let count = ask.number("NewReplicaCount")?;
        let count = count.ok_or_else(|| Refusal::combination("NewReplicaCount is missing."))?;
        return Ok(group.shards.iter().map(|shard| (shard.number, count)).collect());
    }
    let number = |fields: &std::collections::BTreeMap<String, String>| {
        let id = fields.get("NodeGroupId")?;
        let shard = group.shards.iter().find(|shard| shard.id() == *id)?;
        Some((shard.number, fields.get("NewReplicaCount")?.parse().ok()?))
    };
    configured.iter().map(|fields| number(fields).ok_or_else(|| no_shard("of the call"))).collect()
}

fn present(group: &Group, shard: usize) -> usize {
    let found = group.shards.iter().find(|known| known.number == shard);
    found.map_or(0, |shard| shard.members.len() - 1)
}

fn nothing_to_do() -> Refusal {
    Refusal::new(400, "NoOperationFault", "No changes were required.")
}

pub(super) fn increase(cloud: &mut Cloud, ask: &Ask) -> Answered {
    let known =
        ["ReplicationGroupId", "NewReplicaCount", "ReplicaConfiguration", "ApplyImmediately"];
    ask.only(&known)?;
    let id = ask.name("ReplicationGroupId")?;
    let group = ready(cloud, &id)?.clone();
    at_once(ask)?;
    let wanted = wanted(ask, &group)?;
    if wanted.iter().all(|(shard, count)| present(&group, *shard) == *count) {
        return Err(nothing_to_do());
    }
    for (shard, count) in &wanted {
        if *count > 5 || *count < present(&group, *shard) {
            return Err(Refusal::value(format!("{count} replicas cannot be increased to.")));
        }
    }
    start(cloud, ask, &id, |group| {
        for (shard, count) in wanted {
            group.set_replicas(shard, count);
        }
    })
}

pub(super) fn decrease(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&[
        "ReplicationGroupId",
        "NewReplicaCount",
        "ReplicaConfiguration",
        "ReplicasToRemove",
        "ApplyImmediately",
    ])?;
    let id = ask.name("ReplicationGroupId")?;
    let group = ready(cloud, &id)?.clone();
    at_once(ask)?;
    let named = ask.list("ReplicasToRemove");
    if !named.is_empty() {
        return remove_named(cloud, ask, &id, &group, &named);
    }
    let wanted = wanted(ask, &group)?;
    if wanted.iter().all(|(shard, count)| present(&group, *shard) == *count) {
        return Err(nothing_to_do());
    }
    // Without sharding, failover lives from the replica.
    let least = usize::from(group.multi_az || (group.failover && !group.is_clustered()));
    for (shard, count) in &wanted {
        if *count < least || *count > present(&group, *shard) {
            return Err(Refusal::combination(format!("{count} replicas cannot be decreased to.")));
        }
    }
    start(cloud, ask, &id, |group| {
        for (shard, count) in wanted {
            group.set_replicas(shard, count);
        }
    })
}

fn remove_named(
    cloud: &mut Cloud,
    ask: &Ask,
    id: &str,
    group: &Group,
    named: &[String],
) -> Answered {
    for member in named {
        let Some(shard) = group.shard_of(member) else {
            let message = format!("CacheCluster not found: {member}");
            return Err(Refusal::new(404, "CacheClusterNotFound", message));
        };
        let shard = group.shards.iter().find(|known| known.number == shard);
        if shard.is_some_and(|shard| shard.members[0].id == *member) {
            return Err(Refusal::value(format!("{member} is a primary and cannot be removed.")));
        }
    }
    start(cloud, ask, id, |group| {
        for shard in &mut group.shards {
            shard.members.retain(|member| !named.contains(&member.id));
        }
    })
}

pub(super) fn failover(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["ReplicationGroupId", "NodeGroupId"])?;
    let id = ask.name("ReplicationGroupId")?;
    let group = ready(cloud, &id)?.clone();
    let named = ask.required("NodeGroupId")?.to_owned();
    let Some(shard) = group.shards.iter().find(|shard| shard.id() == named) else {
        return Err(no_shard(&named));
    };
    if !group.failover || shard.members.len() < 2 {
        return Err(Refusal::combination("A failover needs automatic failover and a replica."));
    }
    let number = shard.number;
    start(cloud, ask, &id, |group| {
        group.promote(number, None);
    })
}

pub(super) fn allowed_types(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["ReplicationGroupId", "CacheClusterId"])?;
    let id = match ask.get("ReplicationGroupId") {
        Some(id) => id.to_lowercase(),
        None => cloud.group_of_member(ask.required("CacheClusterId")?)?,
    };
    let group = cloud.groups.get(&id).ok_or_else(|| no_group(&id))?;
    let (up, down) = allowed_node_types(&group.node_type);
    Ok(Xml::written(|xml| {
        xml.texts("ScaleUpModifications", "member", up);
        xml.texts("ScaleDownModifications", "member", down);
    }))
}
