//! How groups, nodes and what waits for them are told.

use super::ask::{Answered, Ask, Refusal};
use super::group::{Group, Log, Member, Shard};
use super::xml::Xml;
use super::{Cloud, no_group};

const SLOTS: usize = 16_384;

fn on(value: bool) -> &'static str {
    if value { "enabled" } else { "disabled" }
}

fn domain(ask: &Ask) -> String {
    // `us-east-1` is `use1` in the names of caches.
    let mut parts = ask.region.split('-');
    let (area, direction) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let number = parts.next().unwrap_or_default();
    let direction = direction.chars().next().unwrap_or_default();
    format!("{area}{direction}{number}.cache.amazonaws.com")
}

fn address(ask: &Ask, group: &Group, role: &str) -> String {
    let (id, hash, domain) = (&group.id, group.hash(), domain(ask));
    if group.transit {
        return format!("{role}.{id}.{hash}.{domain}");
    }
    match role {
        "clustercfg" => format!("{id}.{hash}.clustercfg.{domain}"),
        "replica" => format!("{id}-ro.{hash}.ng.0001.{domain}"),
        _ => format!("{id}.{hash}.ng.0001.{domain}"),
    }
}

fn node_address(ask: &Ask, group: &Group, member: &Member) -> String {
    format!("{}.{}.{}.{}", member.id, group.id, group.hash(), domain(ask))
}

fn endpoint(xml: &mut Xml, name: &str, address: &str, port: usize) {
    xml.within(name, |xml| {
        xml.text("Address", address).text("Port", port);
    });
}

/// A replication group. Engine version, port, security groups, subnet group, parameter group and
/// maintenance window are told by its members only.
pub(super) fn write_group(xml: &mut Xml, ask: &Ask, group: &Group) {
    let ready = group.status != "creating" && group.status != "create-failed";
    xml.text("ReplicationGroupId", &group.id).text("Description", &group.description);
    xml.text("Status", group.status);
    xml.within("PendingModifiedValues", |xml| write_pending(xml, group));
    xml.texts("MemberClusters", "ClusterId", group.members().map(|member| &member.id));
    if ready {
        xml.list(
            "NodeGroups",
            "NodeGroup",
            group.shards.iter().enumerate(),
            |xml, (place, shard)| {
                write_shard(xml, ask, group, place, shard);
            },
        );
        if group.cluster_mode != "disabled" {
            let configuration = address(ask, group, "clustercfg");
            endpoint(xml, "ConfigurationEndpoint", &configuration, group.port);
        }
    }
    xml.some("SnapshottingClusterId", group.snapshotting_member.as_ref());
    xml.text("AutomaticFailover", on(group.failover)).text("MultiAZ", on(group.multi_az));
    xml.text("SnapshotRetentionLimit", group.retention)
        .text("SnapshotWindow", &group.snapshot_window);
    xml.text("ClusterEnabled", group.is_clustered()).text("CacheNodeType", &group.node_type);
    xml.text("AuthTokenEnabled", !group.tokens.is_empty());
    xml.some("AuthTokenLastModifiedDate", group.token_changed.as_ref());
    xml.text("TransitEncryptionEnabled", group.transit);
    if group.transit {
        xml.text("TransitEncryptionMode", &group.transit_mode);
    }
    xml.text("AtRestEncryptionEnabled", group.at_rest);
    xml.some("KmsKeyId", group.kms_key.as_ref());
    let storage = match (&group.kms_key, group.at_rest) {
        (Some(_), _) => "sse-kms",
        (None, true) => "sse-elasticache",
        (None, false) => "none",
    };
    xml.text("StorageEncryptionType", storage);
    xml.text("ARN", &group.arn).texts("UserGroupIds", "member", &group.user_groups);
    write_logs(xml, group);
    xml.text("ReplicationGroupCreateTime", &group.created);
    xml.text("DataTiering", on(group.data_tiering))
        .text("AutoMinorVersionUpgrade", group.auto_minor);
    xml.text("NetworkType", &group.network_type).text("IpDiscovery", &group.ip_discovery);
    xml.text("ClusterMode", &group.cluster_mode).text("Engine", group.engine());
    if let Some(durability) = &group.durability {
        xml.text("Durability", durability);
        // The service chooses what nothing was asked for.
        let effective = if durability == "default" { "async" } else { durability };
        xml.text("EffectiveDurability", effective);
    }
}

