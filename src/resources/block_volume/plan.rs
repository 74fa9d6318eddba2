//! The plan of `officeless_block_volume`: what depends on AWS or on several attributes.
//!
//! Reads AWS only where something is new: zones, snapshot and default encryption before a volume is
//! made, the cluster's zones before a zone or a cluster is taken. Never waits for a modification.

use futures_util::future::{OptionFuture, join4};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::budget::{Budget, MOST};
use super::manifests;
use super::model::Model;
use crate::aws::ec2::snapshots::{self, Snapshot};
use crate::aws::ec2::{self, volumes, zones};
use crate::aws::{Clients, Error, eks};
use crate::framework::diagnostic::{diagnostic, invalid_value};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Plan, PlanRequest};
use crate::framework::value::{AttributePath, Diagnostics, Dynamic, Value};
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::composite::Composite;
use crate::resources::step::{During, Verb};

/// Tags written beside the practitioner's and those of every resource: `Name`, the cluster, the two
/// of the driver, and that of the backup plan.
const OWN_TAGS: usize = 5;

/// Refines the draft that the framework made.
pub(super) async fn plan(
    cx: Option<&Context<ProviderContext>>,
    request: PlanRequest<'_, Model>,
    plan: &mut Plan<Model>,
) {
    let Plan { planned, diagnostics, .. } = plan;
    let PlanRequest { config, prior, private, .. } = request;
    let region = attributes::plan_region(cx, &config.region, &mut planned.region, diagnostics);
    planned.tags_all = attributes::plan_tags(cx, &planned.tags, OWN_TAGS, diagnostics);
    plan_cluster_name(cx, config, planned);
    if planned.encrypted == Value::Value(false) && config.kms_key_arn.is_null() {
        planned.kms_key_arn = Value::Null;
    }
    manifests::name_by_volume(config.persistent_volume.as_ref().as_option(), planned);
    // What was there before a replacement binds its successor in nothing.
    let kept = prior.filter(|prior| !replaces(prior, planned));
    match kept {
        Some(prior) => plan_modification(prior, private, planned, diagnostics),
        None => planned.final_snapshot_id = Value::Null,
    }
    if let (Some(cx), Some(region)) = (cx, region) {
        let clients = cx.provider.clients(&region);
        Box::pin(check(&clients, kept, planned, diagnostics)).await;
    }
    plan_manifests(kept, planned, diagnostics);
    if !prior.is_some_and(is_complete) {
        planned.status = Value::Unknown;
        planned.status_reason = Value::Unknown;
    }
}

fn is_complete(model: &Model) -> bool {
    model.status == Value::Value(COMPLETE.to_owned())
}

/// Whether the planned volume is another one: what the schema says replaces.
fn replaces(prior: &Model, planned: &Model) -> bool {
    prior.availability_zone != planned.availability_zone
        || prior.region != planned.region
        || prior.encrypted != planned.encrypted
        || prior.kms_key_arn != planned.kms_key_arn
        || prior.snapshot_id != planned.snapshot_id
        || prior.volume_initialization_rate != planned.volume_initialization_rate
}

fn plan_cluster_name(cx: Option<&Context<ProviderContext>>, config: &Model, planned: &mut Model) {
    if let (true, Some(cx)) = (config.cluster_name.is_null(), cx) {
        planned.cluster_name = cx.provider.cluster_name.clone().into();
    }
}

