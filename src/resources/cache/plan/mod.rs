//! The plan of `officeless_cache`: defaults that depend on each other, what AWS must be asked, and
//! what a change costs.
//!
//! Asked again, it answers the same: counts that are not configured are kept, whatever AWS scaled
//! meanwhile.

mod costs;
mod offers;
#[cfg(test)]
mod tests;

use super::model::{Autoscaling, Model};
use super::{validate, wanted};
use crate::framework::diagnostic::diagnostic;
use crate::framework::resource::{Context, Plan, PlanRequest};
use crate::framework::value::{AttributePath, Diagnostics, Value, known_set};
use crate::platform::cache::{self, Dimension, Version};
use crate::platform::defaults::CACHE as PLATFORM;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::torn_down;

/// Tags written beside the practitioner's and those of every resource: `Name`, on the created
/// security group.
const OWN_TAGS: usize = 1;

/// Refines the draft that the framework made.
pub(super) async fn plan(
    cx: Option<&Context<ProviderContext>>,
    request: PlanRequest<'_, Model>,
    plan: &mut Plan<Model>,
) {
    let Plan { planned, replaces, diagnostics } = plan;
    let PlanRequest { config, prior, private, .. } = request;
    let region = attributes::plan_region(cx, &config.region, &mut planned.region, diagnostics);
    planned.tags_all = attributes::plan_tags(cx, &planned.tags, OWN_TAGS, diagnostics);
    planned.engine = Value::Value(PLATFORM.engine.to_owned());
    plan_topology(config, prior, planned);
    plan_network(config, prior, planned);
    plan_protection(config, planned);
    plan_autoscaling(planned);
    if let (Some(cx), Some(region)) = (cx, region) {
        offers::plan(cx, &region, config, prior, planned, diagnostics).await;
    } else if config.engine_version.is_null() && prior.is_none() {
        planned.engine_version = Value::Unknown;
    }
    plan_groups(prior, planned);
    validate::topology(planned, diagnostics);
    if let Value::Value(scaling) = &planned.autoscaling {
        suit(planned, scaling, diagnostics);
    }
    if let Some(prior) = prior {
        replaces.extend(replacements(prior, planned).into_iter().map(AttributePath::new));
        plan_token(prior, planned, diagnostics);
        costs::of_change(prior, planned, !replaces.is_empty(), diagnostics);
    } else {
        costs::of_creation(planned, diagnostics);
    }
    if !prior.is_some_and(is_complete) {
        planned.status = Value::Unknown;
        planned.status_reason = Value::Unknown;
    }
    if prior.is_some() && torn_down::is(private) {
        // What a destroy has left goes, and a new one is made.
        replaces.push(AttributePath::new(attributes::STATUS));
    }
}

fn is_complete(model: &Model) -> bool {
    model.status == Value::Value(COMPLETE.to_owned())
}

/// Failover and counts where configuration is silent.
fn plan_topology(config: &Model, prior: Option<&Model>, planned: &mut Model) {
    let single = planned.single_instance;
    let unless_single = match single {
        Value::Value(single) => Value::Value(!single),
        _ => Value::Unknown,
    };
    if config.multi_az_enabled.is_null() {
        planned.multi_az_enabled = unless_single;
    }
    if config.automatic_failover_enabled.is_null() {
        planned.automatic_failover_enabled = unless_single;
    }
    if config.num_node_groups.is_null() {
        let first = i64::from(PLATFORM.num_node_groups);
        planned.num_node_groups = plan_count(prior, planned, Dimension::NodeGroups, first, first);
    }
    if config.replicas_per_node_group.is_null() {
        let first = i64::from(PLATFORM.replicas_per_node_group);
        planned.replicas_per_node_group = plan_count(prior, planned, Dimension::Replicas, first, 0);
    }
}

/// A count that configuration does not say: what autoscaling begins with, or what there is, or the
/// default at creation.
fn plan_count(
    prior: Option<&Model>,
    planned: &Model,
    dimension: Dimension,
    first: i64,
    of_single: i64,
) -> Value<i64> {
    let Value::Value(single) = planned.single_instance else { return Value::Unknown };
    if single {
        return Value::Value(of_single);
    }
    let Some(owned) = wanted::owns(planned, dimension) else { return Value::Unknown };
    let (count, actual) = match (prior, dimension) {
        (None, _) => (Value::Null, Value::Null),
        (Some(prior), Dimension::NodeGroups) => {
            (prior.num_node_groups, prior.num_node_groups_actual)
        }
        (Some(prior), Dimension::Replicas) => {
            (prior.replicas_per_node_group, prior.replicas_per_node_group_actual)
        }
    };
    let was_single = prior.is_some_and(|prior| prior.single_instance == Value::Value(true));
    let was_owned = prior.is_some_and(|prior| wanted::owns(prior, dimension) == Some(true));
    // What scaled by itself stays as large as it has become.
    let kept = if was_owned && !owned { actual } else { count };
    match (kept, &planned.autoscaling) {
        (Value::Value(count), _) if !was_single => Value::Value(count),
        (_, Value::Value(scaling)) if owned => scaling.min,
        _ => Value::Value(first),
    }
}

