//! What was observed, written into the state.

use std::collections::{BTreeMap, BTreeSet};

use super::{Observation, Users};
use crate::aws::ec2::{IngressRule, Peer};
use crate::aws::elasticache::members::Member;
use crate::aws::elasticache::modify::LogDelivery;
use crate::aws::elasticache::replication_groups::{Endpoint, ReplicationGroup};
use crate::aws::elasticache::users::User;
use crate::framework::resource::Context;
use crate::framework::value::{StringMap, Strings, Value, known_map, string_map};
use crate::platform::cache::{self, Dimension, Version};
use crate::platform::tags::{self, Observed, Owner};
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::cache::model::{self, Autoscaling, Model};
use crate::resources::cache::{KIND, schema, wanted};
use crate::resources::composite::Composite;

/// Writes what was observed into the state. What configuration only means for the provider itself
/// gets its default where the state has none yet: after an import.
pub(super) fn record(cx: &Context<ProviderContext>, state: &mut Model, observed: &Observation) {
    let importing = state.arn.is_null();
    let group = &observed.group;
    if importing {
        defaults_of_the_provider(state);
        state.single_instance = Value::Value(is_single(group));
    }
    if let Some(found) = &observed.tags {
        let found = Observed::read(found, &cx.provider.ignore_tags, &[]);
        (state.tags, state.tags_all) = attributes::observed_tags(&cx.provider, &found, &state.tags);
    }
    record_engine(state, observed);
    record_counts(state, group);
    record_protection(state, group);
    record_security_groups(state, observed);
    record_subnets(state, observed);
    record_users(state, observed);
    record_settings(state, observed);
    record_scaling(state, observed);
    outputs(state, group, observed.member.as_ref());
    record_status(cx, state, observed);
}

/// A node of its own, and nothing that would take over.
fn is_single(group: &ReplicationGroup) -> bool {
    group.cluster_mode == "disabled" && group.replica_counts() == [0] && !group.automatic_failover
}

fn defaults_of_the_provider(state: &mut Model) {
    let Ok(defaults) = crate::framework::plan::defaults::<Model>(&schema::schema()) else { return };
    *state = Model {
        auth_token_update_strategy: defaults.auth_token_update_strategy,
        apply_immediately: defaults.apply_immediately,
        durability: defaults.durability,
        data_classification: defaults.data_classification,
        deletion_protection: defaults.deletion_protection,
        auto_minor_version_upgrade: defaults.auto_minor_version_upgrade,
        network_type: defaults.network_type,
        ..std::mem::take(state)
    };
    state.ip_discovery = Value::Value("ipv4".to_owned());
}

fn text(found: Option<&String>) -> Value<String> {
    found.cloned().into()
}

/// `found` unless AWS leaves it out.
fn keep(state: &mut Value<String>, found: Option<&String>) {
    if let Some(found) = found {
        *state = Value::Value(found.clone());
    }
}

/// Whether the version that is asked for holds, though another may run. One that waits for its
/// window does, and so does one that AWS raised to a newer minor version by itself: the cache would
/// otherwise be planned back, and there is no way back but a replacement.
fn stands(asked: Option<Version>, runs: Option<Version>, waits: Option<Version>) -> bool {
    match (asked, runs) {
        (None, _) => false,
        (Some(asked), Some(runs)) if runs.major == asked.major && runs > asked => true,
        (asked, runs) => asked == runs || asked == waits,
    }
}

fn record_engine(state: &mut Model, observed: &Observation) {
    let (group, member) = (&observed.group, observed.member.as_ref());
    let engine = group.engine.as_ref().or(member.and_then(|member| member.engine.as_ref()));
    keep(&mut state.engine, engine);
    state.description = Value::Value(group.description.clone());
    if let Some(member) = member {
        let parse = |text: &Option<String>| text.as_ref()?.parse::<Version>().ok();
        let (runs, waits) = (parse(&member.engine_version), parse(&member.pending_engine_version));
        if !stands(wanted::version(state), runs, waits) {
            state.engine_version = runs.map(|version| version.to_string()).into();
        }
    }
    let pending = member.and_then(|member| member.pending_node_type.as_ref());
    if pending.is_none() || text(pending) != state.node_type {
        keep(&mut state.node_type, group.node_type.as_ref());
    }
}

