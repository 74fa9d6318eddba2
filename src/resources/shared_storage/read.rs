//! The read of `officeless_shared_storage`: everything of one file system, asked at once.

use std::collections::BTreeSet;

use futures_util::future::{join_all, try_join, try_join3};
use futures_util::join;

use super::csi::{Part, owner, workload};
use super::model::{Lifecycle, Model, Replication};
use super::network::wanted_peers;
use super::steps::{
    arn, backup_status, by_zone, dns_name, group_name, is_ours, ours, shown, wanted_lifecycle,
};
use super::{KIND, manifests};
use crate::aws::ec2::{self, IngressRule, Peer, SecurityGroup};
use crate::aws::efs::mount_targets::MountTarget;
use crate::aws::efs::{self, FileSystem};
use crate::aws::{self, Clients};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found};
use crate::framework::value::{Diagnostic, StringMap, Strings, Value, known_map, known_set};
use crate::platform::tags::{self, Observed, Owner};
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::step::{During, StepError, Verb};
use crate::resources::workload_access::{self, Granted};

use super::plan::{desired_policy, says_the_same};
use crate::resources::composite::Composite;
use crate::resources::{torn_down, unfinished};

/// What AWS has of one shared storage.
struct Observation {
    system: FileSystem,
    targets: Vec<(MountTarget, Vec<String>)>,
    lifecycle: efs::settings::Lifecycle,
    backup_policy: Option<String>,
    policy: Option<String>,
    points: Vec<(String, efs::access_points::AccessPoint)>,
    replication: Option<efs::replication::Replication>,
    /// The replica, where the state does not know it yet.
    replica: Option<FileSystem>,
    group: Option<(SecurityGroup, Vec<IngressRule>)>,
    roles: Vec<(Part, workload_access::Observed)>,
}

/// Reads the object; never waits for a better state of it.
pub(super) async fn read(
    cx: &Context<ProviderContext>,
    mut state: Model,
    private: &mut Private,
) -> Result<Found<Model>, Diagnostic> {
    let region = state.region_or_default(cx);
    state.region = Value::Value(region.clone());
    let clients = cx.provider.clients(&region);
    let id = state.id.clone().unwrap_or_default();
    let observed = match Box::pin(observe(cx, &clients, &state, &id)).await {
        Ok(Some(observed)) => observed,
        Ok(None) => {
            let left = left(cx, &clients, &state, &id).await;
            let left = left.map_err(|error| state.told(Verb::Reading, &error))?;
            if left.is_empty() {
                return Ok(Found::Gone);
            }
            torn_down::keep(private, true);
            let left = left.join(", ");
            state.set_incomplete(format!(
                "the file system {id} is gone, and what was made for it is left: {left}."
            ));
            return Ok(Found::Present(Box::new(state)));
        }
        Err(error) => return Err(state.told(Verb::Reading, &error)),
    };
    unfinished::keep(
        &cx.provider.claims,
        private,
        observed.system.tags.contains_key(tags::CREATING),
    );
    record(cx, &clients, &mut state, &observed);
    Ok(Found::Present(Box::new(state)))
}

/// What was made for a file system that is gone, each as in `role eks-efs-csi-node`.
async fn left(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    state: &Model,
    id: &str,
) -> Result<Vec<String>, StepError> {
    let group = async {
        let Value::Value(group) = &state.security_group_id else { return Ok(None) };
        let found = ec2::find_security_group_by_id(clients, group).await;
        found.during("security_group", format!("reading the security group {group}"))
    };
    let (roles, group) = try_join(roles(clients, state), group).await?;
    let found = roles.into_iter().filter_map(|(_, found)| found.role);
    let ours = found.filter(|role| {
        Observed::read(&role.tags, &cx.provider.ignore_tags, &[]).is_owned_by(owner(id))
    });
    let mut left: Vec<String> = ours.map(|role| format!("role {}", role.name)).collect();
    left.extend(group.map(|group| format!("security group {}", group.id)));
    Ok(left)
}

async fn observe(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    state: &Model,
    id: &str,
) -> Result<Option<Observation>, StepError> {
    let (system, rest, settings, roles) = join!(
        efs::find_file_system_by_id(clients, id),
        try_join(targets(clients, id), ours(clients, id)),
        settings(clients, state, id),
        roles(clients, state),
    );
    let system = system.during("file_system", format!("reading the file system {id}"))?;
    let Some(system) = system.filter(|system| system.state != "deleted") else { return Ok(None) };
    let (targets, points) = rest?;
    let (lifecycle, backup_policy, (policy, replication, group)) = settings?;
    let lifecycle = lifecycle.unwrap_or_default();
    let replica = match &replication {
        Some(found) => other_replica(cx, state, found).await?,
        None => None,
    };
    Ok(Some(Observation {
        system,
        targets,
        lifecycle,
        backup_policy,
        policy,
        points,
        replication,
        replica,
        group,
        roles: roles?,
    }))
}

