//! What a model asks for, derived: which objects belong to the cache, and what they are called.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Autoscaling, Model, User};
use crate::aws::ec2::Peer;
use crate::aws::elasticache::modify::LogDelivery;
use crate::framework::value::{Strings, Value, known_map, known_set};
use crate::platform::cache::{self, Dimension, Version};

/// The user AWS wants in every group.
pub(super) const DEFAULT_USER: &str = "default";

/// What the supplied default user may do: nothing, and it is off.
pub(super) const DEFAULT_ACCESS: &str = "off ~* -@all";

/// The version, when it is known.
pub(super) fn version(model: &Model) -> Option<Version> {
    match &model.engine_version {
        Value::Value(text) => text.parse().ok(),
        _ => None,
    }
}

/// Whether it is, or is becoming, a cluster; `None` while that is unknown.
pub(super) fn clustered(model: &Model) -> Option<bool> {
    match &model.cluster_mode {
        Value::Value(mode) => Some(mode != "disabled"),
        Value::Null => Some(false),
        Value::Unknown => None,
    }
}

/// How far a cluster mode is on the way that leads forward only.
pub(super) fn mode_rank(mode: &str) -> u8 {
    match mode {
        "enabled" => 2,
        "compatible" => 1,
        _ => 0,
    }
}

/// Whether autoscaling owns this count; `None` while that is unknown.
pub(super) fn owns(model: &Model, dimension: Dimension) -> Option<bool> {
    match &model.autoscaling {
        Value::Unknown | Value::Value(Autoscaling { dimension: Value::Unknown, .. }) => None,
        Value::Null => Some(false),
        Value::Value(scaling) => {
            Some(scaling.dimension == Value::Value(dimension.as_str().to_owned()))
        }
    }
}

/// What autoscaling scales.
pub(super) fn scaled(model: &Model) -> Option<(Dimension, &Autoscaling)> {
    let Value::Value(scaling) = &model.autoscaling else { return None };
    let Value::Value(dimension) = &scaling.dimension else { return None };
    Some((Dimension::parse(dimension)?, scaling))
}

fn given(set: &Value<Strings>) -> Option<bool> {
    match set {
        Value::Unknown => None,
        Value::Null => Some(false),
        Value::Value(set) => Some(!set.is_empty()),
    }
}

/// Whether a security group is made; `None` while that is unknown.
pub(super) fn wants_group(model: &Model) -> Option<bool> {
    let sources = [given(&model.allowed_security_group_ids), given(&model.allowed_cidr_blocks)];
    if sources.contains(&Some(true)) {
        return Some(true);
    }
    let named = given(&model.security_group_ids);
    if named == Some(false) {
        return Some(true);
    }
    if sources.contains(&None) || named.is_none() { None } else { Some(false) }
}

/// Who may connect through the created security group.
pub(super) fn peers(model: &Model) -> BTreeSet<Peer> {
    let groups = known_set(&model.allowed_security_group_ids).unwrap_or_default();
    let ranges = known_set(&model.allowed_cidr_blocks).unwrap_or_default();
    let mut peers: BTreeSet<Peer> = groups.into_iter().map(Peer::SecurityGroup).collect();
    peers.extend(ranges.iter().map(|range| Peer::cidr(range)));
    peers
}

/// Every security group of a node: those named and the created one.
pub(super) fn security_groups(model: &Model, created: Option<&str>) -> BTreeSet<String> {
    let mut groups = known_set(&model.security_group_ids).unwrap_or_default();
    groups.extend(created.map(str::to_owned));
    groups
}

/// The name of the parameter group; `None` while something of it is unknown.
pub(super) fn parameter_group(model: &Model) -> Option<String> {
    let (Value::Value(name), Some(version), Some(clustered)) =
        (&model.name, version(model), clustered(model))
    else {
        return None;
    };
    match &model.parameters {
        Value::Unknown => None,
        Value::Value(parameters) if !parameters.is_empty() => {
            Some(cache::parameter_group(name, version, clustered))
        }
        _ => Some(cache::default_parameter_group(version, clustered)),
    }
}

/// The parameters of the cache's own group.
pub(super) fn parameters(model: &Model) -> BTreeMap<String, String> {
    let mut parameters = known_map(&model.parameters).unwrap_or_default();
    if clustered(model) == Some(true) {
        parameters.insert("cluster-enabled".to_owned(), "yes".to_owned());
    }
    parameters
}