fn record_counts(state: &mut Model, group: &ReplicationGroup) {
    state.cluster_mode = Value::Value(group.cluster_mode.clone());
    state.multi_az_enabled = Value::Value(group.multi_az);
    // A failover that waits is what is configured, and no drift.
    let pending = group.pending.get("AutomaticFailoverStatus").map(|status| status == "enabled");
    if pending.is_none() || pending != state.automatic_failover_enabled.as_option() {
        state.automatic_failover_enabled = Value::Value(group.automatic_failover);
    }
    let counts = group.replica_counts();
    if counts.is_empty() {
        return;
    }
    let known = usize::try_from(wanted::count(&state.replicas_per_node_group, 0)).unwrap_or(0);
    // Shards that differ among themselves are drift: one that is not as configured tells it.
    let replicas = counts.iter().find(|count| **count != known).or(counts.first());
    let actual = |count: usize| Value::Value(i64::try_from(count).unwrap_or(i64::MAX));
    state.num_node_groups_actual = actual(counts.len());
    state.replicas_per_node_group_actual = replicas.map_or(Value::Null, |count| actual(*count));
    let owned = |dimension| wanted::owns(state, dimension) == Some(true);
    let (shards, replicas) = (owned(Dimension::NodeGroups), owned(Dimension::Replicas));
    if !shards || state.num_node_groups.is_null() {
        state.num_node_groups = state.num_node_groups_actual;
    }
    if !replicas || state.replicas_per_node_group.is_null() {
        state.replicas_per_node_group = state.replicas_per_node_group_actual;
    }
}

fn record_protection(state: &mut Model, group: &ReplicationGroup) {
    let storage = group.storage_encryption_type.as_deref();
    let encrypted = group.at_rest_encryption_enabled || storage.is_some_and(|s| s != "none");
    // AWS encrypts what was not asked to be, and says so only here: that is no drift either.
    let accepted = match state.at_rest_encryption_enabled {
        Value::Value(true) => encrypted,
        Value::Value(false) => !group.at_rest_encryption_enabled,
        _ => false,
    };
    if !accepted {
        state.at_rest_encryption_enabled = Value::Value(encrypted);
    }
    // The key of the service is not one that could be configured.
    let customer = storage.is_none_or(|storage| storage == "sse-kms");
    state.kms_key_arn = text(group.kms_key_id.as_ref().filter(|_| customer));
    state.transit_encryption_enabled = Value::Value(group.transit_encryption_enabled);
    let mode = group.transit_encryption_mode.clone().unwrap_or_else(|| "required".to_owned());
    state.transit_encryption_mode =
        if group.transit_encryption_enabled { Value::Value(mode) } else { Value::Null };
    let settled = group.is_available() && !group.pending.contains_key("AuthTokenStatus");
    if settled && !group.auth_token_enabled {
        // The token is gone: the next apply sets it again.
        state.auth_token_wo_version = Value::Null;
    }
}

/// A set that is empty stays as it is written: absent or empty.
fn set(state: &mut Value<Strings>, found: impl IntoIterator<Item = String>) {
    let found: Strings = found.into_iter().collect();
    *state = match (&*state, found.is_empty()) {
        (Value::Null | Value::Unknown, true) => Value::Null,
        _ => Value::Value(found),
    };
}

/// The ingress rules of the cache's own group at the cache's port: no other rule of it is ours.
fn doors(rules: &[IngressRule], port: Option<i32>) -> Vec<&Peer> {
    rules
        .iter()
        .filter(|rule| rule.protocol == "tcp" && port.is_some())
        .filter(|rule| rule.from_port == port && rule.to_port == port)
        .filter_map(|rule| rule.peer.as_ref())
        .collect()
}

