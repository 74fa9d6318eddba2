//! The plan of `officeless_shared_storage`: what depends on AWS or on several attributes.
//!
//! Reads AWS only to find what configuration leaves out and to refuse what cannot work. Asked again,
//! it answers the same: subnets are chosen by zone and id, never by how full they are.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::csi::Part;
use super::manifests;
use super::model::{Model, Replication};
use super::network;
use crate::framework::diagnostic::{diagnostic, invalid_combination};
use crate::framework::resource::{Context, Plan, PlanRequest};
use crate::framework::value::{AttributePath, Diagnostics, StringMap, Value, known_map, known_set};
use crate::platform::policies::{FileSystemAccess, file_system_policy, same_file_system_policy};
use crate::platform::tags;
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::torn_down;

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
    plan_cluster_name(cx, config, prior, planned);
    if planned.encrypted == Value::Value(false) && config.kms_key_arn.is_null() {
        planned.kms_key_arn = Value::Null;
    }
    plan_replication(cx, config, prior, planned, diagnostics);
    if let (Some(cx), Some(region)) = (cx, region) {
        network::plan(cx, &region, config, prior, planned, diagnostics).await;
    }
    plan_roles(prior, planned, diagnostics);
    plan_mount_targets(prior, planned);
    plan_access_points(prior, planned);
    plan_policy(prior, planned);
    plan_throughput(prior, planned, diagnostics);
    plan_manifests(planned, diagnostics);
    plan_status(prior, planned);
    if prior.is_some() && torn_down::is(private) {
        // What is left goes, and a new one is made.
        replaces.push(AttributePath::new(attributes::STATUS));
    }
    warn_of_double_backup(prior, planned, diagnostics);
}

/// Tags written beside the practitioner's and those of every resource: `Name`, the cluster, the
/// backup plan, and while its create lasts whose the replica is.
const OWN_TAGS: usize = 4;

/// Two plans that back the same files up are paid for twice.
fn warn_of_double_backup(prior: Option<&Model>, planned: &Model, diagnostics: &mut Diagnostics) {
    let covered = |model: &Model| {
        let tags = known_map(&model.tags_all).unwrap_or_default();
        model.backup_plan.is_value() || tags.contains_key(tags::BACKUP)
    };
    let twice =
        |model: &Model| covered(model) && model.backup_policy == Value::Value("ENABLED".to_owned());
    if !twice(planned) || prior.is_some_and(twice) {
        return;
    }
    diagnostics.add_warning(diagnostic(
        "Double Backup",
        "backup_plan puts the file system under a backup plan, and backup_policy = \"ENABLED\" has \
         AWS back it up each day as well, into the vault aws/efs/automatic-backup-vault. Set \
         backup_policy = \"DISABLED\" unless both are wanted.",
        AttributePath::new("backup_policy"),
    ));
}

fn plan_cluster_name(
    cx: Option<&Context<ProviderContext>>,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
) {
    if !config.cluster_name.is_null() {
        return;
    }
    let Some(cx) = cx else { return };
    planned.cluster_name = match (&cx.provider.cluster_name, prior) {
        (Some(name), _) => Value::Value(name.clone()),
        (None, Some(prior)) => prior.cluster_name.clone(),
        (None, None) => Value::Null,
    };
}

fn plan_replication(
    cx: Option<&Context<ProviderContext>>,
    config: &Model,
    prior: Option<&Model>,
    planned: &mut Model,
    diagnostics: &mut Diagnostics,
) {
    let region = planned.region.clone();
    let (Value::Value(config), Value::Value(planned)) =
        (&config.replication, &mut planned.replication)
    else {
        return;
    };
    if config.destination_region.is_null() {
        planned.destination_region = region;
    }
    let path = AttributePath::new("replication").attribute("destination_region");
    if let (Some(cx), Value::Value(region)) = (cx, &planned.destination_region)
        && let Some(refusal) = cx.provider.check_region(&path, region)
    {
        diagnostics.add_error(refusal);
    }
    let kept = prior.and_then(|prior| match &prior.replication {
        Value::Value(prior) if same_destination(prior, planned) => Some(prior.clone()),
        _ => None,
    });
    if let Some(kept) = kept {
        *planned = Replication { kms_key_arn: planned.kms_key_arn.clone(), ..kept };
        return;
    }
    planned.status = Value::Unknown;
    if config.destination_file_system_id.is_null() {
        planned.destination_file_system_id = Value::Unknown;
    }
}

