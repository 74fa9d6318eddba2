//! The read of `officeless_block_volume`, and how one is found for import.

use futures_util::join;
use time::OffsetDateTime;

use super::budget::Budget;
use super::model::{Model, PersistentVolume};
use super::{KIND, manifests};
use crate::aws::arn::Arn;
use crate::aws::ec2::modifications::{self, Modification};
use crate::aws::ec2::volumes::{self, Volume};
use crate::aws::{Clients, Error};
use crate::framework::private::Private;
use crate::framework::resource::{Context, Found};
use crate::framework::value::{Diagnostic, Value, known_map};
use crate::platform::tags::{self, Observed, Owner};
use crate::provider::context::ProviderContext;
use crate::resources::attributes::{self, COMPLETE};
use crate::resources::composite::{Composite, import_id};
use crate::resources::step::{During, StepError, Verb};
use crate::resources::unfinished;

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
    let observed = observe(cx, &clients, &id).await;
    let (volume, modification, account) =
        match observed.during("volume", format!("reading volume {id}")) {
            Ok((Some(volume), modification, account)) => (volume, modification, account),
            Ok((None, ..)) => return Ok(Found::Gone),
            Err(error) => return Err(state.told(Verb::Reading, &error)),
        };
    let start = modification.as_ref().and_then(|modification| modification.start_time.as_deref());
    Budget::note(private, start, OffsetDateTime::now_utc());
    unfinished::keep(&cx.provider.claims, private, volume.tags.contains_key(tags::CREATING));
    let importing = state.arn.is_null();
    if importing {
        defaults_of_the_provider(&mut state);
    }
    state.arn = Value::Value(arn(&volume, &clients, &account));
    record(&mut state, &volume, modification.as_ref());
    record_tags(cx, &mut state, &volume);
    if importing {
        manifests::name_by_volume(None, &mut state);
    }
    record_manifests(&mut state);
    record_status(cx, &mut state, &volume);
    Ok(Found::Present(Box::new(state)))
}

type Observation = (Option<Volume>, Option<Modification>, String);

async fn observe(
    cx: &Context<ProviderContext>,
    clients: &Clients,
    id: &str,
) -> Result<Observation, Error> {
    let (volume, modification, account) = join!(
        volumes::find_volume_by_id(clients, id),
        modifications::find_modification(clients, id),
        cx.provider.account_id(),
    );
    let volume = volume?.filter(|volume| !matches!(volume.state.as_str(), "deleting" | "deleted"));
    Ok((volume, modification?, account?))
}

/// The ARN of a volume.
pub(super) fn arn(volume: &Volume, clients: &Clients, account: &str) -> String {
    let built =
        || Arn::volume(clients.partition().id, clients.region(), account, &volume.id).to_string();
    volume.arn.clone().unwrap_or_else(built)
}

/// Size, IOPS and throughput: those the volume is on its way to, once a modification is under way.
pub(super) fn figures(volume: &Volume, modification: Option<&Modification>) -> [Option<i32>; 3] {
    let target = modification.filter(|modification| modification.state == "modifying");
    let target =
        target.map(|target| [target.target_size, target.target_iops, target.target_throughput]);
    let [size, iops, throughput] = target.unwrap_or_default();
    [size.or(Some(volume.size)), iops.or(volume.iops), throughput.or(volume.throughput)]
}

/// Writes what was observed into the state.
pub(super) fn record(state: &mut Model, volume: &Volume, modification: Option<&Modification>) {
    let [size, iops, throughput] = figures(volume, modification).map(|one| one.map(i64::from));
    state.id = Value::Value(volume.id.clone());
    state.volume_id = Value::Value(volume.id.clone());
    state.availability_zone = Value::Value(volume.availability_zone.clone());
    state.size = size.into();
    state.iops = iops.into();
    state.throughput = throughput.into();
    state.encrypted = Value::Value(volume.encrypted);
    state.kms_key_arn = volume.kms_key_id.clone().into();
    state.snapshot_id = volume.snapshot_id.clone().into();
    // The rate is spent once the blocks are there; what was asked for stays.
    if let Some(rate) = volume.volume_initialization_rate {
        state.volume_initialization_rate = Value::Value(i64::from(rate));
    }
    state.create_time = volume.create_time.clone().into();
    record_progress(state, volume, modification);
}

/// What changes by itself.
pub(super) fn record_progress(
    state: &mut Model,
    volume: &Volume,
    modification: Option<&Modification>,
) {
    state.state = Value::Value(volume.state.clone());
    state.modification_state = modification.map(|one| one.state.clone()).into();
    state.modification_progress = modification.and_then(|one| one.progress).into();
}