fn record_security_groups(state: &mut Model, observed: &Observation) {
    let port = observed.group.port().or_else(|| match state.port {
        Value::Value(port) => i32::try_from(port).ok(),
        _ => None,
    });
    let found = observed.security_group.as_ref();
    let created = found.map(|(group, _)| group.id.clone());
    if let Some((_, rules)) = found {
        let (mut groups, mut ranges) = (BTreeSet::new(), BTreeSet::new());
        for peer in doors(rules, port) {
            match peer {
                Peer::SecurityGroup(id) => groups.insert(id.clone()),
                Peer::CidrIpv4(range) | Peer::CidrIpv6(range) => ranges.insert(range.clone()),
                Peer::PrefixList(_) => false,
            };
        }
        set(&mut state.allowed_security_group_ids, groups);
        set(&mut state.allowed_cidr_blocks, ranges);
    }
    state.security_group_id = created.clone().into();
    if let Some(member) = &observed.member {
        let others = member.security_group_ids.iter().filter(|id| Some(*id) != created.as_ref());
        set(&mut state.security_group_ids, others.cloned());
    }
}

fn record_subnets(state: &mut Model, observed: &Observation) {
    let named = observed.member.as_ref().and_then(|member| member.subnet_group_name.as_ref());
    keep(&mut state.subnet_group_name, named);
    if let Some(group) = &observed.subnet_group {
        state.subnet_ids = Value::Value(group.subnet_ids.iter().cloned().collect());
    }
}

fn record_users(state: &mut Model, observed: &Observation) {
    let id = &observed.group.id;
    let own = cache::user_group(id);
    let others = observed.group.user_group_ids.iter().filter(|group| **group != own);
    set(&mut state.user_group_ids, others.cloned());
    let Some(Users { group, members, .. }) = &observed.users else {
        state.user_group_id = Value::Null;
        if state.users.is_value() && !wanted::users(state).is_empty() {
            state.users = Value::Null;
        }
        return;
    };
    state.user_group_id = Value::Value(group.id.clone());
    let known = match &state.users {
        Value::Value(known) => known.clone(),
        _ => BTreeMap::new(),
    };
    let shown = members.iter().filter(|user| {
        // The default user that is supplied is not configured.
        known.contains_key(&user.name) || !is_supplied(user, id)
    });
    let entries = shown.map(|user| {
        let known = match known.get(&user.name) {
            Some(Value::Value(known)) => known.clone(),
            _ => model::User::default(),
        };
        (user.name.clone(), Value::Value(show(user, &known)))
    });
    state.users = Value::Value(entries.collect());
}

fn is_supplied(user: &User, cache: &str) -> bool {
    user.name == wanted::DEFAULT_USER
        && user.id == cache::user_id(cache, wanted::DEFAULT_USER, false)
        && cache::same_access_string(&user.access_string, wanted::DEFAULT_ACCESS)
}

fn show(user: &User, known: &model::User) -> model::User {
    let access_string = match &known.access_string {
        Value::Value(text) if cache::same_access_string(text, &user.access_string) => text.clone(),
        _ => user.access_string.clone(),
    };
    model::User {
        access_string: Value::Value(access_string),
        authentication: Value::Value(user.authentication.clone()),
        passwords_wo: Value::Null,
        passwords_wo_version: known.passwords_wo_version,
    }
}

fn record_settings(state: &mut Model, observed: &Observation) {
    let (group, member) = (&observed.group, observed.member.as_ref());
    if let Some(port) = group.port() {
        state.port = Value::Value(i64::from(port));
    }
    state.snapshot_retention_limit = Value::Value(i64::from(group.snapshot_retention_limit));
    keep(&mut state.snapshot_window, group.snapshot_window.as_ref());
    keep(&mut state.network_type, group.network_type.as_ref());
    keep(&mut state.ip_discovery, group.ip_discovery.as_ref());
    keep(&mut state.durability, group.durability.as_ref());
    state.data_tiering_enabled = Value::Value(group.data_tiering);
    if let Some(upgrade) = group.auto_minor_version_upgrade {
        state.auto_minor_version_upgrade = Value::Value(upgrade);
    }
    record_logs(state, &group.log_delivery);
    if let Some(member) = member {
        keep(&mut state.maintenance_window, member.maintenance_window.as_ref());
        state.notification_topic_arn = text(member.notification_topic_arn.as_ref());
        keep(&mut state.parameter_group_name, member.parameter_group_name.as_ref());
    }
    let mut parameters = observed.parameters.clone().unwrap_or_default();
    parameters.remove("cluster-enabled");
    let silent = matches!(&state.parameters, Value::Value(p) if p.is_empty());
    let none = parameters.is_empty() && !silent;
    state.parameters = if none { Value::Null } else { string_map(&parameters) };
}

