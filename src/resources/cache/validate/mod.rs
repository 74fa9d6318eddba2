//! Rules between the attributes of `officeless_cache`. Unknown values break none.
//!
//! No message repeats a secret: tokens and passwords are judged, and told by their attribute only.

mod authentication;

use super::model::{Autoscaling, Model};
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::value::{AttributePath, Diagnostics, Value};
use crate::platform::cache::{self, Dimension, NodeType, Version};
use crate::platform::classification::{DataClassification, Protection, Setting};
use crate::platform::defaults::CACHE as PLATFORM;
use crate::resources::attributes;

pub(super) use authentication::{password_problems, token_refusal};

/// Adds a diagnostic for every rule that `config` breaks.
pub(super) fn validate(config: &Model, diagnostics: &mut Diagnostics) {
    network(config, diagnostics);
    topology(config, diagnostics);
    encryption(config, diagnostics);
    authentication::check(config, diagnostics);
    if let Value::Value(wanted) = &config.autoscaling {
        autoscaling(config, wanted, diagnostics);
    }
    snapshots(config, diagnostics);
    engine(config, diagnostics);
}

fn refuse(attribute: &'static str, rule: impl Into<String>, diagnostics: &mut Diagnostics) {
    diagnostics.add_error(invalid_combination(AttributePath::new(attribute), rule.into()));
}

/// The value an attribute has, its default counted in; `None` while it is unknown.
fn known<T: Clone>(value: &Value<T>, default: T) -> Option<T> {
    match value {
        Value::Unknown => None,
        Value::Null => Some(default),
        Value::Value(value) => Some(value.clone()),
    }
}

fn text(value: &Value<String>, default: &str) -> Option<String> {
    known(value, default.to_owned())
}

/// Whether the cache is one node; `None` while that is unknown.
fn single(config: &Model) -> Option<bool> {
    known(&config.single_instance, PLATFORM.single_instance)
}

fn parsed<T: std::str::FromStr>(value: &Value<String>) -> Option<T> {
    match value {
        Value::Value(text) => text.parse().ok(),
        _ => None,
    }
}

fn network(config: &Model, diagnostics: &mut Diagnostics) {
    if config.subnet_ids.is_null() && config.subnet_group_name.is_null() {
        refuse(
            "subnet_ids",
            "A cache needs subnets: give subnet_ids, or subnet_group_name to use a group that \
             exists.",
            diagnostics,
        );
    }
    if config.subnet_ids.is_value() && config.subnet_group_name.is_value() {
        refuse(
            "subnet_group_name",
            "subnet_ids makes a subnet group and subnet_group_name names one that exists. Remove \
             one of the two.",
            diagnostics,
        );
    }
    let (Some(network), Value::Value(discovery)) =
        (text(&config.network_type, "ipv4"), &config.ip_discovery)
    else {
        return;
    };
    if network != "dual_stack" && network != *discovery {
        refuse(
            "ip_discovery",
            format!(
                "ip_discovery = {discovery:?} needs addresses of that kind, and network_type is \
                 {network:?}. Make both equal, or set network_type = \"dual_stack\"."
            ),
            diagnostics,
        );
    }
}

/// Nodes, shards and failover. Also asked of the planned values, where the counts are filled in.
pub(super) fn topology(config: &Model, diagnostics: &mut Diagnostics) {
    let Some(single) = single(config) else { return };
    if single {
        single_instance(config, diagnostics);
        return;
    }
    let Some(mode) = text(&config.cluster_mode, PLATFORM.cluster_mode) else { return };
    if mode != "enabled"
        && let Value::Value(shards) = config.num_node_groups
        && shards > 1
    {
        refuse(
            "num_node_groups",
            format!(
                "num_node_groups = {shards} needs cluster_mode = \"enabled\", and it is \
                 {mode:?}. Set it, or keep one shard."
            ),
            diagnostics,
        );
    }
    failover(config, mode != "disabled", diagnostics);
}