fn write_shard(xml: &mut Xml, ask: &Ask, group: &Group, place: usize, shard: &Shard) {
    xml.text("NodeGroupId", shard.id());
    xml.text("Status", if group.status == "modifying" { "modifying" } else { "available" });
    let clustered = group.is_clustered();
    if clustered {
        let count = group.shards.len();
        let (first, next) = (SLOTS * place / count, SLOTS * (place + 1) / count);
        xml.text("Slots", format!("{first}-{}", next - 1));
    } else {
        endpoint(xml, "PrimaryEndpoint", &address(ask, group, "master"), group.port);
        endpoint(xml, "ReaderEndpoint", &address(ask, group, "replica"), group.port);
    }
    let members = shard.members.iter().enumerate();
    xml.list("NodeGroupMembers", "NodeGroupMember", members, |xml, (role, member)| {
        xml.text("CacheClusterId", &member.id).text("CacheNodeId", "0001");
        xml.text("PreferredAvailabilityZone", &member.zone);
        if !clustered {
            endpoint(xml, "ReadEndpoint", &node_address(ask, group, member), group.port);
            xml.text("CurrentRole", if role == 0 { "primary" } else { "replica" });
        }
    });
}

fn write_logs(xml: &mut Xml, group: &Group) {
    xml.list("LogDeliveryConfigurations", "LogDeliveryConfiguration", &group.logs, |xml, log| {
        let (kind, Log { destination_type, destination, format }) = log;
        xml.text("LogType", kind).text("DestinationType", destination_type);
        xml.within("DestinationDetails", |xml| {
            if destination_type == "cloudwatch-logs" {
                xml.within("CloudWatchLogsDetails", |xml| {
                    xml.text("LogGroup", destination);
                });
            } else {
                xml.within("KinesisFirehoseDetails", |xml| {
                    xml.text("DeliveryStream", destination);
                });
            }
        });
        xml.text("LogFormat", format).text("Status", "active");
    });
}

/// What of a group is still to come. New nodes show as resharding only.
fn write_pending(xml: &mut Xml, group: &Group) {
    let future = group.future();
    if future.failover != group.failover {
        xml.text("AutomaticFailoverStatus", on(future.failover));
    }
    if future.shards.len() != group.shards.len() && group.status == "modifying" {
        xml.within("Resharding", |xml| {
            xml.within("SlotMigration", |xml| {
                xml.text("ProgressPercentage", "50.0");
            });
        });
    }
    if future.tokens != group.tokens {
        xml.text("AuthTokenStatus", if future.rotated { "ROTATING" } else { "SETTING" });
    }
    if future.user_groups != group.user_groups {
        let missing = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|id| !those.contains(id)).cloned().collect()
        };
        xml.within("UserGroups", |xml| {
            xml.texts(
                "UserGroupIdsToAdd",
                "member",
                missing(&future.user_groups, &group.user_groups),
            );
            let gone = missing(&group.user_groups, &future.user_groups);
            xml.texts("UserGroupIdsToRemove", "member", gone);
        });
    }
    if future.transit != group.transit {
        xml.text("TransitEncryptionEnabled", future.transit);
    }
    if future.transit && future.transit_mode != group.transit_mode {
        xml.text("TransitEncryptionMode", &future.transit_mode);
    }
    if future.cluster_mode != group.cluster_mode {
        xml.text("ClusterMode", &future.cluster_mode);
    }
}

