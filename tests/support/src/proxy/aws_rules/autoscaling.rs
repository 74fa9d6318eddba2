//! Application Auto Scaling, for the caches of the double.

use super::super::reply::{self, Reply};
use super::elasticache::{self, Dimension};
use super::{Exchange, Pending, lock};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Resource and dimension: what a target is told apart by.
type TargetKey = (String, String);

#[derive(Debug)]
struct Target {
    min: i64,
    max: i64,
    arn: String,
    role: String,
    suspended: Value,
    tags: Map<String, Value>,
    created: f64,
    /// Whether the limits changed since the count was last compared with them.
    due: bool,
}

#[derive(Debug)]
struct Policy {
    arn: String,
    target: TargetKey,
    configuration: Value,
    alarms: Value,
    created: f64,
}

/// What one account has registered in one region.
#[derive(Debug, Default)]
pub(in crate::proxy) struct Scaling {
    targets: BTreeMap<TargetKey, Target>,
    /// Target and name to policy.
    policies: BTreeMap<(TargetKey, String), Policy>,
    counter: u64,
}

struct Refusal(&'static str, String);

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal("ValidationException", message.into())
}

fn no_target((resource, dimension): &TargetKey) -> Refusal {
    let message = format!(
        "No scalable target registered for service namespace: elasticache, resource ID: {resource}, \
         scalable dimension: {dimension}"
    );
    Refusal("ObjectNotFoundException", message)
}

fn now() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap_or_default().as_secs_f64()
}

/// Answers a call of the service.
pub(super) fn answer(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let call = exchange.call;
        let key = (call.account.clone(), call.region.clone());
        let mut clouds = lock(&exchange.memory.caches);
        let mut scalings = lock(&exchange.memory.scaling);
        let cloud = clouds.entry(key.clone()).or_default();
        let scaling = scalings.entry(key).or_default();
        let ask = call.json();
        let answered = match call.operation.as_str() {
            "RegisterScalableTarget" => register(exchange, scaling, cloud, &ask),
            "DescribeScalableTargets" => Ok(describe_targets(scaling, &ask)),
            "DeregisterScalableTarget" => deregister(scaling, &ask),
            "PutScalingPolicy" => put_policy(exchange, scaling, &ask),
            "DescribeScalingPolicies" => Ok(describe_policies(scaling, &ask)),
            "DeleteScalingPolicy" => delete_policy(scaling, &ask),
            "ListTagsForResource" | "TagResource" | "UntagResource" => {
                tags(scaling, &call.operation, &ask)
            }
            other => Err(invalid(format!("{other} is not modelled by the bench"))),
        };
        Ok(Some(match answered {
            Ok(body) => Reply::json(200, &body),
            Err(Refusal(code, message)) => reply::error(call, 400, code, &message, &[]),
        }))
    })
}