fn failover(config: &Model, clustered: bool, diagnostics: &mut Diagnostics) {
    let failover = known(&config.automatic_failover_enabled, PLATFORM.automatic_failover_enabled);
    let multi_az = known(&config.multi_az_enabled, PLATFORM.multi_az_enabled);
    if clustered && failover == Some(false) {
        refuse(
            "automatic_failover_enabled",
            "A cluster always fails over: AWS takes no cluster_mode but \"disabled\" with \
             automatic_failover_enabled = false. Remove one of the two.",
            diagnostics,
        );
    }
    if multi_az == Some(true) && failover == Some(false) {
        refuse(
            "multi_az_enabled",
            "multi_az_enabled needs automatic_failover_enabled: a replica in another zone helps \
             only if it takes over. Turn both on, or both off.",
            diagnostics,
        );
    }
    let replicas = match &config.autoscaling {
        Value::Unknown => None,
        Value::Value(Autoscaling { dimension: Value::Value(dimension), min, .. })
            if dimension == Dimension::Replicas.as_str() =>
        {
            known(min, 1)
        }
        _ => known(&config.replicas_per_node_group, i64::from(PLATFORM.replicas_per_node_group)),
    };
    if replicas != Some(0) {
        return;
    }
    if multi_az == Some(true) {
        refuse(
            "replicas_per_node_group",
            "multi_az_enabled, which is on unless set to false, needs a replica in every shard. \
             Set replicas_per_node_group to at least 1, or multi_az_enabled = false.",
            diagnostics,
        );
    } else if failover == Some(true) && !clustered {
        refuse(
            "replicas_per_node_group",
            "automatic_failover_enabled, which is on unless set to false, needs a replica to fail \
             over to. Set replicas_per_node_group to at least 1, or automatic_failover_enabled = \
             false.",
            diagnostics,
        );
    }
}

fn single_instance(config: &Model, diagnostics: &mut Diagnostics) {
    let above = |count: Value<i64>, most: i64| matches!(count, Value::Value(n) if n > most);
    let excluded = [
        ("multi_az_enabled", config.multi_az_enabled == Value::Value(true)),
        ("automatic_failover_enabled", config.automatic_failover_enabled == Value::Value(true)),
        ("replicas_per_node_group", above(config.replicas_per_node_group, 0)),
        ("num_node_groups", above(config.num_node_groups, 1)),
        ("cluster_mode", matches!(&config.cluster_mode, Value::Value(m) if m != "disabled")),
        ("autoscaling", config.autoscaling.is_value()),
    ];
    for (attribute, given) in excluded {
        if given {
            refuse(
                attribute,
                format!(
                    "single_instance = true makes one node and nothing else, which excludes \
                     {attribute}. Remove one of the two."
                ),
                diagnostics,
            );
        }
    }
}

fn encryption(config: &Model, diagnostics: &mut Diagnostics) {
    let at_rest = known(&config.at_rest_encryption_enabled, PLATFORM.at_rest_encryption_enabled);
    let in_transit = known(&config.transit_encryption_enabled, PLATFORM.transit_encryption_enabled);
    if at_rest == Some(false) && config.kms_key_arn.is_value() {
        refuse(
            "kms_key_arn",
            "kms_key_arn needs at_rest_encryption_enabled = true. Remove one of the two.",
            diagnostics,
        );
    }
    if in_transit == Some(false) && config.transit_encryption_mode.is_value() {
        refuse(
            "transit_encryption_mode",
            "transit_encryption_mode says how TLS is used, and transit_encryption_enabled is \
             false. Remove one of the two.",
            diagnostics,
        );
    }
    let on = |attribute, value: Option<bool>| value.map(|on| Setting { attribute, on });
    let protection = Protection {
        at_rest: on("at_rest_encryption_enabled", at_rest),
        in_transit: on("transit_encryption_enabled", in_transit),
        customer_key: (!config.kms_key_arn.is_unknown())
            .then(|| Setting { attribute: "kms_key_arn", on: config.kms_key_arn.is_value() }),
        // Who may connect from anywhere is judged below, by this resource's own floor.
        public_access: None,
    };
    attributes::check_classification(&config.data_classification, &protection, diagnostics);
    let level = text(&config.data_classification, DataClassification::Internal.as_str());
    let Some(level) = level.and_then(|level| DataClassification::parse(&level).ok()) else {
        return;
    };
    exposure(config, level, diagnostics);
}

