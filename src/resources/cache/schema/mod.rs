//! The attributes of `officeless_cache`. Every default comes from [`crate::platform::defaults`].

mod outputs;
mod settings;

use super::model::Model;
use crate::framework::check::Check;
use crate::framework::schema::{Attribute, Schema};
use crate::platform::cache;
use crate::platform::defaults::CACHE as PLATFORM;
use crate::platform::naming::Form;
use crate::resources::attributes;
use crate::resources::composite::Composite;
use crate::resources::forms::{cidr, form, security_group_id, subnet_id};

const DESCRIPTION: &str = include_str!("../description.md");

/// The whole schema.
pub(super) fn schema() -> Schema {
    let mut attributes = Vec::new();
    attributes.extend(basics());
    attributes.extend(network());
    attributes.extend(topology());
    attributes.extend(encryption());
    attributes.extend(settings::authentication());
    attributes.extend(settings::engine());
    attributes.push(settings::autoscaling());
    attributes.extend(settings::snapshots());
    attributes.extend(settings::operation());
    attributes.extend([
        attributes::region(),
        attributes::tags(),
        attributes::tags_all(),
        Model::TIMEOUTS.attribute(),
        attributes::data_classification(),
        attributes::deletion_protection(PLATFORM.deletion_protection),
    ]);
    attributes.extend(outputs::outputs());
    Schema { version: 0, description: DESCRIPTION, attributes, blocks: Vec::new() }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>() -> Check {
    Check::text(|text| text.parse::<T>().map(drop).map_err(|problem| problem.to_string()))
}

fn basics() -> Vec<Attribute> {
    vec![
        Attribute::string("name")
            .required()
            .replaces()
            .check(Check::text(|name| cache::name_problem(name).map_or(Ok(()), Err)))
            .describe(
                "Id of the replication group, at most 40 characters; everything made for the cache \
                 is named after it. Changing it replaces the cache.",
            ),
        Attribute::string("description")
            .default(PLATFORM.description)
            .check(Check::length(1, 255))
            .describe("Description of the replication group."),
        Attribute::string("engine_version")
            .or_computed()
            .check(parsed::<cache::Version>())
            .default_text("the newest Valkey of the region, found once, at creation")
            .describe(
                "Valkey version, major and minor, such as `8.0`. A patch is accepted and ignored: \
                 AWS chooses it. Raising the version upgrades in place; lowering it replaces the \
                 cache, because AWS has no downgrade. A newer minor version that AWS installed is \
                 no drift.",
            ),
        Attribute::string("node_type").required().check(parsed::<cache::NodeType>()).describe(
            "Node type, such as `cache.r7g.large`. Changing it scales the cache in place, as far \
             as AWS allows the change, which the plan asks.",
        ),
        Attribute::number("port")
            .default(i64::from(PLATFORM.port))
            .replaces()
            .check(Check::range(1, 65_535))
            .describe("TCP port of every node. Changing it replaces the cache."),
        Attribute::bool("single_instance").default(PLATFORM.single_instance).describe(
            "Whether the cache is one node and nothing else: no replica, no failover, no second \
             zone. Its data is gone when the node fails, but for snapshots.",
        ),
    ]
}

fn network() -> Vec<Attribute> {
    vec![
        Attribute::strings("subnet_ids")
            .or_computed()
            .check(Check::items(1, 20))
            .check(Check::each(subnet_id()))
            .default_text("the subnets of subnet_group_name")
            .describe(
                "Subnets the nodes may be placed in, all in one VPC; a subnet group is made of \
                 them. Give these or `subnet_group_name`. With `multi_az_enabled` they must lie in \
                 at least two availability zones.",
            ),
        Attribute::string("subnet_group_name")
            .or_computed()
            .replaces()
            .check(Check::length(1, 255))
            .default_text("a group made of subnet_ids")
            .describe(
                "Name of an existing subnet group, in place of `subnet_ids`. Changing it replaces \
                 the cache.",
            ),
        Attribute::strings("security_group_ids").check(Check::each(security_group_id())).describe(
            "Security groups of every node. Beside them a group is made when \
                 `allowed_security_group_ids` or `allowed_cidr_blocks` is given, or when there \
                 would be none at all.",
        ),
        Attribute::strings("allowed_security_group_ids")
            .check(Check::each(security_group_id()))
            .describe(
                "Security groups whose members may connect, such as that of the cluster's nodes: \
                 ingress rules of the created security group.",
            ),
        Attribute::strings("allowed_cidr_blocks").check(Check::each(cidr())).describe(
            "Address ranges that may connect: ingress rules of the created security group. \
             `0.0.0.0/0` and `::/0` are refused for data above `internal`.",
        ),
        Attribute::string("network_type")
            .default("ipv4")
            .replaces()
            .check(Check::one_of(&["ipv4", "ipv6", "dual_stack"]))
            .describe("Addresses of the nodes. Changing it replaces the cache."),
        Attribute::string("ip_discovery")
            .or_computed()
            .check(Check::one_of(&["ipv4", "ipv6"]))
            .default_text("ipv4, or ipv6 where network_type is")
            .describe("Addresses that clients of a cluster are told."),
    ]
}

fn topology() -> Vec<Attribute> {
    vec![
        Attribute::string("cluster_mode")
            .default(PLATFORM.cluster_mode)
            .check(Check::one_of(&["disabled", "compatible", "enabled"]))
            .describe(
                "`disabled`: one shard, any client. `enabled`: one or more shards, cluster clients \
                 only. `compatible`: on the way from one to the other, when both kinds of clients \
                 may connect. The way leads forward in place; back it replaces the cache.",
            ),
        Attribute::number("num_node_groups")
            .or_computed()
            .check(Check::range(1, 500))
            .default_text("1 at creation, then what there is; what autoscaling makes of it")
            .describe(
                "Number of shards; more than one needs `cluster_mode = \"enabled\"`. Shards are \
                 added and removed while the cache serves, those with the highest ids first. AWS \
                 allows 90 unless the quota is raised.",
            ),
        Attribute::number("replicas_per_node_group")
            .or_computed()
            .check(Check::range(0, 5))
            .default_text("1 (0 with single_instance) at creation, then what there is")
            .describe(
                "Number of replicas of each shard, added and removed while the cache serves.",
            ),
        Attribute::bool("multi_az_enabled")
            .or_computed()
            .default_text("true, false with single_instance")
            .describe(
                "Whether primary and replicas stand in different availability zones. Needs \
                 `automatic_failover_enabled` and a replica.",
            ),
        Attribute::bool("automatic_failover_enabled")
            .or_computed()
            .default_text("true, false with single_instance")
            .describe(
                "Whether a replica takes over when the primary fails. Needs a replica; cannot be \
                 turned off with `cluster_mode`.",
            ),
        Attribute::bool("data_tiering_enabled").default(false).replaces().describe(
            "Whether data that is rarely used goes to the disks of the nodes: must be set with \
             `r6gd` nodes, and with no others. Changing it replaces the cache.",
        ),
    ]
}

fn encryption() -> Vec<Attribute> {
    vec![
        Attribute::bool("at_rest_encryption_enabled")
            .default(PLATFORM.at_rest_encryption_enabled)
            .replaces()
            .describe("Whether disks and snapshots are encrypted. Changing it replaces the cache."),
        Attribute::string("kms_key_arn").replaces().check(form(Form::KeyArn)).describe(
            "ARN of a customer key to encrypt at rest with; a key of the service otherwise. \
             Changing it replaces the cache.",
        ),
        Attribute::bool("transit_encryption_enabled")
            .default(PLATFORM.transit_encryption_enabled)
            .describe(
                "Whether clients connect with TLS. On a cache that exists it is turned on in two \
                 steps, `preferred` and then `transit_encryption_mode`, and off the same way back.",
            ),
        Attribute::string("transit_encryption_mode")
            .or_computed()
            .check(Check::one_of(&["preferred", "required"]))
            .default_text("required, or null without transit_encryption_enabled")
            .describe("`required`: TLS only. `preferred`: TLS and plain connections side by side."),
    ]
}