/// Growth only, and what a modification costs.
fn plan_modification(
    prior: &Model,
    private: &Private,
    planned: &Model,
    diagnostics: &mut Diagnostics,
) {
    let id = prior.id.clone().unwrap_or_default();
    if let (Value::Value(before), Value::Value(after)) = (&prior.size, &planned.size)
        && after < before
    {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("size"),
            &Dynamic::from(*after),
            &format!(
                "must not be below {before}, the GiB that volume {id} has now: EBS volumes only \
                 grow. Set size = {before} (or more) if it was enlarged elsewhere. To move to a \
                 smaller one, take a snapshot of this volume as the way back, make a second \
                 officeless_block_volume of the smaller size, copy the files over in a pod that \
                 mounts both, and remove this one; a volume made from the snapshot is never \
                 smaller than the snapshot"
            ),
        ));
        return;
    }
    let same = prior.size == planned.size
        && prior.iops == planned.iops
        && prior.throughput == planned.throughput;
    if same {
        return;
    }
    let attribute = if prior.size != planned.size {
        "size"
    } else if prior.iops != planned.iops {
        "iops"
    } else {
        "throughput"
    };
    let (summary, text) = cost(prior, private, planned, &id);
    diagnostics.add_warning(diagnostic(summary, text, AttributePath::new(attribute)));
}

/// What a modification costs, told before it is made.
fn cost(prior: &Model, private: &Private, planned: &Model, id: &str) -> (&'static str, String) {
    let now = OffsetDateTime::now_utc();
    let budget = Budget::read(private);
    let used = budget.used(now);
    let mut text = format!(
        "Volume {id} is modified once, for size, IOPS and throughput together. AWS begins at most \
         {MOST} modifications of a volume within 24 hours, and {used} are known. "
    );
    let next = budget.next(now).and_then(|next| next.format(&Rfc3339).ok());
    let summary = if let Some(next) = next {
        text.extend([
            "The next one is allowed at ",
            &next,
            ". Applying before then fails at once and changes nothing.",
        ]);
        "Volume Modification May Be Refused"
    } else {
        let left = MOST.saturating_sub(used + 1).to_string();
        text.extend(["After this one ", &left, " are left."]);
        "Volume Modification"
    };
    if let Some(state @ ("modifying" | "optimizing")) =
        prior.modification_state.as_ref().as_option().map(String::as_str)
    {
        let progress = prior.modification_progress.unwrap_or_default().to_string();
        text.extend([
            " The last one is still ",
            state,
            " (",
            &progress,
            " %), and AWS begins the next only when it is completed: apply waits for that, at most \
             as long as timeouts.update allows.",
        ]);
    }
    if matches!((&prior.size, &planned.size), (Value::Value(a), Value::Value(b)) if a < b) {
        text.push_str(" A volume that has grown never shrinks.");
    }
    (summary, text)
}

fn plan_manifests(prior: Option<&Model>, planned: &mut Model, diagnostics: &mut Diagnostics) {
    if prior.is_none() {
        planned.id = Value::Unknown;
    }
    match manifests::render(planned) {
        Ok([volume, claim]) => {
            planned.persistent_volume_manifest = volume;
            planned.persistent_volume_claim_manifest = claim;
        }
        Err(problem) => diagnostics.add_error(diagnostic(
            "Invalid PersistentVolume",
            format!("persistent_volume: {problem}."),
            AttributePath::new("persistent_volume"),
        )),
    }
}