fn plan_network(config: &Model, prior: Option<&Model>, planned: &mut Model) {
    if config.ip_discovery.is_null() {
        planned.ip_discovery = match &planned.network_type {
            Value::Unknown => Value::Unknown,
            Value::Value(kind) if kind == "ipv6" => Value::Value("ipv6".to_owned()),
            _ => Value::Value("ipv4".to_owned()),
        };
    }
    if config.subnet_group_name.is_null() {
        // A cache cannot change its group: one that was imported keeps the group it has.
        planned.subnet_group_name =
            match (prior.map(|prior| &prior.subnet_group_name), &planned.name) {
                (Some(Value::Value(group)), _) => Value::Value(group.clone()),
                (_, Value::Value(name)) => Value::Value(cache::subnet_group(name)),
                _ => Value::Unknown,
            };
    }
    if config.subnet_ids.is_null() {
        planned.subnet_ids = match prior {
            Some(prior) if prior.subnet_group_name == planned.subnet_group_name => {
                prior.subnet_ids.clone()
            }
            _ => Value::Unknown,
        };
    }
    planned.security_group_id = match (wanted::wants_group(planned), prior) {
        (Some(false), _) => Value::Null,
        (Some(true), Some(prior)) if prior.security_group_id.is_value() => {
            prior.security_group_id.clone()
        }
        _ => Value::Unknown,
    };
}

fn plan_protection(config: &Model, planned: &mut Model) {
    if config.transit_encryption_mode.is_null() {
        planned.transit_encryption_mode = match planned.transit_encryption_enabled {
            Value::Value(true) => Value::Value(PLATFORM.transit_encryption_mode.to_owned()),
            Value::Unknown => Value::Unknown,
            _ => Value::Null,
        };
    }
}

fn plan_autoscaling(planned: &mut Model) {
    let Value::Value(scaling) = &mut planned.autoscaling else { return };
    // A metric that is configured stands already; one that is not follows the dimension.
    let follows = match (&scaling.metric, &scaling.dimension) {
        (Value::Value(metric), Value::Value(dimension)) => Dimension::parse(dimension)
            .is_some_and(|dimension| !cache::metric_suits(metric, dimension)),
        _ => true,
    };
    if follows {
        scaling.metric = match &scaling.dimension {
            Value::Value(dimension) => {
                Dimension::parse(dimension).map(|of| of.metric().to_owned()).into()
            }
            _ => Value::Unknown,
        };
    }
}

/// Names of what is made beside the cache.
fn plan_groups(prior: Option<&Model>, planned: &mut Model) {
    let same = |prior: &&Model| {
        prior.parameters == planned.parameters
            && wanted::version(prior).map(Version::family)
                == wanted::version(planned).map(Version::family)
            && wanted::clustered(prior) == wanted::clustered(planned)
            && prior.engine == planned.engine
            && prior.parameter_group_name.is_value()
    };
    planned.parameter_group_name = match prior.filter(same) {
        // A group of somebody else stays as long as it says what is configured.
        Some(prior) => prior.parameter_group_name.clone(),
        None => wanted::parameter_group(planned).map_or(Value::Unknown, Value::Value),
    };
    planned.user_group_id = match (&planned.users, &planned.name) {
        (Value::Unknown, _) => Value::Unknown,
        (Value::Value(users), Value::Value(name)) if !users.is_empty() => {
            Value::Value(cache::user_group(name))
        }
        (Value::Value(users), _) if !users.is_empty() => Value::Unknown,
        _ => Value::Null,
    };
}

/// Whether AWS scales such a cache, now that the version is known.
fn suit(planned: &Model, _scaling: &Autoscaling, diagnostics: &mut Diagnostics) {
    let version = wanted::version(planned);
    if let Some(reason) = cache::unsuited(None, version) {
        diagnostics.add_error(diagnostic(
            "Invalid Attribute Combination",
            format!("autoscaling: {reason}. Raise engine_version, or remove autoscaling."),
            AttributePath::new("autoscaling"),
        ));
    }
}

/// What AWS changes by no call.
fn replacements(prior: &Model, planned: &Model) -> Vec<&'static str> {
    let mut replaces = Vec::new();
    let downgrade = matches!(
        (wanted::version(prior), wanted::version(planned)),
        (Some(before), Some(after)) if after < before
    );
    // A Redis OSS version is no Valkey version: the conversion goes forward whatever it says.
    if downgrade && prior.engine == planned.engine {
        replaces.push("engine_version");
    }
    if let (Value::Value(before), Value::Value(after)) =
        (&prior.cluster_mode, &planned.cluster_mode)
        && wanted::mode_rank(after) < wanted::mode_rank(before)
    {
        replaces.push("cluster_mode");
    }
    // Where it came from matters no more once it is there, unless another origin is named.
    if !planned.snapshot_name.is_null() && planned.snapshot_name != prior.snapshot_name {
        replaces.push("snapshot_name");
    }
    if !planned.snapshot_arns.is_null()
        && known_set(&planned.snapshot_arns) != known_set(&prior.snapshot_arns)
    {
        replaces.push("snapshot_arns");
    }
    replaces
}

/// A token goes only where users come.
fn plan_token(prior: &Model, planned: &Model, diagnostics: &mut Diagnostics) {
    let gone = prior.auth_token_wo_version.is_value() && planned.auth_token_wo_version.is_null();
    let followed = !planned.users.is_null() || !planned.user_group_ids.is_null();
    if gone && !followed {
        diagnostics.add_error(diagnostic(
            "Token Cannot Be Removed",
            "auth_token_wo was removed, and AWS takes a token away only when users take over. Keep \
             auth_token_wo and auth_token_wo_version, or give users or user_group_ids.",
            AttributePath::new("auth_token_wo"),
        ));
    }
}
