//! What a change costs, told before it is made: interruptions, waiting, ways without return.

use super::super::model::Model;
use super::super::wanted;
use crate::framework::diagnostic::diagnostic;
use crate::framework::value::{AttributePath, Diagnostics, Value};
use crate::platform::cache::Dimension;

struct Warnings<'a>(&'a mut Diagnostics);

impl Warnings<'_> {
    fn add(&mut self, attribute: &'static str, summary: &'static str, detail: String) {
        self.0.add_warning(diagnostic(summary, detail, AttributePath::new(attribute)));
    }
}

fn yes(value: Value<bool>) -> bool {
    value == Value::Value(true)
}

/// What a new cache is worth knowing for.
pub(super) fn of_creation(planned: &Model, diagnostics: &mut Diagnostics) {
    let mut warnings = Warnings(diagnostics);
    if yes(planned.single_instance) {
        warnings.add(
            "single_instance",
            "Cache Without Failover",
            "single_instance = true makes one node: when it fails, or its zone, the cache is away \
             until AWS replaces it, and what is not in a snapshot is lost. Leave it out for a \
             replica in a second zone."
                .to_owned(),
        );
    }
    nobody(planned, &mut warnings);
}

fn nobody(planned: &Model, warnings: &mut Warnings<'_>) {
    let open = wanted::wants_group(planned) != Some(true)
        || !wanted::peers(planned).is_empty()
        || planned.security_group_ids.is_unknown()
        || matches!(&planned.security_group_ids, Value::Value(groups) if !groups.is_empty());
    if !open {
        warnings.add(
            "allowed_security_group_ids",
            "Nobody May Connect",
            "The security group made for the cache lets nobody in. Give the cluster's security \
             group in allowed_security_group_ids, ranges in allowed_cidr_blocks, or groups of your \
             own in security_group_ids."
                .to_owned(),
        );
    }
}

/// What a change of an existing cache costs.
pub(super) fn of_change(
    prior: &Model,
    planned: &Model,
    replaced: bool,
    diagnostics: &mut Diagnostics,
) {
    let mut warnings = Warnings(diagnostics);
    if replaced {
        no_way_back(prior, planned, &mut warnings);
        return;
    }
    engine(prior, planned, &mut warnings);
    shape(prior, planned, &mut warnings);
    access(prior, planned, &mut warnings);
    scaling(prior, planned, &mut warnings);
    waiting(prior, planned, &mut warnings);
    if prior.allowed_cidr_blocks != planned.allowed_cidr_blocks
        || prior.allowed_security_group_ids != planned.allowed_security_group_ids
    {
        nobody(planned, &mut warnings);
    }
}

/// What looks like a small change and costs the data.
fn no_way_back(prior: &Model, planned: &Model, warnings: &mut Warnings<'_>) {
    let versions = (wanted::version(prior), wanted::version(planned));
    if let (Some(before), Some(after)) = versions
        && after < before
        && prior.engine == planned.engine
    {
        warnings.add(
            "engine_version",
            "Version Downgrade Replaces the Cache",
            format!(
                "engine_version goes from {before} to {after}, and AWS has no way down: the cache \
                 is made anew and its data is lost, but for snapshots. To keep it, set \
                 engine_version = \"{before}\"."
            ),
        );
    }
    if let (Value::Value(before), Value::Value(after)) =
        (&prior.cluster_mode, &planned.cluster_mode)
        && wanted::mode_rank(after) < wanted::mode_rank(before)
    {
        warnings.add(
            "cluster_mode",
            "Change of Cluster Mode Replaces the Cache",
            format!(
                "cluster_mode goes from {before} to {after}, and AWS has no way back: the cache is \
                 made anew and its data is lost, but for snapshots. To keep it, set cluster_mode = \
                 \"{before}\"."
            ),
        );
    }
}

fn engine(prior: &Model, planned: &Model, warnings: &mut Warnings<'_>) {
    if prior.engine == Value::Value("redis".to_owned()) {
        warnings.add(
            "engine_version",
            "Conversion to Valkey",
            "The cache runs Redis OSS and is converted to Valkey in place: each node is replaced \
             in turn, connections break for some seconds, and there is no way back but a snapshot."
                .to_owned(),
        );
        return;
    }
    let versions = (wanted::version(prior), wanted::version(planned));
    if let (Some(before), Some(after)) = versions
        && after > before
    {
        warnings.add(
            "engine_version",
            "Version Upgrade",
            format!(
                "engine_version goes from {before} to {after} in place: primaries fail over, \
                 connections break for some seconds, and AWS has no way back but a snapshot."
            ),
        );
    }
    if let (Value::Value(before), Value::Value(after)) = (&prior.node_type, &planned.node_type)
        && before != after
    {
        warnings.add(
            "node_type",
            "Change of Node Type",
            format!(
                "node_type goes from {before} to {after} in place: new nodes are filled beside the \
                 old ones and take over, when connections break for some seconds. A smaller type \
                 must hold the data, or AWS refuses it."
            ),
        );
    }
}

