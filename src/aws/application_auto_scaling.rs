//! Application Auto Scaling: what changes the size of a cache by itself.
//!
//! <https://docs.aws.amazon.com/autoscaling/application/APIReference/Welcome.html>

use aws_sdk_applicationautoscaling::types::{
    PolicyType, PredefinedMetricSpecification, ScalableDimension, ServiceNamespace,
    TargetTrackingScalingPolicyConfiguration,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::clients::Clients;
use super::error::{self, Error, Kind, Service};

/// The bounds of what is scaled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalableTarget {
    /// Such as `elasticache:replication-group:NodeGroups`.
    pub dimension: String,
    /// Fewest.
    pub min: i32,
    /// Most.
    pub max: i32,
}

/// A policy that keeps a metric at a target.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetTracking {
    /// Name of the policy.
    pub name: String,
    /// Such as `elasticache:replication-group:NodeGroups`.
    pub dimension: String,
    /// Such as `ElastiCachePrimaryEngineCPUUtilization`; absent for one of the account's own.
    pub metric: Option<String>,
    /// What to keep it at.
    pub target_value: f64,
    /// Seconds.
    pub scale_in_cooldown: Option<i32>,
    /// Seconds.
    pub scale_out_cooldown: Option<i32>,
    /// Whether it only ever grows.
    pub disable_scale_in: bool,
}

/// The resource id of a replication group.
pub fn resource_id(replication_group_id: &str) -> String {
    format!("replication-group/{replication_group_id}")
}

/// Lists what is scaled of a replication group.
/// IAM: application-autoscaling:DescribeScalableTargets
pub async fn list_targets(
    clients: &Clients,
    replication_group_id: &str,
) -> Result<Vec<ScalableTarget>, Error> {
    let resource_id = resource_id(replication_group_id);
    let answer = clients
        .application_auto_scaling()
        .describe_scalable_targets()
        .service_namespace(ServiceNamespace::Elasticache)
        .resource_ids(&resource_id)
        .send()
        .await
        .map_err(failed("DescribeScalableTargets"))?;
    let targets = answer.scalable_targets.unwrap_or_default().into_iter();
    Ok(targets
        .filter(|target| target.resource_id == resource_id)
        .map(|target| ScalableTarget {
            dimension: target.scalable_dimension.as_str().to_owned(),
            min: target.min_capacity,
            max: target.max_capacity,
        })
        .collect())
}

/// Lists the target tracking policies of a replication group.
/// IAM: application-autoscaling:DescribeScalingPolicies
pub async fn list_policies(
    clients: &Clients,
    replication_group_id: &str,
) -> Result<Vec<TargetTracking>, Error> {
    let resource_id = resource_id(replication_group_id);
    let answer = clients
        .application_auto_scaling()
        .describe_scaling_policies()
        .service_namespace(ServiceNamespace::Elasticache)
        .resource_id(&resource_id)
        .send()
        .await
        .map_err(failed("DescribeScalingPolicies"))?;
    let policies = answer.scaling_policies.unwrap_or_default().into_iter();
    Ok(policies
        .filter(|policy| policy.resource_id == resource_id)
        .filter_map(|policy| {
            let tracking = policy.target_tracking_scaling_policy_configuration?;
            Some(TargetTracking {
                name: policy.policy_name,
                dimension: policy.scalable_dimension.as_str().to_owned(),
                metric: tracking
                    .predefined_metric_specification
                    .map(|metric| metric.predefined_metric_type.as_str().to_owned()),
                target_value: tracking.target_value,
                scale_in_cooldown: tracking.scale_in_cooldown,
                scale_out_cooldown: tracking.scale_out_cooldown,
                disable_scale_in: tracking.disable_scale_in.unwrap_or(false),
            })
        })
        .collect())
}

/// Sets the bounds; the count is brought between them at once.
/// IAM: application-autoscaling:RegisterScalableTarget, iam:CreateServiceLinkedRole
pub async fn register_target(
    clients: &Clients,
    replication_group_id: &str,
    target: &ScalableTarget,
) -> Result<(), Error> {
    let request = clients
        .application_auto_scaling()
        .register_scalable_target()
        .service_namespace(ServiceNamespace::Elasticache)
        .resource_id(resource_id(replication_group_id))
        .scalable_dimension(ScalableDimension::from(target.dimension.as_str()))
        .min_capacity(target.min)
        .max_capacity(target.max);
    request.send().await.map(drop).map_err(failed("RegisterScalableTarget"))
}

/// Creates or changes a policy. IAM: application-autoscaling:PutScalingPolicy
pub async fn put_policy(
    clients: &Clients,
    replication_group_id: &str,
    policy: &TargetTracking,
) -> Result<(), Error> {
    const OPERATION: &str = "PutScalingPolicy";
    let unbuildable = |error: aws_sdk_applicationautoscaling::error::BuildError| {
        let message = "the request could not be built";
        Error::new(Service::ApplicationAutoScaling, OPERATION, Kind::Invalid, message)
            .with_source(error)
    };
    let metric = policy
        .metric
        .as_deref()
        .map(|metric| {
            PredefinedMetricSpecification::builder().predefined_metric_type(metric.into()).build()
        })
        .transpose()
        .map_err(unbuildable)?;
    let configuration = TargetTrackingScalingPolicyConfiguration::builder()
        .target_value(policy.target_value)
        .set_predefined_metric_specification(metric)
        .set_scale_in_cooldown(policy.scale_in_cooldown)
        .set_scale_out_cooldown(policy.scale_out_cooldown)
        .disable_scale_in(policy.disable_scale_in)
        .build()
        .map_err(unbuildable)?;
    let request = clients
        .application_auto_scaling()
        .put_scaling_policy()
        .policy_name(&policy.name)
        .service_namespace(ServiceNamespace::Elasticache)
        .resource_id(resource_id(replication_group_id))
        .scalable_dimension(ScalableDimension::from(policy.dimension.as_str()))
        .policy_type(PolicyType::TargetTrackingScaling)
        .target_tracking_scaling_policy_configuration(configuration);
    request.send().await.map(drop).map_err(failed(OPERATION))
}

/// Ends scaling of a dimension; its policies go with it.
/// IAM: application-autoscaling:DeregisterScalableTarget
pub async fn deregister_target(
    clients: &Clients,
    replication_group_id: &str,
    dimension: &str,
) -> Result<(), Error> {
    let request = clients
        .application_auto_scaling()
        .deregister_scalable_target()
        .service_namespace(ServiceNamespace::Elasticache)
        .resource_id(resource_id(replication_group_id))
        .scalable_dimension(ScalableDimension::from(dimension));
    error::gone(request.send().await.map_err(failed("DeregisterScalableTarget")))
}

fn failed<E>(operation: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    error::classified(Service::ApplicationAutoScaling, operation, CODES)
}

/// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_Operations.html>
const CODES: &[(&str, Kind)] = &[
    ("ObjectNotFoundException", Kind::NotFound),
    ("ConcurrentUpdateException", Kind::Conflict),
    ("FailedResourceAccessException", Kind::Conflict),
    ("InternalServiceException", Kind::Transport),
    ("InvalidNextTokenException", Kind::Invalid),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replication_group_is_named_as_application_auto_scaling_wants_it() {
        assert_eq!(resource_id("app"), "replication-group/app");
    }
}