/// The replica, if it is another than the state tells of: an update that broke off has made it, or
/// somebody else. What it was made with is asked of it then, so that it is not made once more.
async fn other_replica(
    cx: &Context<ProviderContext>,
    state: &Model,
    found: &efs::replication::Replication,
) -> Result<Option<FileSystem>, StepError> {
    let id = &found.destination_file_system_id;
    let Value::Value(known) = &state.replication else { return Ok(None) };
    if !matches!(&known.destination_file_system_id, Value::Value(known) if known != id) {
        return Ok(None);
    }
    let clients = cx.provider.clients(&found.destination_region);
    let doing = format!("reading the replica {id}");
    efs::find_file_system_by_id(&clients, id).await.during("replication", doing)
}

/// The driver's roles, where they are wanted.
async fn roles(
    clients: &Clients,
    state: &Model,
) -> Result<Vec<(Part, workload_access::Observed)>, StepError> {
    let find = |part: Part| async move {
        let Some(workload) = workload(part, state) else { return Ok(None) };
        let found = workload_access::find(clients, &workload, &Granted::default()).await;
        let found = found.during("csi_pod_identity", "reading the roles of the CSI driver")?;
        Ok(Some((part, found)))
    };
    let found: Result<Vec<_>, StepError> =
        join_all(Part::ALL.map(find)).await.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

type Settings = (
    Option<efs::settings::Lifecycle>,
    Option<String>,
    (
        Option<String>,
        Option<efs::replication::Replication>,
        Option<(SecurityGroup, Vec<IngressRule>)>,
    ),
);

async fn settings(clients: &Clients, state: &Model, id: &str) -> Result<Settings, StepError> {
    let group = async {
        let Value::Value(group_id) = &state.security_group_id else {
            return Ok::<_, aws::Error>(None);
        };
        let (group, rules) = join!(
            ec2::find_security_group_by_id(clients, group_id),
            ec2::list_ingress_rules(clients, group_id),
        );
        // The rules of a group that is gone are an error, and no matter.
        match group? {
            Some(group) => Ok(Some((group, rules?))),
            None => Ok(None),
        }
    };
    let (lifecycle, backup, rest) = join!(
        efs::settings::find_lifecycle(clients, id),
        efs::settings::find_backup_policy(clients, id),
        try_join3(
            efs::settings::find_policy(clients, id),
            efs::replication::find_replication_by_file_system(clients, id),
            group
        ),
    );
    Ok((
        lifecycle.during("lifecycle_policy", "reading the lifecycle policy")?,
        backup.during("backup_policy", "reading the backup policy")?,
        rest.during("policy", "reading policy, replication and security group")?,
    ))
}

/// The mount targets, each with its security groups.
async fn targets(
    clients: &Clients,
    id: &str,
) -> Result<Vec<(MountTarget, Vec<String>)>, StepError> {
    let doing = format!("listing the mount targets of {id}");
    let targets = match efs::mount_targets::list_mount_targets(clients, id).await {
        Err(error) if error.is_not_found() => Vec::new(),
        listed => listed.during("mount_targets", doing)?,
    };
    let with_groups =
        targets.into_iter().filter(|target| target.state != "deleted").map(|target| async move {
            // Gone, or not yet ready to tell: the target itself is what counts.
            let groups = match efs::mount_targets::find_security_groups(clients, &target.id).await {
                Ok(groups) => groups.unwrap_or_default(),
                Err(error) if error.is_code("IncorrectMountTargetState") => Vec::new(),
                Err(error) => return Err(error),
            };
            Ok((target, groups))
        });
    let all: Result<Vec<_>, aws::Error> = join_all(with_groups).await.into_iter().collect();
    all.during("mount_targets", "reading the security groups of the mount targets")
}

/// Writes what was observed into the state. An attribute that configuration only means for the
/// provider itself gets its default where the state has none yet: after an import.
fn record(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    state: &mut Model,
    observed: &Observation,
) {
    let importing = state.arn.is_null();
    let system = &observed.system;
    record_system(state, system, clients);
    record_tags(cx, state, system);
    if importing {
        defaults_of_the_provider(state);
    }
    record_network(state, observed, clients, importing);
    record_settings(state, observed);
    for (part, found) in &observed.roles {
        *part.role_arn_mut(state) = found.role.as_ref().map(|role| role.arn.clone()).into();
    }
    record_policy(state, observed.policy.as_deref());
    record_access_points(state, observed);
    record_replication(state, observed);
    state.storage_class_manifest = manifests::storage_class(state).unwrap_or(Value::Null);
    state.persistent_volume_manifests = manifests::persistent_volumes(state).unwrap_or(Value::Null);
    record_status(state, observed, cx);
}

fn record_system(state: &mut Model, system: &FileSystem, clients: &Clients) {
    let id = &system.id;
    state.arn = Value::Value(arn(system, clients));
    state.creation_token = Value::Value(system.creation_token.clone());
    state.performance_mode = Value::Value(system.performance_mode.clone());
    state.throughput_mode = system.throughput_mode.clone().into();
    state.provisioned_throughput_in_mibps = system.provisioned_throughput_in_mibps.into();
    state.encrypted = Value::Value(system.encrypted);
    state.kms_key_arn = system.kms_key_id.clone().into();
    state.availability_zone_name = system.availability_zone_name.clone().into();
    state.dns_name = Value::Value(dns_name(id, clients));
    state.volume_handle = Value::Value(id.clone());
    // While it is a replica AWS says REPLICATING, which no configuration can.
    match system.replication_overwrite_protection.as_deref() {
        Some("REPLICATING") if state.replication_overwrite_protection.is_value() => {}
        Some("DISABLED") => {
            state.replication_overwrite_protection = Value::Value("DISABLED".to_owned());
        }
        _ => state.replication_overwrite_protection = Value::Value("ENABLED".to_owned()),
    }
}

fn record_tags(cx: &Context<ProviderContext>, state: &mut Model, system: &FileSystem) {
    let mut own = vec!["Name", tags::CLUSTER, tags::REPLICA];
    // Among the practitioner's own tags it is theirs; otherwise the attribute tells it.
    let by_tags = |tags: &Value<StringMap>| {
        known_map(tags).is_some_and(|tags| tags.contains_key(tags::BACKUP))
    };
    if state.backup_plan.is_value() || !(by_tags(&state.tags) || by_tags(&state.tags_all)) {
        own.push(tags::BACKUP);
        state.backup_plan = system.tags.get(tags::BACKUP).cloned().into();
    }
    let observed = Observed::read(&system.tags, &cx.provider.ignore_tags, &own);
    state.name = system.tags.get("Name").cloned().or_else(|| system.name.clone()).into();
    (state.tags, state.tags_all) = attributes::observed_tags(&cx.provider, &observed, &state.tags);
    if let Some(cluster) = system.tags.get(tags::CLUSTER) {
        state.cluster_name = Value::Value(cluster.clone());
    }
}

/// What configuration only means for the provider itself has its default after an import: AWS
/// cannot tell it.
fn defaults_of_the_provider(state: &mut Model) {
    let Ok(defaults) = crate::framework::plan::defaults::<Model>(&super::schema::schema()) else {
        return;
    };
    *state = Model {
        create_security_group: defaults.create_security_group,
        enforce_encryption_in_transit: defaults.enforce_encryption_in_transit,
        allow_root_access: defaults.allow_root_access,
        csi_chart_version: defaults.csi_chart_version,
        storage_class: defaults.storage_class,
        data_classification: defaults.data_classification,
        deletion_protection: defaults.deletion_protection,
        ..std::mem::take(state)
    };
}

fn record_network(state: &mut Model, observed: &Observation, clients: &Clients, importing: bool) {
    let targets: Vec<MountTarget> =
        observed.targets.iter().map(|(target, _)| target.clone()).collect();
    state.mount_targets = Value::Value(by_zone(&targets, clients));
    if importing {
        let subnets = targets.iter().map(|target| target.subnet_id.clone());
        state.subnet_ids = Value::Value(subnets.collect::<Strings>());
    }
    let wanted = known_set(&state.security_group_ids).unwrap_or_default();
    // One target with other groups is drift of the whole: all of them have the same.
    let other = observed
        .targets
        .iter()
        .map(|(_, groups)| groups.iter().cloned().collect::<BTreeSet<String>>())
        .find(|groups| !groups.is_empty() && *groups != wanted);
    if let Some(other) = other {
        state.security_group_ids = Value::Value(other.into_iter().collect());
    }
    match &observed.group {
        Some((group, _)) => {
            state.security_group_id = Value::Value(group.id.clone());
            state.create_security_group =
                Value::Value(group.name == group_name(&observed.system.id));
        }
        None => state.security_group_id = Value::Null,
    }
}

fn record_settings(state: &mut Model, observed: &Observation) {
    state.backup_policy = Value::Value(backup_status(observed.backup_policy.as_deref()).to_owned());
    if wanted_lifecycle(state) == observed.lifecycle {
        return;
    }
    let efs::settings::Lifecycle {
        transition_to_ia,
        transition_to_archive,
        transition_to_primary_storage_class,
    } = observed.lifecycle.clone();
    let empty = observed.lifecycle == efs::settings::Lifecycle::default();
    state.lifecycle_policy = if empty {
        Value::Null
    } else {
        Value::Value(Lifecycle {
            transition_to_ia: transition_to_ia.into(),
            transition_to_archive: transition_to_archive.into(),
            transition_to_primary_storage_class: transition_to_primary_storage_class.into(),
        })
    };
}

/// AWS writes policies in its own form: the text stays while what it says is the same.
fn record_policy(state: &mut Model, policy: Option<&str>) {
    let Some(policy) = policy else {
        state.policy_json = Value::Null;
        return;
    };
    let desired = match &state.policy_json {
        Value::Value(known) => Some(known.clone()),
        _ => desired_policy(state),
    };
    state.policy_json = match desired {
        Some(desired) if says_the_same(state, &desired, policy) => Value::Value(desired),
        _ => Value::Value(policy.to_owned()),
    };
}

fn record_access_points(state: &mut Model, observed: &Observation) {
    let points = &observed.points;
    let ids = points.iter().map(|(key, point)| (key.clone(), Value::Value(point.id.clone())));
    state.access_point_ids = Value::Value(ids.collect());
    let arns = points.iter().map(|(key, point)| (key.clone(), point.arn.clone().into()));
    state.access_point_arns = Value::Value(arns.collect());
    let found = points.iter().map(|(key, point)| (key.clone(), Value::Value(shown(point))));
    state.access_points = if points.is_empty() && !is_given(&state.access_points) {
        Value::Null
    } else {
        Value::Value(found.collect())
    };
}

/// Whether the attribute is given, be it as the empty map.
fn is_given<T>(value: &Value<T>) -> bool {
    value.is_value()
}

fn record_replication(state: &mut Model, observed: &Observation) {
    let id = state.volume_handle.clone().unwrap_or_default();
    let found = observed.replication.as_ref().filter(|found| found.source_file_system_id == id);
    let Some(found) = found else {
        state.replication = Value::Null;
        return;
    };
    let mut known = match &state.replication {
        Value::Value(known) => known.clone(),
        _ => Replication::default(),
    };
    if let Some(replica) = &observed.replica {
        known.availability_zone_name = replica.availability_zone_name.clone().into();
        // AWS's own key is what no key in configuration means.
        if known.kms_key_arn.is_value() {
            known.kms_key_arn = replica.kms_key_id.clone().into();
        }
    }
    state.replication = Value::Value(Replication {
        destination_region: Value::Value(found.destination_region.clone()),
        destination_file_system_id: Value::Value(found.destination_file_system_id.clone()),
        status: Value::Value(found.status.clone()),
        ..known
    });
}

/// Whether the created group lets in whom configuration says. Without any, that is the cluster's
/// group: then our rules need only be there.
fn admits_as_wanted(state: &Model, rules: &[IngressRule]) -> bool {
    let ours = rules.iter().filter(|rule| is_ours(rule));
    let present: BTreeSet<Peer> = ours.filter_map(|rule| rule.peer.clone()).collect();
    let wanted = wanted_peers(state, None);
    if wanted.is_empty() {
        return !present.is_empty() || !state.cluster_name.is_value();
    }
    present == wanted
}

/// What is missing, told in words; the plan makes an update of it.
fn record_status(state: &mut Model, observed: &Observation, cx: &Context<ProviderContext>) {
    let mut missing = Vec::new();
    if observed.system.tags.contains_key(tags::CREATING) {
        missing.push("its create was interrupted".to_owned());
    }
    let have: BTreeSet<&str> =
        observed.targets.iter().map(|(target, _)| target.subnet_id.as_str()).collect();
    for subnet in known_set(&state.subnet_ids).unwrap_or_default() {
        if !have.contains(subnet.as_str()) {
            missing.push(format!("the mount target in {subnet} is missing"));
        }
    }
    if state.create_security_group == Value::Value(true) && observed.group.is_none() {
        missing.push("the security group is missing".to_owned());
    }
    if let Some((group, rules)) = &observed.group
        && !admits_as_wanted(state, rules)
    {
        missing.push(format!("the ingress rules of {} were changed", group.id));
    }
    for (part, found) in &observed.roles {
        if let Some(workload) = workload(*part, state) {
            missing.extend(workload.differences(found, &cx.provider.ignore_tags));
        }
    }
    let name = state.name.clone().unwrap_or_default();
    let owner = Owner { kind: KIND, name: &name };
    let found = Observed::read(&observed.system.tags, &cx.provider.ignore_tags, &["Name"]);
    if !found.is_owned_by(owner) && state.status == Value::Value(COMPLETE.to_owned()) {
        missing.push("the ownership tag is missing".to_owned());
    }
    state.set_missing(&missing);
}