/// Scales what is due, as the service does by itself; runs before a cache is read.
pub(super) fn scale_what_is_due(exchange: Exchange<'_>) -> Pending<'_, Option<Reply>> {
    Box::pin(async move {
        let key = (exchange.call.account.clone(), exchange.call.region.clone());
        let mut clouds = lock(&exchange.memory.caches);
        let mut scalings = lock(&exchange.memory.scaling);
        if let (Some(cloud), Some(scaling)) = (clouds.get_mut(&key), scalings.get_mut(&key)) {
            scale(scaling, cloud);
        }
        Ok(None)
    })
}

fn scale(scaling: &mut Scaling, cloud: &mut elasticache::Cloud) {
    for ((resource, dimension), target) in &mut scaling.targets {
        let Some((id, dimension)) = group_of(resource, dimension).filter(|_| target.due) else {
            continue;
        };
        let Ok(present) = elasticache::size(cloud, &id, dimension) else { continue };
        let present = i64::try_from(present).unwrap_or(i64::MAX);
        let wanted = present.clamp(target.min, target.max.max(target.min));
        let count = usize::try_from(wanted).unwrap_or_default();
        if wanted == present || elasticache::resize(cloud, &id, dimension, count) {
            target.due = false;
        }
    }
}

fn group_of(resource: &str, dimension: &str) -> Option<(String, Dimension)> {
    let id = resource.strip_prefix("replication-group/")?.to_owned();
    match dimension {
        "elasticache:replication-group:NodeGroups" => Some((id, Dimension::NodeGroups)),
        "elasticache:replication-group:Replicas" => Some((id, Dimension::Replicas)),
        _ => None,
    }
}

fn key_of(ask: &Value) -> Result<TargetKey, Refusal> {
    if ask["ServiceNamespace"] != "elasticache" {
        return Err(invalid("Only the service namespace elasticache is modelled by the bench"));
    }
    let text = |name: &str| ask[name].as_str().unwrap_or_default().to_owned();
    let key = (text("ResourceId"), text("ScalableDimension"));
    group_of(&key.0, &key.1)
        .map(|_| key.clone())
        .ok_or_else(|| invalid(format!("Unsupported resource {} or dimension {}", key.0, key.1)))
}

fn register(
    exchange: Exchange<'_>,
    scaling: &mut Scaling,
    cloud: &mut elasticache::Cloud,
    ask: &Value,
) -> Result<Value, Refusal> {
    let key = key_of(ask)?;
    let Some((id, dimension)) = group_of(&key.0, &key.1) else {
        return Err(no_target(&key));
    };
    elasticache::size(cloud, &id, dimension).map_err(invalid)?;
    let known = scaling.targets.get(&key);
    let limit = |name: &str, before: Option<i64>| {
        ask[name].as_i64().or(before).ok_or_else(|| invalid(format!("{name} is missing")))
    };
    let min = limit("MinCapacity", known.map(|target| target.min))?;
    let max = limit("MaxCapacity", known.map(|target| target.max))?;
    let (least, most) = if dimension == Dimension::NodeGroups { (1, 500) } else { (1, 5) };
    if min > max || min < least || max > most {
        return Err(invalid(format!(
            "MinCapacity {min} and MaxCapacity {max} are not in order between {least} and {most}"
        )));
    }
    let Exchange { call, .. } = exchange;
    scaling.counter += 1;
    let number = scaling.counter;
    let place = format!("{}:{}", call.region, call.account);
    let target = scaling.targets.entry(key).or_insert_with(|| Target {
        min,
        max,
        arn: format!("arn:aws:application-autoscaling:{place}:scalable-target/0ec5{number:030}"),
        role: format!(
            "arn:aws:iam::{}:role/aws-service-role/elasticache.application-autoscaling.amazonaws.com/\
             AWSServiceRoleForApplicationAutoScaling_ElastiCacheRG",
            call.account
        ),
        suspended: json!({
            "DynamicScalingInSuspended": false,
            "DynamicScalingOutSuspended": false,
            "ScheduledScalingSuspended": false,
        }),
        tags: ask["Tags"].as_object().cloned().unwrap_or_default(),
        created: now(),
        due: true,
    });
    (target.min, target.max, target.due) = (min, max, true);
    if let Some(suspended) = ask["SuspendedState"].as_object() {
        for (name, value) in suspended {
            target.suspended[name] = value.clone();
        }
    }
    let arn = target.arn.clone();
    scale(scaling, cloud);
    Ok(json!({ "ScalableTargetARN": arn }))
}

fn describe_targets(scaling: &Scaling, ask: &Value) -> Value {
    if ask["ServiceNamespace"] != "elasticache" {
        return json!({ "ScalableTargets": [] });
    }
    let ids: Option<Vec<&str>> =
        ask["ResourceIds"].as_array().map(|ids| ids.iter().filter_map(Value::as_str).collect());
    let targets = scaling.targets.iter().filter(|((resource, dimension), _)| {
        ids.as_ref().is_none_or(|ids| ids.contains(&resource.as_str()))
            && ask["ScalableDimension"].as_str().is_none_or(|wanted| wanted == dimension)
    });
    let targets = targets.map(|((resource, dimension), target)| {
        json!({
            "ServiceNamespace": "elasticache",
            "ResourceId": resource,
            "ScalableDimension": dimension,
            "MinCapacity": target.min,
            "MaxCapacity": target.max,
            "RoleARN": target.role,
            "CreationTime": target.created,
            "SuspendedState": target.suspended,
            "ScalableTargetARN": target.arn,
        })
    });
    json!({ "ScalableTargets": targets.collect::<Vec<_>>() })
}

fn deregister(scaling: &mut Scaling, ask: &Value) -> Result<Value, Refusal> {
    let key = key_of(ask)?;
    scaling.targets.remove(&key).ok_or_else(|| no_target(&key))?;
    scaling.policies.retain(|(target, _), _| *target != key);
    Ok(json!({}))
}

const METRICS: [(&str, Option<Dimension>); 5] = [
    ("ElastiCachePrimaryEngineCPUUtilization", Some(Dimension::NodeGroups)),
    ("ElastiCacheReplicaEngineCPUUtilization", Some(Dimension::Replicas)),
    ("ElastiCacheDatabaseMemoryUsageCountedForEvictPercentage", Some(Dimension::NodeGroups)),
    ("ElastiCacheDatabaseCapacityUsageCountedForEvictPercentage", Some(Dimension::NodeGroups)),
    ("ElastiCacheDatabaseMemoryUsagePercentage", Some(Dimension::NodeGroups)),
];

fn put_policy(
    exchange: Exchange<'_>,
    scaling: &mut Scaling,
    ask: &Value,
) -> Result<Value, Refusal> {
    let key = key_of(ask)?;
    if !scaling.targets.contains_key(&key) {
        return Err(no_target(&key));
    }
    let name = ask["PolicyName"].as_str().unwrap_or_default().to_owned();
    let configuration = ask["TargetTrackingScalingPolicyConfiguration"].clone();
    if ask["PolicyType"] != "TargetTrackingScaling" || name.is_empty() {
        return Err(invalid("Only named target tracking policies are modelled by the bench"));
    }
    let metric = configuration["PredefinedMetricSpecification"]["PredefinedMetricType"].as_str();
    let of = group_of(&key.0, &key.1).map(|(_, dimension)| dimension);
    let fits = |(known, scales): &(&str, Option<Dimension>)| {
        Some(*known) == metric && scales.is_none_or(|scales| Some(scales) == of)
    };
    if !METRICS.iter().any(fits) {
        return Err(invalid(format!("The metric {metric:?} does not go with {}", key.1)));
    }
    if !configuration["TargetValue"].as_f64().is_some_and(|value| (35.0..=70.0).contains(&value)) {
        return Err(invalid("TargetValue must be between 35 and 70"));
    }
    scaling.counter += 1;
    let number = scaling.counter;
    let (call, place) = (exchange.call, format!("{}/{name}", key.0));
    let alarms = ["AlarmHigh", "AlarmLow"].map(|side| {
        let alarm = format!("TargetTracking-{}-{side}-{number:08}", key.0);
        let arn = format!("arn:aws:cloudwatch:{}:{}:alarm:{alarm}", call.region, call.account);
        json!({ "AlarmName": alarm, "AlarmARN": arn })
    });
    let policy = scaling.policies.entry((key.clone(), name.clone())).or_insert_with(|| Policy {
        arn: format!(
            "arn:aws:autoscaling:{}:{}:scalingPolicy:{number:08}:resource/elasticache/{place}",
            call.region, call.account
        ),
        target: key,
        configuration: Value::Null,
        alarms: json!(alarms),
        created: now(),
    });
    policy.configuration = configuration;
    Ok(json!({ "PolicyARN": policy.arn, "Alarms": policy.alarms }))
}

fn describe_policies(scaling: &Scaling, ask: &Value) -> Value {
    let names: Option<Vec<&str>> =
        ask["PolicyNames"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect());
    let policies = scaling.policies.iter().filter(|((target, name), _)| {
        ask["ServiceNamespace"] == "elasticache"
            && names.as_ref().is_none_or(|names| names.contains(&name.as_str()))
            && ask["ResourceId"].as_str().is_none_or(|wanted| wanted == target.0)
            && ask["ScalableDimension"].as_str().is_none_or(|wanted| wanted == target.1)
    });
    let policies = policies.map(|((_, name), policy)| {
        json!({
            "PolicyARN": policy.arn,
            "PolicyName": name,
            "ServiceNamespace": "elasticache",
            "ResourceId": policy.target.0,
            "ScalableDimension": policy.target.1,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": policy.configuration,
            "Alarms": policy.alarms,
            "CreationTime": policy.created,
        })
    });
    json!({ "ScalingPolicies": policies.collect::<Vec<_>>() })
}

fn delete_policy(scaling: &mut Scaling, ask: &Value) -> Result<Value, Refusal> {
    let key = key_of(ask)?;
    let name = ask["PolicyName"].as_str().unwrap_or_default().to_owned();
    let found = scaling.policies.remove(&(key, name.clone()));
    found.map(|_| json!({})).ok_or_else(|| {
        Refusal("ObjectNotFoundException", format!("No scaling policy found named {name}"))
    })
}

fn tags(scaling: &mut Scaling, operation: &str, ask: &Value) -> Result<Value, Refusal> {
    let arn = ask["ResourceARN"].as_str().unwrap_or_default();
    let target = scaling.targets.values_mut().find(|target| target.arn == arn);
    let target = target.ok_or_else(|| {
        Refusal("ResourceNotFoundException", format!("The specified resource doesn't exist: {arn}"))
    })?;
    match operation {
        "ListTagsForResource" => return Ok(json!({ "Tags": target.tags })),
        "TagResource" => target.tags.extend(ask["Tags"].as_object().cloned().unwrap_or_default()),
        _ => {
            for key in ask["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                target.tags.remove(key);
            }
        }
    }
    Ok(json!({}))
}