fn shape(prior: &Model, planned: &Model, warnings: &mut Warnings<'_>) {
    if let (Value::Value(before), Value::Value(after)) =
        (prior.num_node_groups, planned.num_node_groups)
        && before != after
        && wanted::owns(planned, Dimension::NodeGroups) != Some(true)
    {
        let which = if after < before {
            " The shards with the highest ids go, and the others must hold their data."
        } else {
            ""
        };
        warnings.add(
            "num_node_groups",
            "Resharding",
            format!(
                "num_node_groups goes from {before} to {after}: AWS moves slots between shards \
                 while the cache serves, which takes minutes to hours and costs some throughput.\
                 {which}"
            ),
        );
    }
    if let (Value::Value(before), Value::Value(after)) =
        (&prior.cluster_mode, &planned.cluster_mode)
        && wanted::mode_rank(after) > wanted::mode_rank(before)
    {
        let text = match (before.as_str(), after.as_str()) {
            (_, "compatible") => {
                "cluster_mode becomes compatible: clients of both kinds may connect. Move every \
                 client to the cluster protocol and to configuration_endpoint_address before it \
                 becomes enabled. There is no way back."
            }
            ("disabled", _) => {
                "cluster_mode goes from disabled through compatible to enabled in one apply: \
                 clients that do not speak the cluster protocol are cut off at its end. To move \
                 them in between, apply with \"compatible\" first. There is no way back."
            }
            _ => {
                "cluster_mode becomes enabled: clients that do not speak the cluster protocol are \
                 cut off. There is no way back."
            }
        };
        warnings.add("cluster_mode", "Change of Cluster Mode", text.to_owned());
    }
    if yes(planned.single_instance) && !yes(prior.single_instance) {
        warnings.add(
            "single_instance",
            "Cache Without Failover",
            "single_instance = true removes every replica: when the node that is left fails, the \
             cache is away until AWS replaces it, and what is not in a snapshot is lost."
                .to_owned(),
        );
    } else if yes(prior.automatic_failover_enabled)
        && planned.automatic_failover_enabled == Value::Value(false)
    {
        warnings.add(
            "automatic_failover_enabled",
            "Cache Without Failover",
            "No replica takes over by itself any more when the primary fails.".to_owned(),
        );
    }
}

fn access(prior: &Model, planned: &Model, warnings: &mut Warnings<'_>) {
    let tls = (prior.transit_encryption_enabled, planned.transit_encryption_enabled);
    let required = Value::Value("required".to_owned());
    if matches!(tls, (Value::Value(true), Value::Value(false))) {
        warnings.add(
            "transit_encryption_enabled",
            "TLS Is Turned Off",
            "The cache goes through transit_encryption_mode = \"preferred\" to plain connections \
             only: clients that connect with TLS are cut off, and data crosses the network in \
             plain text."
                .to_owned(),
        );
    } else if planned.transit_encryption_mode == required
        && prior.transit_encryption_mode != required
        && yes(planned.transit_encryption_enabled)
    {
        warnings.add(
            "transit_encryption_mode",
            "TLS Becomes Required",
            "Clients that connect without TLS are cut off. To move them in between, apply with \
             transit_encryption_mode = \"preferred\" first."
                .to_owned(),
        );
    }
    let had_token = prior.auth_token_wo_version.is_value();
    let users = wanted::user_groups(planned);
    if had_token && planned.auth_token_wo_version.is_null() && !users.is_empty() {
        warnings.add(
            "users",
            "Users Take Over From the Token",
            "The token is deleted when the users are attached: clients that still use it are cut \
             off."
                .to_owned(),
        );
    }
    let had_users = !wanted::user_groups(prior).is_empty();
    let open = users.is_empty() && planned.user_group_ids.is_null() && planned.users.is_null();
    if had_users && open && planned.auth_token_wo_version.is_null() {
        warnings.add(
            "users",
            "No Authentication",
            "No user and no token is left: whoever reaches the cache may do everything in it."
                .to_owned(),
        );
    }
}

/// Bounds that the present count lies outside of act at once.
fn scaling(prior: &Model, planned: &Model, warnings: &mut Warnings<'_>) {
    let Some((dimension, scaling)) = wanted::scaled(planned) else { return };
    let actual = match dimension {
        Dimension::NodeGroups => prior.num_node_groups_actual,
        Dimension::Replicas => prior.replicas_per_node_group_actual,
    };
    let (Value::Value(min), Value::Value(max), Value::Value(actual)) =
        (scaling.min, scaling.max, actual)
    else {
        return;
    };
    if prior.autoscaling != planned.autoscaling && !(min..=max).contains(&actual) {
        let becomes = if actual < min { min } else { max };
        warnings.add(
            "autoscaling",
            "Scaling at Once",
            format!(
                "There are {actual} of {} now, outside min = {min} and max = {max}: AWS makes it \
                 {becomes} as soon as the bounds are set.",
                dimension.as_str()
            ),
        );
    }
}

fn waiting(prior: &Model, planned: &Model, warnings: &mut Warnings<'_>) {
    if planned.apply_immediately != Value::Value(false) {
        return;
    }
    let mut waits: Vec<&str> = Vec::new();
    if prior.node_type != planned.node_type {
        waits.push("node_type");
    }
    if wanted::version(prior) != wanted::version(planned) || prior.engine != planned.engine {
        waits.push("engine_version");
    }
    if !waits.is_empty() {
        let window = match &planned.maintenance_window {
            Value::Value(window) => format!("the maintenance window ({window}, UTC)"),
            _ => "the maintenance window".to_owned(),
        };
        warnings.add(
            "apply_immediately",
            "Change Waits for the Maintenance Window",
            format!(
                "apply_immediately = false: the change of {} is only asked for now, and made in \
                 {window}. Set apply_immediately = true to make it at once.",
                waits.join(" and ")
            ),
        );
    }
}