/// Whether two descriptions of a replica mean the same one.
pub(super) fn same_destination(one: &Replication, other: &Replication) -> bool {
    let same_system = one.destination_file_system_id == other.destination_file_system_id
        || !other.destination_file_system_id.is_value();
    same_system
        && one.destination_region == other.destination_region
        && one.kms_key_arn == other.kms_key_arn
        && one.availability_zone_name == other.availability_zone_name
}

fn plan_mount_targets(prior: Option<&Model>, planned: &mut Model) {
    let Some(prior) = prior else { return };
    let kept = prior.subnet_ids == planned.subnet_ids
        && prior.security_group_ids == planned.security_group_ids
        && is_complete(prior);
    planned.mount_targets = if kept { prior.mount_targets.clone() } else { Value::Unknown };
}

/// The driver's roles: kept while they belong to the same cluster and service accounts.
fn plan_roles(prior: Option<&Model>, planned: &mut Model, diagnostics: &mut Diagnostics) {
    if planned.csi_pod_identity.is_value() && planned.cluster_name.is_null() {
        diagnostics.add_error(invalid_combination(
            AttributePath::new("csi_pod_identity"),
            "csi_pod_identity needs a cluster whose service accounts get the roles. Give \
             cluster_name, here or in the provider block, or remove csi_pod_identity.",
        ));
    }
    for part in Part::ALL {
        let kept = prior.filter(|prior| {
            is_complete(prior)
                && prior.csi_pod_identity == planned.csi_pod_identity
                && prior.cluster_name == planned.cluster_name
        });
        let arn = match (kept, &planned.csi_pod_identity) {
            (_, Value::Null) => Value::Null,
            (Some(prior), _) => part.role_arn(prior).clone(),
            (None, _) => Value::Unknown,
        };
        *part.role_arn_mut(planned) = arn;
    }
}

/// Ids and ARNs by key: kept where the access point is, unknown where it is new or replaced.
fn plan_access_points(prior: Option<&Model>, planned: &mut Model) {
    let points = match &planned.access_points {
        Value::Unknown => return unknown_access_points(planned),
        Value::Null => BTreeMap::new(),
        Value::Value(points) => points.clone(),
    };
    let before = match prior.map(|prior| &prior.access_points) {
        Some(Value::Value(before)) => before.clone(),
        _ => BTreeMap::new(),
    };
    let learn = |of: fn(&Model) -> &Value<StringMap>| {
        let known = prior.and_then(|prior| known_map(of(prior))).unwrap_or_default();
        let entries = points.iter().map(|(key, point)| {
            let kept = known.get(key).filter(|_| before.get(key) == Some(point));
            (key.clone(), kept.map_or(Value::Unknown, |id| Value::Value(id.clone())))
        });
        Value::Value(entries.collect::<StringMap>())
    };
    planned.access_point_ids = learn(|model| &model.access_point_ids);
    planned.access_point_arns = learn(|model| &model.access_point_arns);
}

fn unknown_access_points(planned: &mut Model) {
    planned.access_point_ids = Value::Unknown;
    planned.access_point_arns = Value::Unknown;
}

/// The policy that should be in force; the prior text when it says the same.
fn plan_policy(prior: Option<&Model>, planned: &mut Model) {
    planned.policy_json = match desired_policy(planned) {
        Some(desired) => match prior.map(|prior| &prior.policy_json) {
            Some(Value::Value(current)) if says_the_same(planned, current, &desired) => {
                Value::Value(current.clone())
            }
            _ => Value::Value(desired),
        },
        None => Value::Unknown,
    };
}