/// What AWS knows against the plan.
async fn check(
    clients: &Clients,
    kept: Option<&Model>,
    planned: &Model,
    diagnostics: &mut Diagnostics,
) {
    let new = kept.is_none();
    let zone = planned.availability_zone.as_ref().as_option();
    let zones: OptionFuture<_> = (new && zone.is_some()).then(|| zones::list_zones(clients)).into();
    let snapshot = planned.snapshot_id.as_ref().as_option().filter(|_| new);
    let snapshot: OptionFuture<_> =
        snapshot.map(|id| snapshots::find_snapshot_by_id(clients, id)).into();
    let default: OptionFuture<_> = (new && planned.encrypted == Value::Value(false))
        .then(|| volumes::encrypts_by_default(clients))
        .into();
    let moved = kept.is_none_or(|prior| prior.cluster_name != planned.cluster_name);
    let cluster = planned.cluster_name.as_ref().as_option().filter(|_| moved);
    let cluster: OptionFuture<_> = cluster.map(|name| zones_of_cluster(clients, name)).into();
    let (zones, snapshot, default, cluster) =
        Box::pin(join4(zones, snapshot, default, cluster)).await;
    let mut failed = Failures { planned, diagnostics };
    let zones = failed.take(zones, "listing the availability zones");
    let snapshot = failed.take(snapshot, "reading the snapshot");
    // Who may not ask is told by the apply; the cluster's zones are a courtesy.
    let by_default = default.is_some_and(|answer| answer.is_ok_and(|by_default| by_default));
    if let (Some(zones), Some(zone)) = (zones, zone) {
        check_zone(clients.region(), &zones, zone, diagnostics);
    }
    if let Some(snapshot) = snapshot {
        check_snapshot(snapshot.as_ref(), planned, diagnostics);
    }
    if by_default {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("encrypted"),
            &Dynamic::from(false),
            "this account encrypts every new volume of the region by default, so AWS would make \
             an encrypted one. Set encrypted = true, or turn the account's default encryption off",
        ));
    }
    if let (Some(Ok(cluster)), Some(zone)) = (cluster, zone)
        && !cluster.is_empty()
        && !cluster.contains(zone)
    {
        let name = planned.cluster_name.clone().unwrap_or_default();
        diagnostics.add_warning(diagnostic(
            "Zone Without Nodes",
            format!(
                "availability_zone = {zone:?}: cluster {name:?} has subnets in {} only, so it may \
                 have no node that can attach the volume.",
                cluster.join(", ")
            ),
            AttributePath::new("availability_zone"),
        ));
    }
}

/// Where failed questions of the plan are told.
struct Failures<'a> {
    planned: &'a Model,
    diagnostics: &'a mut Diagnostics,
}

impl Failures<'_> {
    fn take<T>(&mut self, answer: Option<Result<T, Error>>, doing: &str) -> Option<T> {
        match answer?.during("plan", doing) {
            Ok(value) => Some(value),
            Err(error) => {
                self.diagnostics.add_error(self.planned.told(Verb::Planning, &error));
                None
            }
        }
    }
}

async fn zones_of_cluster(clients: &Clients, name: &str) -> Result<Vec<String>, Error> {
    let Some(cluster) = eks::find_cluster_by_name(clients, name).await? else {
        return Ok(Vec::new());
    };
    let subnets = ec2::list_subnets_by_id(clients, &cluster.subnet_ids).await?;
    let mut zones: Vec<String> =
        subnets.into_iter().map(|subnet| subnet.availability_zone).collect();
    zones.sort();
    zones.dedup();
    Ok(zones)
}

fn check_zone(region: &str, zones: &[String], zone: &str, diagnostics: &mut Diagnostics) {
    if zones.is_empty() || zones.iter().any(|known| known == zone) {
        return;
    }
    diagnostics.add_error(invalid_value(
        &AttributePath::new("availability_zone"),
        &Dynamic::from(zone),
        &format!("is no zone of {region}; its zones are {}", zones.join(", ")),
    ));
}

fn check_snapshot(snapshot: Option<&Snapshot>, planned: &Model, diagnostics: &mut Diagnostics) {
    let id = planned.snapshot_id.clone().unwrap_or_default();
    let Some(snapshot) = snapshot else {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("snapshot_id"),
            &Dynamic::from(id.as_str()),
            "there is no such snapshot in this region that this account may use",
        ));
        return;
    };
    if snapshot.state != "completed" {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("snapshot_id"),
            &Dynamic::from(id.as_str()),
            &format!("the snapshot is {:?}. Wait until it is completed", snapshot.state),
        ));
    }
    if let (Some(least), Value::Value(size)) = (snapshot.volume_size, &planned.size)
        && *size < i64::from(least)
    {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("size"),
            &Dynamic::from(*size),
            &format!(
                "must be at least {least}, the GiB of snapshot {id}: a volume made from a snapshot \
                 is never smaller"
            ),
        ));
    }
    if snapshot.encrypted && planned.encrypted == Value::Value(false) {
        diagnostics.add_error(invalid_value(
            &AttributePath::new("encrypted"),
            &Dynamic::from(false),
            &format!("snapshot {id} is encrypted, and so is every volume made from it"),
        ));
    }
}