fn record_logs(state: &mut Model, logs: &[LogDelivery]) {
    let on = logs.iter().filter(|log| log.status.as_deref() != Some("disabling"));
    let found: BTreeMap<String, Value<model::LogDelivery>> = on
        .map(|log| {
            let shown = model::LogDelivery {
                destination_type: Value::Value(log.destination_type.clone()),
                destination: Value::Value(log.destination.clone()),
                format: Value::Value(log.format.clone()),
            };
            (log.log_type.clone(), Value::Value(shown))
        })
        .collect();
    let none = found.is_empty() && !state.log_delivery.is_value();
    state.log_delivery = if none { Value::Null } else { Value::Value(found) };
}

fn record_scaling(state: &mut Model, observed: &Observation) {
    let Some((targets, policies)) = &observed.scaling else { return };
    let wanted = wanted::scaled(state).map(|(dimension, _)| dimension);
    let order = wanted.into_iter().chain(Dimension::ALL);
    let found = order.into_iter().find_map(|dimension| {
        let name = dimension.scalable_dimension();
        let target = targets.iter().find(|target| target.dimension == name)?;
        Some((dimension, target))
    });
    let Some((dimension, target)) = found else {
        state.autoscaling = Value::Null;
        return;
    };
    let own = cache::scaling_policy(&observed.group.id, dimension);
    let of_dimension = || policies.iter().filter(|policy| policy.dimension == target.dimension);
    let policy = of_dimension().find(|policy| policy.name == own).or_else(|| of_dimension().next());
    let number = |seconds: Option<i32>| Value::Value(seconds.map_or(cache::COOLDOWN, i64::from));
    state.autoscaling = Value::Value(Autoscaling {
        dimension: Value::Value(dimension.as_str().to_owned()),
        min: Value::Value(i64::from(target.min)),
        max: Value::Value(i64::from(target.max)),
        metric: policy.and_then(|policy| policy.metric.clone()).into(),
        target_value: policy.map(|policy| policy.target_value).into(),
        scale_in_cooldown: number(policy.and_then(|policy| policy.scale_in_cooldown)),
        scale_out_cooldown: number(policy.and_then(|policy| policy.scale_out_cooldown)),
        disable_scale_in: Value::Value(policy.is_some_and(|policy| policy.disable_scale_in)),
    });
}

fn address(endpoint: Option<&Endpoint>) -> Value<String> {
    endpoint.and_then(|endpoint| endpoint.address.clone()).into()
}