/// What a classification asks beyond encryption: no plain connections beside TLS, and no doors to
/// the whole world.
fn exposure(config: &Model, level: DataClassification, diagnostics: &mut Diagnostics) {
    if level <= DataClassification::Internal {
        return;
    }
    let mut floor = |attribute: &'static str, text: String| {
        diagnostics.add_error(diagnostic(
            "Data Classification Floor",
            text,
            AttributePath::new(attribute),
        ));
    };
    if config.transit_encryption_mode == Value::Value("preferred".to_owned()) {
        floor(
            "transit_encryption_mode",
            format!(
                "data_classification \"{level}\" requires encryption in transit, and \
                 transit_encryption_mode = \"preferred\" lets plain connections in beside it; set \
                 it to \"required\", or lower data_classification if the data allows it."
            ),
        );
    }
    let Value::Value(ranges) = &config.allowed_cidr_blocks else { return };
    let Some(ranges) = ranges.known() else { return };
    for range in ["0.0.0.0/0", "::/0"] {
        if ranges.contains(range) {
            floor(
                "allowed_cidr_blocks",
                format!(
                    "data_classification \"{level}\" forbids {range} in allowed_cidr_blocks: it \
                     lets everybody in who can reach the subnets. Name the ranges that need the \
                     cache, or lower data_classification if the data allows it."
                ),
            );
        }
    }
}

fn autoscaling(config: &Model, wanted: &Autoscaling, diagnostics: &mut Diagnostics) {
    let mode = text(&config.cluster_mode, PLATFORM.cluster_mode);
    if let Some(mode) = mode.filter(|mode| mode != "enabled") {
        refuse(
            "autoscaling",
            format!(
                "autoscaling needs cluster_mode = \"enabled\", and it is {mode:?}. Set it, or \
                 remove autoscaling."
            ),
            diagnostics,
        );
    }
    let node_type = parsed::<NodeType>(&config.node_type);
    let version = parsed::<Version>(&config.engine_version);
    if let Some(reason) = cache::unsuited(node_type.as_ref(), version) {
        let next = "Choose another, or remove autoscaling.";
        refuse("autoscaling", format!("{}. {next}", capitalised(&reason.to_string())), diagnostics);
    }
    let Value::Value(dimension) = &wanted.dimension else { return };
    let Some(dimension) = Dimension::parse(dimension) else { return };
    let counts = [
        (Dimension::NodeGroups, &config.num_node_groups),
        (Dimension::Replicas, &config.replicas_per_node_group),
    ];
    for (of, count) in counts {
        if of == dimension && count.is_value() {
            let attribute = dimension.attribute();
            refuse(
                attribute,
                format!(
                    "autoscaling of {} owns {attribute}: AWS changes the count between min and \
                     max. Remove {attribute}, or autoscaling.",
                    dimension.as_str()
                ),
                diagnostics,
            );
        }
    }
    bounds(wanted, dimension, diagnostics);
    if let (Value::Value(metric), Some(node_type)) = (&wanted.metric, &node_type)
        && !cache::node_type_has(metric, node_type)
    {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("autoscaling").attribute("metric"),
            format!(
                "metric = {metric:?} does not go with nodes of the family {}, whose memory is \
                 full while their disks are not. Choose {}.",
                node_type.family,
                cache::CAPACITY
            ),
        ));
    }
}