fn record_tags(cx: &Context<ProviderContext>, state: &mut Model, volume: &Volume) {
    let found = &volume.tags;
    // The tag of the backup plan is shown where configuration has it.
    let by_tags = known_map(&state.tags).is_some_and(|tags| tags.contains_key(tags::BACKUP));
    let mut own = vec!["Name", tags::CLUSTER, tags::EBS_CSI, tags::EBS_CSI_CLUSTER];
    if !by_tags {
        own.push(tags::BACKUP);
        state.backup_plan = found.get(tags::BACKUP).cloned().into();
    }
    let observed = Observed::read(found, &cx.provider.ignore_tags, &own);
    state.name = found.get("Name").cloned().into();
    state.cluster_name = found.get(tags::CLUSTER).cloned().into();
    (state.tags, state.tags_all) = attributes::observed_tags(&cx.provider, &observed, &state.tags);
}

/// What configuration only means for the provider itself has its default after an import: AWS
/// cannot tell it.
fn defaults_of_the_provider(state: &mut Model) {
    let Ok(defaults) = crate::framework::plan::defaults::<Model>(&super::schema::schema()) else {
        return;
    };
    *state = Model {
        fs_type: defaults.fs_type,
        persistent_volume: defaults.persistent_volume,
        final_snapshot: defaults.final_snapshot,
        wait_for_optimization: defaults.wait_for_optimization,
        data_classification: defaults.data_classification,
        deletion_protection: defaults.deletion_protection,
        ..std::mem::take(state)
    };
}

/// The manifests of the state; null where the volume's name fits none.
pub(super) fn record_manifests(state: &mut Model) {
    // Unknown stays in the name of a volume that has none.
    if let Value::Value(PersistentVolume { name, claim_name, .. }) = &mut state.persistent_volume {
        for name in [name, claim_name] {
            if name.is_unknown() {
                *name = Value::Null;
            }
        }
    }
    let known = |value: Value<String>| if value.is_unknown() { Value::Null } else { value };
    let [volume, claim] = manifests::render(state).unwrap_or_default().map(known);
    state.persistent_volume_manifest = volume;
    state.persistent_volume_claim_manifest = claim;
}

/// What is missing, told in words; the plan makes an update of it.
fn record_status(cx: &Context<ProviderContext>, state: &mut Model, volume: &Volume) {
    let mut missing = Vec::new();
    if volume.tags.contains_key(tags::CREATING) {
        missing.push("its create was interrupted".to_owned());
    }
    if volume.state == "error" {
        missing.push("AWS says that the volume is in state \"error\"".to_owned());
    }
    if volume.volume_type != "gp3" {
        missing.push(format!("its type is {}, to be made gp3", volume.volume_type));
    }
    let tag = |key: &str| volume.tags.get(key).map(String::as_str);
    if tag(tags::EBS_CSI) != Some(tags::EBS_CSI_VALUE) {
        missing.push(format!("the tag {} is missing, so the driver may not use it", tags::EBS_CSI));
    }
    let cluster = state.cluster_name.as_ref().as_option().map(String::as_str);
    if tag(tags::EBS_CSI_CLUSTER) != cluster {
        missing.push(format!("the tag {} is not that of its cluster", tags::EBS_CSI_CLUSTER));
    }
    let name = state.name.clone().unwrap_or_default();
    let found = Observed::read(&volume.tags, &cx.provider.ignore_tags, &["Name"]);
    let complete = state.status == Value::Value(COMPLETE.to_owned());
    if complete && !found.is_owned_by(Owner { kind: KIND, name: &name }) {
        missing.push("the ownership tag is missing".to_owned());
    }
    state.set_missing(&missing);
}

/// Finds the volume of an import id.
pub(super) async fn import(cx: &Context<ProviderContext>, id: &str) -> Result<Model, StepError> {
    let (id, region) = import_id(cx, id);
    let clients = cx.provider.clients(&region);
    let doing = format!("finding the volume {id:?} in {region}");
    let found = if id.starts_with("vol-") {
        let found = volumes::find_volume_by_id(&clients, &id).await.during("import", &*doing)?;
        found.into_iter().collect()
    } else {
        let found = volumes::list_volumes_by_tag(&clients, "Name", &id).await;
        found.during("import", &*doing)?
    };
    let next = "Give its id (vol-…) or its ARN, with @region behind it if it is in another region.";
    match found.as_slice() {
        [volume] => Ok(Model {
            id: Value::Value(volume.id.clone()),
            region: Value::Value(region),
            ..Model::default()
        }),
        [] => Err(StepError::refused("import", &doing, "there is none".to_owned(), next)),
        several => {
            let ids: Vec<&str> = several.iter().map(|volume| volume.id.as_str()).collect();
            let why = format!("{} have this name", ids.join(", "));
            Err(StepError::refused("import", &doing, why, next))
        }
    }
}
