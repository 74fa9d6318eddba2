//! A stateful double of `ElastiCache`, which answers every call of the service the provider makes.
//!
//! The emulator takes most changes without effect, so none of its answers could be trusted beside
//! ours. What is modelled, and the rule of AWS behind it, stands in the table of rules; an operation
//! or a parameter outside the model is refused, so that a test never passes on silence. Subnets,
//! security groups and keys are those of the emulator. A change shows its status for a small, fixed
//! number of reads, or of calls that it refuses, whatever time passes.

mod ask;
mod catalog;
mod create;
mod group;
mod handle;
mod modify;
mod parts;
mod rules;
mod scale;
mod snapshots;
mod users;
mod view;
mod xml;

pub use handle::Caches;
pub(super) use handle::uses;

use super::super::reply::{self, Reply};
use super::{Exchange, Pending, lock};
use crate::aws::xml_texts;
use ask::{Answered, Ask, Refusal};
use group::Group;
use parts::{ParameterGroup, SubnetGroup};
use serde_json::json;
use snapshots::{Event, Snapshot};
use std::collections::BTreeMap;
use users::{User, UserGroup};
use xml::now;

pub(super) use autoscaling_view::{Dimension, resize, size};

/// How often a status that passes is seen before the next, unless a test says otherwise.
const READS: u32 = 2;

/// The codes of what a change that is under way refuses.
const BUSY: [&str; 3] =
    ["InvalidReplicationGroupState", "InvalidUserGroupState", "InvalidUserState"];

/// What one account has in one region.
#[derive(Debug, Default)]
pub(in crate::proxy) struct Cloud {
    groups: BTreeMap<String, Group>,
    subnet_groups: BTreeMap<String, SubnetGroup>,
    parameter_groups: BTreeMap<String, ParameterGroup>,
    users: BTreeMap<String, User>,
    user_groups: BTreeMap<String, UserGroup>,
    snapshots: BTreeMap<String, Snapshot>,
    events: Vec<Event>,
    /// ARN to tags.
    tags: BTreeMap<String, BTreeMap<String, String>>,
    /// How many reads a change takes from now on.
    reads: Option<u32>,
    /// The reason for which the next creation fails.
    creation_fails: Option<String>,
}

fn no_group(id: &str) -> Refusal {
    let message = format!("ReplicationGroup {id} not found.");
    Refusal::new(404, "ReplicationGroupNotFoundFault", message)
}

impl Cloud {
    fn reads(&self) -> u32 {
        self.reads.unwrap_or(READS)
    }

    fn note(&mut self, source: &str, kind: &str, message: &str) {
        let (source, kind) = (source.to_owned(), kind.to_owned());
        self.events.push(Event { source, kind, message: message.to_owned(), date: now() });
    }

    /// Counts one read of a group.
    fn read_group(&mut self, id: &str) {
        let gone = self.groups.get_mut(id).is_some_and(|group| !group.tick());
        if gone && let Some(group) = self.groups.remove(id) {
            self.tags.remove(&group.arn);
        }
    }

    /// Counts one read of everything that changes.
    fn time_passes(&mut self) {
        let ids: Vec<String> = self.groups.keys().cloned().collect();
        for id in ids {
            self.read_group(&id);
        }
        self.users.retain(|_, user| user.tick());
        self.user_groups.retain(|_, group| group.tick());
    }

    fn group_of_member(&self, member: &str) -> Result<String, Refusal> {
        let holds = |group: &&Group| group.shard_of(member).is_some();
        self.groups.values().find(holds).map(|group| group.id.clone()).ok_or_else(|| {
            Refusal::new(404, "CacheClusterNotFound", format!("CacheCluster not found: {member}"))
        })
    }

    /// A user group is busy while a replication group takes it up or drops it.
    fn busy_user_group(&mut self, id: &str) {
        if let Some(group) = self.user_groups.get_mut(id) {
            (group.status, group.reads) = ("modifying", 1);
        }
    }

    /// The zones in which a subnet group has subnets.
    fn zones_of(&self, subnet_group: &str, region: &str) -> Result<Vec<String>, Refusal> {
        if subnet_group == "default" {
            return Ok(["a", "b", "c"].map(|zone| format!("{region}{zone}")).into());
        }
        let found = self.subnet_groups.get(subnet_group);
        let found = found.ok_or_else(|| parts::no_subnet_group(subnet_group))?;
        Ok(found.subnets.values().cloned().collect())
    }