/// What only AWS can tell. A cluster has one endpoint, anything else has two.
pub(in crate::resources::cache) fn outputs(
    state: &mut Model,
    group: &ReplicationGroup,
    member: Option<&Member>,
) {
    let first = group.node_groups.first();
    if let Some(arn) = &group.arn {
        state.arn = Value::Value(arn.clone());
    }
    state.id = Value::Value(group.id.clone());
    state.replication_group_id = Value::Value(group.id.clone());
    state.primary_endpoint_address =
        address(first.and_then(|shard| shard.primary_endpoint.as_ref()));
    state.reader_endpoint_address = address(first.and_then(|shard| shard.reader_endpoint.as_ref()));
    state.configuration_endpoint_address = address(group.configuration_endpoint.as_ref());
    state.member_clusters =
        Value::Value(group.member_clusters.iter().cloned().map(Value::Value).collect());
    state.engine_version_actual = member.and_then(|member| member.engine_version.clone()).into();
    state.effective_durability = text(group.effective_durability.as_ref());
    state.storage_encryption_type = text(group.storage_encryption_type.as_ref());
    state.auth_token_last_modified = text(group.auth_token_last_modified.as_ref());
    let counts = group.replica_counts();
    let actual = |count: usize| Value::Value(i64::try_from(count).unwrap_or(i64::MAX));
    state.num_node_groups_actual = actual(counts.len());
    if state.replicas_per_node_group_actual.is_unknown()
        || state.replicas_per_node_group_actual.is_null()
    {
        state.replicas_per_node_group_actual = counts.first().map_or(Value::Null, |c| actual(*c));
    }
    state.pending_modified_values = pending(group, member);
    let host = match &state.configuration_endpoint_address {
        Value::Value(host) => Value::Value(host.clone()),
        _ => state.primary_endpoint_address.clone(),
    };
    let port = group.port().map_or(6_379, i64::from);
    state.connection_url = match host {
        Value::Value(host) => {
            Value::Value(cache::connection_url(&host, port, group.transit_encryption_enabled))
        }
        _ => Value::Null,
    };
}

fn pending(group: &ReplicationGroup, member: Option<&Member>) -> Value<StringMap> {
    let mut pending = group.pending.clone();
    if let Some(member) = member {
        let of_member = [
            ("EngineVersion", &member.pending_engine_version),
            ("CacheNodeType", &member.pending_node_type),
        ];
        for (name, value) in of_member {
            if let Some(value) = value {
                pending.insert(name.to_owned(), value.clone());
            }
        }
    }
    string_map(&pending)
}

/// What is missing, told in words; the plan makes an update of it.
fn record_status(cx: &Context<ProviderContext>, state: &mut Model, observed: &Observation) {
    let group = &observed.group;
    let mut missing = Vec::new();
    match group.status.as_str() {
        "create-failed" => missing.push("AWS could not create the replication group".to_owned()),
        "deleting" => missing.push("the replication group is being deleted".to_owned()),
        _ => {}
    }
    if let Some(found) = &observed.tags {
        if found.contains_key(tags::CREATING) {
            missing.push("its create was interrupted".to_owned());
        }
        let owner = Owner { kind: KIND, name: &group.id };
        let ours = Observed::read(found, &cx.provider.ignore_tags, &[]).is_owned_by(owner);
        if !ours && state.status == Value::Value(COMPLETE.to_owned()) {
            missing.push("the ownership tag is missing".to_owned());
        }
    }
    if let (Value::Value(id), Some(member)) = (&state.security_group_id, &observed.member)
        && !member.security_group_ids.contains(id)
    {
        missing.push(format!("the security group {id} is not attached"));
    }
    if wanted::wants_group(state) == Some(true) && state.security_group_id.is_null() {
        missing.push("the security group is missing".to_owned());
    }
    if let Value::Value(id) = &state.user_group_id
        && group.is_available()
        && !group.user_group_ids.contains(id)
    {
        missing.push(format!("the user group {id} is not attached"));
    }
    state.set_missing(&missing);
    // A map of nothing and no map read alike.
    if known_map(&state.pending_modified_values).is_none() {
        state.pending_modified_values = Value::Null;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_that_aws_raised_within_its_major_stands_beside_another() {
        let version = |text: &str| text.parse::<Version>().ok();
        let stands = |asked, runs, waits| stands(version(asked), version(runs), version(waits));
        assert!(stands("8.0", "8.0", ""));
        assert!(stands("8.1", "8.0", "8.1"), "it waits for its window");
        assert!(stands("8.0", "8.2", ""), "AWS raised it");
        assert!(stands("8.2", "8.1", "8.2"), "AWS raised it, and more waits");
        assert!(!stands("8.1", "8.0", ""), "what was asked for did not come");
        assert!(!stands("8.0", "9.0", ""), "another major version is somebody's doing");
        assert!(!stands("", "8.0", ""), "after an import");
    }
}