/// The users of the cache by name, with the default user that is supplied.
pub(super) fn users(model: &Model) -> BTreeMap<String, User> {
    let Value::Value(map) = &model.users else { return BTreeMap::new() };
    let mut users: BTreeMap<String, User> = map
        .iter()
        .filter_map(|(name, user)| match user {
            Value::Value(user) => Some((name.clone(), user.clone())),
            _ => None,
        })
        .collect();
    if !users.is_empty() && !users.contains_key(DEFAULT_USER) {
        let supplied = User {
            access_string: Value::Value(DEFAULT_ACCESS.to_owned()),
            authentication: Value::Value("password".to_owned()),
            ..User::default()
        };
        users.insert(DEFAULT_USER.to_owned(), supplied);
    }
    users
}

/// Whether a user authenticates with IAM.
pub(super) fn is_iam(user: &User) -> bool {
    user.authentication == Value::Value("iam".to_owned())
}

/// The id of a user.
pub(super) fn user_id(cache: &str, name: &str, user: &User) -> String {
    cache::user_id(cache, name, is_iam(user))
}

/// The user groups that should be attached: the created one, or the one named.
pub(super) fn user_groups(model: &Model) -> BTreeSet<String> {
    let name = model.name.clone().unwrap_or_default();
    if users(model).is_empty() {
        return known_set(&model.user_group_ids).unwrap_or_default();
    }
    BTreeSet::from([cache::user_group(&name)])
}

/// The logs to deliver.
pub(super) fn logs(model: &Model) -> Vec<LogDelivery> {
    let Value::Value(map) = &model.log_delivery else { return Vec::new() };
    map.iter()
        .filter_map(|(log_type, log)| {
            let Value::Value(log) = log else { return None };
            Some(LogDelivery {
                log_type: log_type.clone(),
                destination_type: log.destination_type.clone().unwrap_or_default(),
                destination: log.destination.clone().unwrap_or_default(),
                format: log.format.clone().unwrap_or_default(),
                status: None,
                message: None,
            })
        })
        .collect()
}

/// A count as AWS takes it.
pub(super) fn count(value: &Value<i64>, default: i32) -> i32 {
    match value {
        Value::Value(count) => i32::try_from(*count).unwrap_or(default),
        _ => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(items: &[&str]) -> Value<Strings> {
        Value::Value(items.iter().copied().collect())
    }

    #[test]
    fn a_security_group_is_made_for_sources_or_when_there_would_be_none() {
        let mut model = Model::default();
        assert_eq!(wants_group(&model), Some(true));
        model.security_group_ids = set(&["sg-1"]);
        assert_eq!(wants_group(&model), Some(false));
        model.allowed_cidr_blocks = set(&["10.0.0.0/8"]);
        assert_eq!(wants_group(&model), Some(true));
        model.allowed_cidr_blocks = Value::Unknown;
        assert_eq!(wants_group(&model), None);
    }

    #[test]
    fn a_disabled_default_user_is_supplied_once() {
        let mut model = Model { name: Value::Value("app".to_owned()), ..Model::default() };
        assert!(users(&model).is_empty() && user_groups(&model).is_empty());
        let user = User { access_string: Value::Value("on".to_owned()), ..User::default() };
        let named = |name: &str| {
            Value::Value(BTreeMap::from([(name.to_owned(), Value::Value(user.clone()))]))
        };
        model.users = named("reader");
        let supplied = users(&model);
        assert_eq!(supplied.keys().collect::<Vec<_>>(), ["default", "reader"]);
        assert_eq!(supplied["default"].access_string, Value::Value(DEFAULT_ACCESS.to_owned()));
        model.users = named("default");
        assert_eq!(users(&model)["default"].access_string, Value::Value("on".to_owned()));
    }

    #[test]
    fn the_parameter_group_follows_version_and_mode() {
        let mut model = Model {
            name: Value::Value("app".to_owned()),
            engine_version: Value::Value("8.1".to_owned()),
            ..Model::default()
        };
        assert_eq!(parameter_group(&model).unwrap(), "default.valkey8");
        model.cluster_mode = Value::Value("enabled".to_owned());
        assert_eq!(parameter_group(&model).unwrap(), "default.valkey8.cluster.on");
        let policy = ("maxmemory-policy".to_owned(), Value::Unknown);
        model.parameters = Value::Value(BTreeMap::from([policy]));
        assert_eq!(parameter_group(&model).unwrap(), "officeless-app-valkey8-cluster");
        model.parameters = Value::Unknown;
        assert_eq!(parameter_group(&model), None);
    }
}