/// Whether two policies say the same of this model's file system.
pub(super) fn says_the_same(model: &Model, one: &str, two: &str) -> bool {
    let arn = model.arn.clone().unwrap_or_default();
    same_file_system_policy(one, two, &arn)
}

/// The file-system policy by this model; `None` while something of it is unknown.
pub(super) fn desired_policy(model: &Model) -> Option<String> {
    match &model.policy {
        Value::Value(policy) => return Some(policy.clone()),
        Value::Unknown => return None,
        Value::Null => {}
    }
    let Value::Value(arn) = &model.arn else { return None };
    let mut roles = known_set(&model.client_role_arns)?;
    if model.csi_pod_identity.is_value() {
        // The driver's own nodes must be let in, or no pod could mount.
        match &model.node_role_arn {
            Value::Value(node) => {
                roles.insert(node.clone());
            }
            Value::Null => {}
            Value::Unknown => return None,
        }
    }
    let (Value::Value(root), Value::Value(tls)) =
        (model.allow_root_access, model.enforce_encryption_in_transit)
    else {
        return None;
    };
    let roles: Vec<String> = roles.into_iter().collect();
    let access = FileSystemAccess {
        file_system_arn: arn,
        client_role_arns: &roles,
        allow_root_access: root,
        enforce_encryption_in_transit: tls,
    };
    file_system_policy(&access).ok()
}

fn plan_throughput(prior: Option<&Model>, planned: &mut Model, diagnostics: &mut Diagnostics) {
    let Some(prior) = prior else {
        planned.throughput_change_allowed_at = Value::Null;
        return;
    };
    let same = prior.throughput_mode == planned.throughput_mode
        && prior.provisioned_throughput_in_mibps == planned.provisioned_throughput_in_mibps;
    if same {
        return;
    }
    if let Value::Value(allowed_at) = &prior.throughput_change_allowed_at {
        let later = OffsetDateTime::parse(allowed_at, &Rfc3339)
            .is_ok_and(|allowed_at| allowed_at > OffsetDateTime::now_utc());
        if later && !raises(prior, planned) {
            diagnostics.add_warning(diagnostic(
                "Throughput Change May Be Refused",
                format!(
                    "AWS allows no change of throughput mode and no decrease within 24 hours of \
                     switching to provisioned or raising it: the next one is allowed at \
                     {allowed_at}. Applying before then fails at once and changes nothing."
                ),
                AttributePath::new("throughput_mode"),
            ));
        }
    }
    planned.throughput_change_allowed_at = Value::Unknown;
}

/// Whether the change only raises provisioned throughput, which is always allowed.
pub(super) fn raises(prior: &Model, planned: &Model) -> bool {
    let amounts =
        (&prior.provisioned_throughput_in_mibps, &planned.provisioned_throughput_in_mibps);
    prior.throughput_mode == planned.throughput_mode
        && matches!(amounts, (Value::Value(before), Value::Value(after)) if after > before)
}

fn plan_manifests(planned: &mut Model, diagnostics: &mut Diagnostics) {
    if let Err(problem) = manifests::check_storage_class(planned) {
        diagnostics.add_error(diagnostic(
            "Invalid StorageClass",
            format!("storage_class: {problem}."),
            AttributePath::new("storage_class"),
        ));
        return;
    }
    let class = manifests::storage_class(planned);
    planned.storage_class_manifest = class.unwrap_or(Value::Unknown);
    let volumes = manifests::persistent_volumes(planned);
    planned.persistent_volume_manifests = volumes.unwrap_or(Value::Unknown);
}

/// Something missing is brought by the next apply, so its plan must show an update.
fn plan_status(prior: Option<&Model>, planned: &mut Model) {
    if prior.is_some_and(is_complete) {
        return;
    }
    planned.status = Value::Unknown;
    planned.status_reason = Value::Unknown;
}

fn is_complete(model: &Model) -> bool {
    model.status == Value::Value(COMPLETE.to_owned())
}