fn write_cluster(xml: &mut Xml, ask: &Ask, group: &Group, member: &Member, nodes: bool) {
    let future = group.future();
    xml.text("CacheClusterId", &member.id).text("CacheNodeType", &group.node_type);
    xml.text("Engine", group.engine()).text("EngineVersion", group.actual_version());
    xml.text("CacheClusterStatus", group.status).text("NumCacheNodes", 1);
    xml.text("PreferredAvailabilityZone", &member.zone);
    xml.text("CacheClusterCreateTime", &group.created);
    xml.text("PreferredMaintenanceWindow", &group.maintenance_window);
    xml.within("PendingModifiedValues", |xml| {
        if future.release != group.release {
            xml.text("EngineVersion", future.actual_version());
        }
        if future.node_type != group.node_type {
            xml.text("CacheNodeType", &future.node_type);
        }
    });
    if let Some((topic, status)) = &group.topic {
        xml.within("NotificationConfiguration", |xml| {
            xml.text("TopicArn", topic).text("TopicStatus", status);
        });
    }
    xml.within("CacheParameterGroup", |xml| {
        let applied = future.parameter_group == group.parameter_group;
        xml.text("CacheParameterGroupName", &future.parameter_group);
        xml.text("ParameterApplyStatus", if applied { "in-sync" } else { "applying" });
    });
    xml.text("CacheSubnetGroupName", &group.subnet_group);
    if nodes {
        xml.within("CacheNodes", |xml| {
            xml.within("CacheNode", |xml| {
                xml.text("CacheNodeId", "0001").text("CacheNodeStatus", "available");
                endpoint(xml, "Endpoint", &node_address(ask, group, member), group.port);
                xml.text("ParameterGroupStatus", "in-sync");
                xml.text("CustomerAvailabilityZone", &member.zone);
            });
        });
    }
    xml.text("AutoMinorVersionUpgrade", group.auto_minor);
    xml.list("SecurityGroups", "member", &group.security_groups, |xml, id| {
        xml.text("SecurityGroupId", id).text("Status", "active");
    });
    xml.text("ReplicationGroupId", &group.id).text("SnapshotRetentionLimit", group.retention);
    xml.text("SnapshotWindow", &group.snapshot_window);
    xml.text("AuthTokenEnabled", !group.tokens.is_empty());
    xml.text("TransitEncryptionEnabled", group.transit);
    xml.text("AtRestEncryptionEnabled", group.at_rest);
    xml.text("ARN", ask.arn("cluster", &member.id));
    xml.text("NetworkType", &group.network_type).text("IpDiscovery", &group.ip_discovery);
    if group.transit {
        xml.text("TransitEncryptionMode", &group.transit_mode);
    }
}

pub(super) fn describe_groups(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&["ReplicationGroupId", "MaxRecords", "Marker"])?;
    let wanted = ask.get("ReplicationGroupId").map(str::to_lowercase);
    let ids: Vec<String> = cloud.groups.keys().cloned().collect();
    for id in ids.iter().filter(|id| wanted.as_ref().is_none_or(|wanted| wanted == *id)) {
        cloud.read_group(id);
    }
    let found = cloud.groups.values();
    let found: Vec<&Group> =
        found.filter(|group| wanted.as_ref().is_none_or(|id| *id == group.id)).collect();
    if let (Some(id), true) = (&wanted, found.is_empty()) {
        return Err(no_group(id));
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list("ReplicationGroups", "ReplicationGroup", found, |xml, group| {
            write_group(xml, ask, group);
        });
    }))
}

pub(super) fn describe_clusters(cloud: &mut Cloud, ask: &Ask) -> Answered {
    ask.only(&[
        "CacheClusterId",
        "ShowCacheNodeInfo",
        "ShowCacheClustersNotInReplicationGroups",
        "MaxRecords",
        "Marker",
    ])?;
    let nodes = ask.flag("ShowCacheNodeInfo")? == Some(true);
    let apart = ask.flag("ShowCacheClustersNotInReplicationGroups")? == Some(true);
    let wanted = ask.get("CacheClusterId").map(str::to_lowercase);
    let mut found = Vec::new();
    for group in cloud.groups.values().filter(|_| !apart) {
        let members = group.members();
        let members = members.filter(|one| wanted.as_ref().is_none_or(|id| *id == one.id));
        found.extend(members.map(|member| (group, member)));
    }
    if let (Some(id), true) = (&wanted, found.is_empty()) {
        return Err(Refusal::new(
            404,
            "CacheClusterNotFound",
            format!("CacheCluster not found: {id}"),
        ));
    }
    let (found, marker) = ask.page(found)?;
    Ok(Xml::written(|xml| {
        xml.some("Marker", marker);
        xml.list("CacheClusters", "CacheCluster", found, |xml, (group, member)| {
            write_cluster(xml, ask, group, member, nodes);
        });
    }))
}