fn bounds(wanted: &Autoscaling, dimension: Dimension, diagnostics: &mut Diagnostics) {
    let path = |name: &'static str| AttributePath::new("autoscaling").attribute(name);
    if let (Value::Value(min), Value::Value(max)) = (wanted.min, wanted.max)
        && min > max
    {
        diagnostics.add_error(invalid_combination(
            path("min"),
            format!("min = {min} must not be above max = {max}."),
        ));
    }
    let (fewest, most) = dimension.range();
    for (name, bound) in [("min", wanted.min), ("max", wanted.max)] {
        if let Value::Value(bound) = bound
            && !(fewest..=most).contains(&bound)
        {
            diagnostics.add_error(invalid_combination(
                path(name),
                format!(
                    "{name} = {bound}: there can be {fewest} to {most} of {}.",
                    dimension.as_str()
                ),
            ));
        }
    }
    if let Value::Value(metric) = &wanted.metric
        && cache::METRICS.contains(&metric.as_str())
        && !cache::metric_suits(metric, dimension)
    {
        diagnostics.add_error(invalid_combination(
            path("metric"),
            format!(
                "metric = {metric:?} does not go with dimension = {:?}: replicas follow the load \
                 of replicas, shards that of primaries and memory. Remove metric to take {}.",
                dimension.as_str(),
                dimension.metric()
            ),
        ));
    }
}

fn snapshots(config: &Model, diagnostics: &mut Diagnostics) {
    if config.snapshot_name.is_value() && config.snapshot_arns.is_value() {
        refuse(
            "snapshot_arns",
            "A cache starts from snapshot_name or from snapshot_arns. Remove one of the two.",
            diagnostics,
        );
    }
    if let (Some(daily), Some(weekly)) =
        (parsed(&config.snapshot_window), parsed(&config.maintenance_window))
        && cache::overlap(daily, weekly)
    {
        refuse(
            "snapshot_window",
            format!(
                "snapshot_window = {:?} and maintenance_window = {:?} overlap, which AWS refuses. \
                 Move one of them.",
                config.snapshot_window.clone().unwrap_or_default(),
                config.maintenance_window.clone().unwrap_or_default()
            ),
            diagnostics,
        );
    }
    let Some(node_type) = parsed::<NodeType>(&config.node_type) else { return };
    let days =
        known(&config.snapshot_retention_limit, i64::from(PLATFORM.snapshot_retention_limit));
    if !node_type.takes_snapshots() && days.is_some_and(|days| days > 0) {
        refuse(
            "snapshot_retention_limit",
            "Nodes of type t1 cannot be backed up. Set snapshot_retention_limit = 0, or choose \
             another node_type.",
            diagnostics,
        );
    }
    let tiering = known(&config.data_tiering_enabled, false);
    if let Some(tiering) = tiering.filter(|tiering| *tiering != node_type.tiers_data()) {
        let rule = if tiering {
            "data_tiering_enabled needs nodes of the family r6gd. Choose such a node_type, or set \
             it to false."
        } else {
            "Nodes of the family r6gd need data_tiering_enabled = true. Set it, or choose another \
             node_type."
        };
        refuse("data_tiering_enabled", rule, diagnostics);
    }
}

fn engine(config: &Model, diagnostics: &mut Diagnostics) {
    let Some(version) = parsed::<Version>(&config.engine_version) else { return };
    if version < Version::FIRST {
        refuse(
            "engine_version",
            format!(
                "engine_version = \"{version}\": Valkey on ElastiCache begins with {}.",
                Version::FIRST
            ),
            diagnostics,
        );
    }
    if let Value::Value(durability) = &config.durability
        && durability != "default"
        && version < Version::DURABLE
    {
        refuse(
            "durability",
            format!(
                "durability = {durability:?} needs Valkey {} or later, and engine_version is \
                 \"{version}\". Raise engine_version, or remove durability.",
                Version::DURABLE
            ),
            diagnostics,
        );
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}