    /// The family of a parameter group, and whether it is for cluster mode.
    fn parameter_group_facts(&self, name: &str) -> Result<(String, bool), Refusal> {
        if let Some(group) = self.parameter_groups.get(name) {
            let clustered = group.values.get("cluster-enabled").is_some_and(|value| value == "yes");
            return Ok((group.family.clone(), clustered));
        }
        let family = name.strip_prefix("default.").unwrap_or_default();
        let (family, clustered) = match family.strip_suffix(".cluster.on") {
            Some(family) => (family, true),
            None => (family, false),
        };
        catalog::parameters_of(family)
            .map(|_| (family.to_owned(), clustered))
            .ok_or_else(|| parts::no_parameter_group(name))
    }
}

/// Answers a call of the service.
pub(super) fn answer(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let mut ask = Ask::new(call);
        let answered = match look_around(exchange, &mut ask).await? {
            Some(refusal) => Err(refusal),
            None => {
                let mut clouds = lock(&exchange.memory.caches);
                let cloud = clouds.entry((ask.account.clone(), ask.region.clone())).or_default();
                let answered = dispatch(cloud, &ask);
                if answered.as_ref().is_err_and(|refusal| BUSY.contains(&refusal.code)) {
                    cloud.time_passes();
                }
                answered
            }
        };
        Ok(Some(match answered {
            Ok(inside) => {
                let operation = &call.operation;
                Reply::xml(
                    200,
                    format!(
                        "<{operation}Response xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\">\
                         <{operation}Result>{inside}</{operation}Result><ResponseMetadata>\
                         <RequestId>proxy-request</RequestId></ResponseMetadata></{operation}Response>"
                    ),
                )
            }
            Err(Refusal { status, code, message }) => {
                reply::error(call, status, code, &message, &[])
            }
        }))
    })
}

/// What EC2 and KMS say of what a call names.
async fn look_around(exchange: Exchange<'_>, ask: &mut Ask) -> anyhow::Result<Option<Refusal>> {
    let subnets = ask.list("SubnetIds");
    if !subnets.is_empty() {
        let answer = exchange.aws.query("ec2", "DescribeSubnets", &[]).await?.ok()?;
        for item in answer.body.split("<subnetId>").skip(1) {
            let id = item.split('<').next().unwrap_or_default().to_owned();
            let text =
                |name: &str| xml_texts(item, name).first().copied().unwrap_or_default().to_owned();
            ask.subnets.insert(id, (text("vpcId"), text("availabilityZone")));
        }
    }
    for id in ask.list("SecurityGroupIds") {
        let named = [("GroupId.1", id.as_str())];
        let answer = exchange.aws.query("ec2", "DescribeSecurityGroups", &named).await?;
        if answer.ok().is_err() {
            let message = format!("The security group {id} does not exist.");
            return Ok(Some(Refusal::value(message)));
        }
    }
    if let Some(key) = ask.get("KmsKeyId") {
        let body = json!({ "KeyId": key });
        let answer = exchange.aws.json("kms", "TrentService.DescribeKey", &body).await?;
        if answer.ok().is_err() {
            let message = format!("The KMS key {key} cannot be used.");
            return Ok(Some(Refusal::new(400, "InvalidKMSKeyFault", message)));
        }
    }
    Ok(None)
}

