//! Destroying a block volume: a final snapshot first, and without it the volume stays.
//!
//! A volume that is attached is waited for: a snapshot taken while a database writes would lack
//! what it writes afterwards. A snapshot of an earlier destroy is never taken for the final one, for
//! the volume may have been used since.

use std::time::Duration;

use super::KIND;
use super::model::Model;
use crate::aws::ec2::snapshots;
use crate::aws::ec2::volumes::{self, Volume};
use crate::aws::{Clients, Wait};
use crate::framework::diagnostic::whole;
use crate::framework::resource::{Context, Recorder};
use crate::framework::value::{Diagnostic, Value};
use crate::platform::tags::{self, Owner, Tags};
use crate::provider::context::ProviderContext;
use crate::resources::attributes;
use crate::resources::composite::{begin, conclude_delete};
use crate::resources::step::{During, StepError, proceed};
use crate::resources::timeouts::Operation;

/// How long a volume may take to be let go of: pods that end detach it within minutes.
const DETACHING: Duration = Duration::from_mins(10);

/// Destroys the volume.
pub(super) async fn delete(
    cx: &Context<ProviderContext>,
    prior: Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), Diagnostic> {
    let (clients, wait) = begin(cx, &prior, Operation::Delete);
    let outcome = wait.govern(run(&clients, &wait, &prior, recorder)).await;
    conclude_delete(&prior, outcome.err().as_slice(), recorder)
}

async fn run(
    clients: &Clients,
    wait: &Wait,
    prior: &Model,
    recorder: &mut Recorder<Model>,
) -> Result<(), StepError> {
    let Value::Value(id) = &prior.id else { return Ok(()) };
    let doing = format!("waiting for volume {id} to be detached");
    let detached = volumes::wait_volume_detached(clients, id, &wait.within(DETACHING)).await;
    let detached = detached.during("volume", doing).map_err(|error| {
        error.next(
            "Nothing was deleted. End what uses the volume, above all the pod that mounts it.",
        )
    })?;
    let Some(volume) = detached else { return Ok(()) };
    if prior.final_snapshot != Value::Value(false) && holds_data(&volume) {
        let snapshot_id = final_snapshot(clients, wait, prior, &volume, recorder).await?;
        recorder.warnings.push(whole(
            "Final Snapshot",
            format!(
                "Snapshot {snapshot_id} holds the data of volume {id}, which is destroyed. It is \
                 not managed: delete it when it is no longer needed."
            ),
        ));
    }
    let doing = format!("deleting volume {id}");
    proceed(wait, "volume", &doing)?;
    volumes::delete_volume(clients, id).await.during("volume", &*doing)?;
    volumes::wait_volume_deleted(clients, id, wait).await.during("volume", doing)?;
    recorder.update(|state| state.id = Value::Null);
    Ok(())
}

/// Whether there can be anything to keep: not in a volume that failed, nor in one whose create never
/// completed.
fn holds_data(volume: &Volume) -> bool {
    volume.state == "available" && !volume.tags.contains_key(tags::CREATING)
}

async fn final_snapshot(
    clients: &Clients,
    wait: &Wait,
    prior: &Model,
    volume: &Volume,
    recorder: &mut Recorder<Model>,
) -> Result<String, StepError> {
    const STEP: &str = "final_snapshot";
    const NEXT: &str = "The volume is kept. To destroy it without a snapshot, set final_snapshot = \
                        false and apply before.";
    let id = &volume.id;
    let doing = format!("taking the final snapshot of volume {id}");
    proceed(wait, STEP, &doing)?;
    let name = prior.name.clone().unwrap_or_default();
    let description =
        format!("Final snapshot of {name} ({id})").chars().take(255).collect::<String>();
    let tags = snapshot_tags(prior, &name, id);
    let snapshot_id = snapshots::create_snapshot(clients, id, &description, &tags)
        .await
        .during(STEP, &*doing)
        .map_err(|error| error.next(NEXT))?;
    recorder.update(|state| state.final_snapshot_id = Value::Value(snapshot_id.clone()));
    snapshots::wait_snapshot_completed(clients, &snapshot_id, wait)
        .await
        .during(STEP, doing)
        .map_err(|error| if error.is_cancelled() { error } else { error.next(NEXT) })?;
    Ok(snapshot_id)
}

fn snapshot_tags(prior: &Model, name: &str, volume_id: &str) -> Tags {
    let owner = Owner { kind: KIND, name };
    let mut tags = attributes::written_tags(&prior.tags_all, owner, None);
    // Not to be backed up as if it were a volume.
    tags.remove(tags::BACKUP);
    tags.insert("Name".to_owned(), name.to_owned());
    tags.insert(tags::FINAL_SNAPSHOT_OF.to_owned(), volume_id.to_owned());
    tags
}