fn dispatch(cloud: &mut Cloud, ask: &Ask) -> Answered {
    match ask.operation.as_str() {
        "CreateReplicationGroup" => create::create(cloud, ask),
        "DescribeReplicationGroups" => view::describe_groups(cloud, ask),
        "DescribeCacheClusters" => view::describe_clusters(cloud, ask),
        "ModifyReplicationGroup" => modify::modify(cloud, ask),
        "DeleteReplicationGroup" => create::delete(cloud, ask),
        "ModifyReplicationGroupShardConfiguration" => scale::shards(cloud, ask),
        "IncreaseReplicaCount" => scale::increase(cloud, ask),
        "DecreaseReplicaCount" => scale::decrease(cloud, ask),
        "TestFailover" => scale::failover(cloud, ask),
        "ListAllowedNodeTypeModifications" => scale::allowed_types(cloud, ask),
        "DescribeCacheEngineVersions" => catalog::describe_engine_versions(ask),
        "DescribeEngineDefaultParameters" => catalog::describe_default_parameters(ask),
        "DescribeReservedCacheNodesOfferings" => catalog::describe_offerings(ask),
        "CreateCacheSubnetGroup" => parts::create_subnet_group(cloud, ask),
        "ModifyCacheSubnetGroup" => parts::modify_subnet_group(cloud, ask),
        "DeleteCacheSubnetGroup" => parts::delete_subnet_group(cloud, ask),
        "DescribeCacheSubnetGroups" => parts::describe_subnet_groups(cloud, ask),
        "CreateCacheParameterGroup" => parts::create_parameter_group(cloud, ask),
        "ModifyCacheParameterGroup" => parts::modify_parameter_group(cloud, ask),
        "ResetCacheParameterGroup" => parts::reset_parameter_group(cloud, ask),
        "DeleteCacheParameterGroup" => parts::delete_parameter_group(cloud, ask),
        "DescribeCacheParameterGroups" => parts::describe_parameter_groups(cloud, ask),
        "DescribeCacheParameters" => parts::describe_parameters(cloud, ask),
        "CreateUser" => users::create_user(cloud, ask),
        "ModifyUser" => users::modify_user(cloud, ask),
        "DeleteUser" => users::delete_user(cloud, ask),
        "DescribeUsers" => users::describe_users(cloud, ask),
        "CreateUserGroup" => users::create_user_group(cloud, ask),
        "ModifyUserGroup" => users::modify_user_group(cloud, ask),
        "DeleteUserGroup" => users::delete_user_group(cloud, ask),
        "DescribeUserGroups" => users::describe_user_groups(cloud, ask),
        "CreateSnapshot" => snapshots::create_snapshot(cloud, ask),
        "DeleteSnapshot" => snapshots::delete_snapshot(cloud, ask),
        "DescribeSnapshots" => snapshots::describe_snapshots(cloud, ask),
        "DescribeEvents" => snapshots::describe_events(cloud, ask),
        "ListTagsForResource" => snapshots::list_tags(cloud, ask),
        "AddTagsToResource" => snapshots::add_tags(cloud, ask),
        "RemoveTagsFromResource" => snapshots::remove_tags(cloud, ask),
        other => {
            Err(Refusal::new(400, "InvalidAction", format!("{other} is not modelled by the bench")))
        }
    }
}

/// What Application Auto Scaling sees of a group, and does to it.
mod autoscaling_view {
    use super::{Cloud, catalog};

    /// What is scaled.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in crate::proxy::aws_rules) enum Dimension {
        NodeGroups,
        Replicas,
    }

    /// The present count, or why the group does not scale by itself.
    pub(in crate::proxy::aws_rules) fn size(
        cloud: &Cloud,
        id: &str,
        dimension: Dimension,
    ) -> Result<usize, String> {
        let Some(group) = cloud.groups.get(id) else {
            return Err(format!("ReplicationGroup {id} not found."));
        };
        if !group.is_clustered() {
            return Err(format!("Replication group {id} has not cluster mode enabled."));
        }
        if !catalog::scales_by_itself(&group.node_type) {
            return Err(format!("The node type {} does not scale by itself.", group.node_type));
        }
        Ok(match dimension {
            Dimension::NodeGroups => group.shards.len(),
            Dimension::Replicas => group.replicas(),
        })
    }

    /// Starts to change the count; false while the group is busy.
    pub(in crate::proxy::aws_rules) fn resize(
        cloud: &mut Cloud,
        id: &str,
        dimension: Dimension,
        count: usize,
    ) -> bool {
        let reads = cloud.reads();
        let Some(group) = cloud.groups.get_mut(id).filter(|group| group.is_available()) else {
            return false;
        };
        let mut next = group.clone();
        let numbers: Vec<usize> = next.shards.iter().map(|shard| shard.number).collect();
        match dimension {
            Dimension::NodeGroups => {
                // The highest go first.
                let surplus = numbers.iter().skip(count).map(|number| format!("{number:04}"));
                next.set_shards(count, &surplus.collect::<Vec<_>>());
            }
            Dimension::Replicas => {
                for shard in numbers {
                    next.set_replicas(shard, count);
                }
            }
        }
        group.turn("modifying", reads, next);
        cloud.note(id, "replication-group", "Application Auto Scaling is changing the nodes");
        true
    }
}
